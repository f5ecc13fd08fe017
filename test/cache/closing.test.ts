import { describe, expect, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { openFor, openInMemory, someMeta, utf8, valueText } from './cache-fixtures.ts';
import { WrappedStorage } from './wrapped-storage.ts';

const closed = expect.objectContaining({ name: 'StoreError', code: 'CLOSED' });

describe('a closed LogCache', () => {
  test.each<[string, (cache: LogCache) => unknown]>([
    ['get', (cache) => cache.get('order:1')],
    ['has', (cache) => cache.has('order:1')],
    ['put', (cache) => cache.put('order:1', utf8('x'), someMeta)],
    ['putMany', (cache) => cache.putMany([['order:1', utf8('x'), someMeta]])],
    ['putMany of nothing', (cache) => cache.putMany([])],
    ['delete', (cache) => cache.delete('order:1')],
    ['delete of an absent key', (cache) => cache.delete('absent')],
    ['deletePrefix', (cache) => cache.deletePrefix('order:')],
    ['entries', (cache) => cache.entries()],
    ['entries of nothing', (cache) => cache.entries({ limit: 0 })],
    ['keys', (cache) => cache.keys()],
    ['size', (cache) => cache.size],
    ['sync', (cache) => cache.sync()],
    ['compact', (cache) => cache.compact()],
    ['verify', (cache) => cache.verify()],
    ['stats', (cache) => cache.stats()],
    ['prefetch', (cache) => cache.prefetch('order:1', someMeta)],
  ])('throws CLOSED from %s', (_name, call) => {
    const cache = openInMemory();
    cache.put('order:1', utf8('state'), someMeta);
    cache.close();
    expect(() => call(cache)).toThrow(closed);
  });

  test('rejects the asynchronous methods with CLOSED', async () => {
    const cache = openInMemory();
    cache.close();
    await expect(cache.syncAsync()).rejects.toThrow(closed);
    await expect(cache.compactAsync()).rejects.toThrow(closed);
  });

  test('reads nothing from the iterable that putMany gets', () => {
    const cache = openInMemory();
    cache.close();
    let taken = 0;
    function* counted(): Generator<readonly [string, Uint8Array, typeof someMeta]> {
      taken += 1;
      yield ['order:1', utf8('x'), someMeta];
    }
    expect(() => cache.putMany(counted())).toThrow(closed);
    expect(taken).toBe(0);
  });

  test('names the remedy', () => {
    const cache = openInMemory();
    cache.close();
    expect(() => cache.get('order:1')).toThrow('the store is closed: open it again');
  });

  test('ends iterators that were created before, at any position', () => {
    const cache = openInMemory();
    for (let i = 0; i < 10; i += 1) cache.put(`order:${i}`, utf8('x'), someMeta);
    const begun = [cache.keys(), cache.entries(), cache.keys({ reverse: true }), cache.entries({ reverse: true })];
    for (const iterator of begun) iterator.next();
    const fresh = [cache.keys(), cache.entries()];
    cache.close();
    for (const iterator of [...begun, ...fresh]) expect(() => iterator.next()).toThrow(closed);
  });

  test('still reports its capabilities', () => {
    const cache = openInMemory();
    cache.close();
    expect(cache.capabilities()).toEqual({ supportsPrefetch: false, isNoop: false });
  });

  test('has made durable what a queued sync was to cover', async () => {
    const storage = new WrappedStorage();
    let end = (): void => {};
    storage.gate = new Promise((resolve) => {
      end = resolve;
    });
    const cache = openFor('cache', { storage });
    cache.put('order:1', utf8('x'), someMeta);
    const underWay = cache.syncAsync();
    cache.put('order:2', utf8('x'), someMeta);
    const waiting = cache.syncAsync();
    cache.close();
    end();
    await expect(Promise.all([underWay, waiting])).resolves.toEqual([undefined, undefined]);
  });
});

describe('close', () => {
  test('can be called again', () => {
    const cache = openInMemory();
    cache.close();
    expect(() => cache.close()).not.toThrow();
  });

  test('makes everything durable and releases the lock', () => {
    const storage = new MemoryStorage();
    const cache = LogCache.open('cache', { storage });
    cache.put('order:1', utf8('state'), someMeta);
    cache.close();
    const reopened = openFor('cache', { storage });
    expect(valueText(reopened, 'order:1')).toBe('state');
    expect(reopened.stats().recovery).toMatchObject({ clean: true, imageUsed: true, tornBytes: 0 });
  });

  test('is called by `using`', () => {
    const storage = new MemoryStorage();
    {
      using cache = LogCache.open('cache', { storage });
      cache.put('order:1', utf8('state'), someMeta);
      expect(() => LogCache.open('cache', { storage })).toThrow(expect.objectContaining({ code: 'LOCKED' }));
    }
    expect(valueText(openFor('cache', { storage }), 'order:1')).toBe('state');
  });

  test('closes even if it throws, and releases the lock', () => {
    const storage = new WrappedStorage();
    const cache = openFor('cache', { storage });
    cache.put('order:1', utf8('state'), someMeta);
    storage.refuse('sync', 'EIO');
    expect(() => cache.close()).toThrow(expect.objectContaining({ code: 'POISONED' }));
    expect(() => cache.get('order:1')).toThrow(closed);
    expect(() => cache.close()).not.toThrow();
    storage.allow('sync');
    expect(valueText(openFor('cache', { storage }), 'order:1')).toBe('state');
  });
});
