// Why this test: the choice of what to evict rests on these figures. If the hand stops telling what is used from what is not,
// nothing else notices: a cache with bad choices is still a right one.
import { expect, test } from 'vitest';
import { measureEviction } from '../../bench/eviction.ts';

test('a LogCache finds more than LRU and chance, and keeps it up through scans', () => {
  const figures = measureEviction({ keys: 1000, requests: 10_000 });
  expect(figures).toHaveLength(15);
  for (const { workload, size, lru, fifo, random, logCache } of figures) {
    expect(logCache).toBeGreaterThan(Math.max(fifo, random));
    expect(lru).toBeGreaterThan(fifo);
    // Where it changes what is asked for, remembering more than the last use may cost a little.
    if (size < 0.2 || !workload.includes('moving')) expect(logCache).toBeGreaterThan(lru);
  }
});
