/*
 * A handler of events that wrote to the cache when a compaction was reported started another one inside the first: the
 * event was emitted before the compaction was registered as running. Entries that the first one had moved were then
 * looked up in the log of the second one and lost. A handler may write; its writes advance the reported compaction.
 */
import { expect, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';

const meta = { watermark: 1n, cachedAtUs: 1n };
const entries = 3000;

test('a handler that writes to the cache at every event loses nothing', () => {
  const types: string[] = [];
  const storage = new MemoryStorage();
  const cache = LogCache.open('cache', {
    storage,
    onEvent: ({ type }) => {
      if (type === 'opened' || type === 'closed') return;
      types.push(type);
      cache.put(`event:${types.length}`, Uint8Array.of(types.length), meta);
    },
  });
  const value = new Uint8Array(500);
  for (let round = 1; round <= 5; round += 1) {
    for (let i = 0; i < entries; i += 1) cache.put(`order:${i}`, value.fill(round), meta);
  }
  const begun = types.filter((type) => type === 'compaction-started').length;
  expect(begun).toBeGreaterThan(1);
  expect(new Set(types)).toEqual(new Set(['compaction-started', 'compaction-finished']));
  expect(cache.size).toBe(entries + types.length);
  for (let i = 0; i < entries; i += 1) if (cache.get(`order:${i}`)?.value[0] !== 5) expect(i).toBe('found');
  for (let n = 1; n <= types.length; n += 1) expect(cache.get(`event:${n}`)?.value).toEqual(Uint8Array.of(n));
  expect(cache.stats().counters.corruptions).toBe(0);
  expect(cache.verify().entriesDamaged).toBe(0);
  cache.close();
});
