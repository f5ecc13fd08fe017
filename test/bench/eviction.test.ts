// Why this test: the choice of the eviction policy rests on these figures. If the clock hand no longer distinguished
// used from unused entries, no other test would fail: a cache that evicts badly is still correct.
import { expect, test } from 'vitest';
import { measureEviction } from '../../bench/eviction.ts';

test('a LogCache hits more often than LRU and random eviction, also during scans', () => {
  const figures = measureEviction({ keys: 1000, requests: 10_000 });
  expect(figures).toHaveLength(15);
  for (const { workload, size, lru, fifo, random, logCache } of figures) {
    expect(logCache).toBeGreaterThan(Math.max(fifo, random));
    expect(lru).toBeGreaterThan(fifo);
    // Where the requested keys change, remembering more than the last use may cost a little.
    if (size < 0.2 || !workload.includes('moving')) expect(logCache).toBeGreaterThan(lru);
  }
});
