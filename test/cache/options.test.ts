import { describe, expect, test } from 'vitest';
import { LogCache, type LogCacheOptions } from '../../src/cache/log-cache.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { openFor, openInMemory, someMeta, utf8, valueText } from './cache-fixtures.ts';
import { WrappedStorage } from './wrapped-storage.ts';

const readOnlyRefusal = expect.objectContaining({ name: 'StoreError', code: 'READ_ONLY' });

describe('options out of range', () => {
  test.each<[string, unknown, typeof TypeError | typeof RangeError, RegExp]>([
    ['durability', 'always', RangeError, /^durability must be 'on-sync' or 'on-put', not always$/],
    ['durability', true, TypeError, /^durability must be a string; got boolean$/],
    ['durability', null, TypeError, /^durability must be a string; got null$/],
    ['syncEveryMs', 0, RangeError, /^syncEveryMs must be an integer from 1 to 2147483647, not 0$/],
    ['syncEveryMs', -1, RangeError, /^syncEveryMs must be/],
    ['syncEveryMs', 1.5, RangeError, /^syncEveryMs must be/],
    ['syncEveryMs', Number.NaN, RangeError, /^syncEveryMs must be/],
    ['syncEveryMs', Number.POSITIVE_INFINITY, RangeError, /^syncEveryMs must be/],
    // Timers treat it as 1 ms.
    ['syncEveryMs', 2 ** 31, RangeError, /^syncEveryMs must be/],
    ['syncEveryMs', '100', TypeError, /^syncEveryMs must be a number; got string$/],
    ['syncEveryMs', 100n, TypeError, /^syncEveryMs must be a number; got bigint$/],
    ['pageCacheBytes', 0, RangeError, /^pageCacheBytes must be an integer from 524288 to 9007199254740991, not 0$/],
    ['pageCacheBytes', 524_287, RangeError, /^pageCacheBytes must be/],
    ['pageCacheBytes', 2 ** 53, RangeError, /^pageCacheBytes must be/],
    ['pageCacheBytes', 1e6 + 0.5, RangeError, /^pageCacheBytes must be/],
    ['pageCacheBytes', Number.NaN, RangeError, /^pageCacheBytes must be/],
    ['pageCacheBytes', '64mb', TypeError, /^pageCacheBytes must be a number; got string$/],
    ['pageCacheBytes', null, TypeError, /^pageCacheBytes must be a number; got null$/],
    ['maxBytes', 0, RangeError, /^maxBytes must be an integer from 1 to 9007199254740991, not 0$/],
    ['maxBytes', 1.5, RangeError, /^maxBytes must be/],
    ['maxBytes', '1gb', TypeError, /^maxBytes must be a number; got string$/],
    ['readOnly', 1, TypeError, /^readOnly must be a boolean; got number$/],
    ['readOnly', 'false', TypeError, /^readOnly must be a boolean; got string$/],
    ['onEvent', 'log', TypeError, /^onEvent must be a function; got string$/],
    ['onEvent', {}, TypeError, /^onEvent must be a function; got Object$/],
  ])('%s: %s is refused before any file is opened', (name, value, kind, message) => {
    const storage = new WrappedStorage();
    const options = { storage, [name]: value } as LogCacheOptions;
    expect(() => LogCache.open('cache', options)).toThrow(kind);
    expect(() => LogCache.open('cache', options)).toThrow(message);
    expect(storage.counts.size).toBe(0);
  });

  test.each([undefined, null, '', 7, {}, new URL('file:///cache')])('the directory %s is refused', (wrong) => {
    const storage = new WrappedStorage();
    expect(() => LogCache.open(wrong as string, { storage })).toThrow(
      new TypeError('directory must be a non-empty string'),
    );
    expect(storage.counts.size).toBe(0);
  });

  test.each<[string, unknown]>([
    ['function', MemoryStorage],
    ['string', 'memory'],
    ['null', null],
    ['Object', {}],
  ])('a %s in place of a storage is refused', (kind, storage) => {
    const options = { storage } as LogCacheOptions;
    const refusal = new TypeError(`storage must be a StorageBackend, such as new MemoryStorage(); got ${kind}`);
    expect(() => LogCache.open('cache', options)).toThrow(refusal);
    expect(() => LogCache.open('cache', { ...options, reopen: true })).toThrow(refusal);
  });

  test.each<LogCacheOptions>([
    {},
    { durability: 'on-sync' },
    { durability: 'on-put' },
    { syncEveryMs: 1 },
    { syncEveryMs: 2 ** 31 - 1 },
    { pageCacheBytes: 524_288 },
    { pageCacheBytes: Number.MAX_SAFE_INTEGER },
    { maxBytes: 1000 },
    { maxBytes: Number.MAX_SAFE_INTEGER },
    { readOnly: false },
    { onEvent: () => {} },
  ])('%j is accepted', (options) => {
    const cache = openInMemory(options);
    cache.put('order:1', utf8('state'), someMeta);
    expect(valueText(cache, 'order:1')).toBe('state');
  });
});

