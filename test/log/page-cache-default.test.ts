// Why these tests: a store in a small container must leave memory to the application, and one on a large machine must not
// grow beyond what the documents promise.
import { expect, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import { defaultPageCacheBytes } from '../../src/log/page-pool.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';

const MIB: number = 1024 * 1024;

test.each([
  ['a container of 512 MiB', { constrainedMemory: 512 * MIB, availableMemory: 8192 * MIB }, 32 * MIB],
  [
    'a container of 512 MiB that is nearly full',
    { constrainedMemory: 512 * MIB, availableMemory: 200 * MIB },
    12.5 * MIB,
  ],
  ['a function with 128 MiB', { constrainedMemory: 128 * MIB, availableMemory: 60 * MIB }, 8 * MIB],
  ['a machine without a limit', { constrainedMemory: 2 ** 64, availableMemory: 24_000 * MIB }, 64 * MIB],
  ['a limit of 0, which means none', { constrainedMemory: 0, availableMemory: 512 * MIB }, 32 * MIB],
  ['a machine without memory', { constrainedMemory: 0, availableMemory: 0 }, 64 * MIB],
])('%s', (_name, { constrainedMemory, availableMemory }, bytes) => {
  const runtime = { constrainedMemory: () => constrainedMemory, availableMemory: () => availableMemory };
  expect(defaultPageCacheBytes(runtime)).toBe(bytes);
});

test('a runtime that reports no memory', () => {
  expect(defaultPageCacheBytes({})).toBe(64 * MIB);
});

test('this runtime', () => {
  const bytes = defaultPageCacheBytes();
  expect(bytes).toBeGreaterThanOrEqual(8 * MIB);
  expect(bytes).toBeLessThanOrEqual(64 * MIB);
  expect(Number.isInteger(bytes)).toBe(true);
});

test('is the bound of a store', () => {
  const store = LogCache.open('store', { storage: new MemoryStorage() });
  const value = new Uint8Array(MIB);
  for (let id = 0; id < 80; id += 1) store.put(Uint8Array.of(id), value, { watermark: 1n, cachedAtUs: 0n });
  store.sync();
  expect(store.stats().pageBytes).toBeLessThanOrEqual(defaultPageCacheBytes() + MIB);
  store.close();
});
