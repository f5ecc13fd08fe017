/*
 * A range is iterated after the call that named it. Its bounds were kept as the caller's own bytes, so a caller who
 * reused the buffer for the next key moved the bounds of an iterator that had not started yet.
 */
import { expect, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';

const meta = { watermark: 1n, cachedAtUs: 1n };

test.each(['gte', 'gt', 'lt', 'lte', 'prefix'])('an iterator keeps its own copy of %s', (name) => {
  using cache = LogCache.open('cache', { storage: new MemoryStorage() });
  for (const key of ['a', 'b', 'ba', 'c']) cache.put(key, new Uint8Array(0), meta);
  const bound = Buffer.from('b');
  const expected = [...cache.keys({ [name]: 'b' })];
  const iterators = [cache.keys({ [name]: bound }), cache.keys({ [name]: bound, reverse: true })];
  bound.fill('z');
  const [forward, backward] = iterators.map((keys) => [...keys]);
  expect(forward).toEqual(expected);
  expect(backward?.toReversed()).toEqual(expected);
});
