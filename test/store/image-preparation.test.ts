/*
 * An image has all keys in order, and up to a group of new ones waits to be linked. A put that begins an image must not link
 * all of them: the puts before it do, in portions.
 */
import { afterEach, expect, test, vi } from 'vitest';
import { LogCache } from '../../src/index.ts';
import { InsertBuffer } from '../../src/key-index/insert-buffer.ts';
import { KeyIndex } from '../../src/key-index/key-index.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { randomKeys } from '../key-index/index-fixtures.ts';

afterEach(() => vi.restoreAllMocks());

test('a put that begins an image finds few keys to link, and no put links many', () => {
  let linked = 0;
  const take = InsertBuffer.prototype.take;
  vi.spyOn(InsertBuffer.prototype, 'take').mockImplementation(function (this: InsertBuffer, count: number) {
    const nodes = take.call(this, count);
    linked += nodes.length;
    return nodes;
  });
  const snapshots: number[] = [];
  const snapshot = KeyIndex.prototype.snapshot;
  vi.spyOn(KeyIndex.prototype, 'snapshot').mockImplementation(function (this: KeyIndex) {
    const before = linked;
    const taken = snapshot.call(this);
    snapshots.push(linked - before);
    return taken;
  });
  const store = LogCache.open('store', { storage: new MemoryStorage(), imageEveryBytes: 1_000_000 });
  let longest = 0;
  for (const [i, key] of randomKeys(40_000).entries()) {
    // An image is complete only after a sync.
    if (i % 5000 === 0) store.sync();
    const before = linked;
    store.put(key, key, { watermark: 1n, cachedAtUs: 0n });
    longest = Math.max(longest, linked - before);
  }
  expect(snapshots.length).toBeGreaterThan(1);
  expect(longest).toBeLessThan(1400);
  vi.restoreAllMocks();
  store.close();
  expect(Math.max(...snapshots)).toBeLessThanOrEqual(1024);
});