describe('pageCacheBytes', () => {
  test('bounds the log bytes in memory, and other bytes are read from the file', () => {
    const storage = new WrappedStorage();
    const cache = openFor('cache', { storage, pageCacheBytes: 524_288 });
    const value = new Uint8Array(1000);
    for (let i = 0; i < 5000; i += 1) cache.put(`order:${i}`, value.fill(i), someMeta);
    cache.sync();
    expect(cache.stats().logBytes).toBeGreaterThan(5_000_000);
    expect(cache.stats().pageBytes).toBeLessThanOrEqual(524_288);
    const reads = storage.countOf('read');
    for (let i = 0; i < 5000; i += 1) {
      if (cache.get(`order:${i}`)?.value[0] !== i % 256) expect(i).toBe('read rightly');
    }
    expect(storage.countOf('read')).toBeGreaterThan(reads);
    expect(cache.stats().pageBytes).toBeLessThanOrEqual(524_288);
    expect(cache.stats().counters).toMatchObject({ hits: 5000, misses: 0 });
  });
});

describe('readOnly', () => {
  test('sees durable entries and refuses every change', async () => {
    const storage = new MemoryStorage();
    const writer = openFor('cache', { storage });
    writer.put('order:1', utf8('state'), someMeta);
    writer.sync();
    writer.put('order:2', utf8('state'), someMeta);
    const cache = openFor('cache', { storage, readOnly: true });
    expect([...cache.keys()]).toEqual([utf8('order:1')]);
    expect(valueText(cache, 'order:1')).toBe('state');
    for (const change of [
      () => cache.put('order:3', utf8('x'), someMeta),
      () => cache.putMany([]),
      () => cache.delete('order:1'),
      () => cache.deletePrefix('order:'),
      () => cache.sync(),
      () => cache.compact(),
    ]) {
      expect(change).toThrow(readOnlyRefusal);
    }
    await expect(cache.syncAsync()).rejects.toThrow(readOnlyRefusal);
    await expect(cache.compactAsync()).rejects.toThrow(readOnlyRefusal);
    expect(cache.verify().ok).toBe(true);
    expect(cache.size).toBe(1);
    cache.close();
    expect(() => cache.size).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  });

  test('writes nothing, not even in close', () => {
    const storage = new WrappedStorage();
    const writer = openFor('cache', { storage });
    writer.put('order:1', utf8('state'), someMeta);
    writer.close();
    storage.counts.clear();
    const cache = openFor('cache', { storage, readOnly: true });
    expect(valueText(cache, 'order:1')).toBe('state');
    cache.close();
    for (const operation of ['write', 'create', 'truncate', 'remove', 'sync', 'syncDirectory', 'lock'] as const) {
      expect(storage.countOf(operation), operation).toBe(0);
    }
  });

  test('of an empty directory is an empty cache', () => {
    const storage = new MemoryStorage();
    storage.openDirectory('cache', { create: true });
    const cache = openFor('cache', { storage, readOnly: true });
    expect(cache.size).toBe(0);
    expect(cache.get('order:1')).toBeUndefined();
    expect(cache.deletePrefix.bind(cache, '')).toThrow(readOnlyRefusal);
    expect(cache.verify()).toMatchObject({ ok: true, records: 0 });
  });
});
