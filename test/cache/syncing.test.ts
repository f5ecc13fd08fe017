import { describe, expect, test, vi } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import type { StoreEvent } from '../../src/store/store-event.ts';
import { eventsInto, typesInto } from '../store/event-collector.ts';
import { openFor, openInMemory, someMeta, utf8, valueText } from './cache-fixtures.ts';
import { WrappedStorage } from './wrapped-storage.ts';

const poisoned = expect.objectContaining({ name: 'StoreError', code: 'POISONED' });

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A storage whose asynchronous syncs wait until they are released. */
function heldUp(): { readonly storage: WrappedStorage; readonly letGo: () => void } {
  const storage = new WrappedStorage();
  let letGo = (): void => {};
  storage.gate = new Promise((resolve) => {
    letGo = resolve;
  });
  return { storage, letGo: () => letGo() };
}

describe('sync', () => {
  test('is counted, and does nothing if there is nothing new', () => {
    const storage = new WrappedStorage();
    const cache = openFor('cache', { storage });
    const before = storage.countOf('sync');
    cache.sync();
    expect(storage.countOf('sync')).toBe(before);
    cache.put('order:1', utf8('x'), someMeta);
    cache.sync();
    cache.sync();
    expect(storage.countOf('sync')).toBe(before + 1);
    expect(cache.stats().counters.syncs).toBe(1);
  });

  test('with durability on-put happens in every mutation', () => {
    const cache = openInMemory({ durability: 'on-put' });
    const syncs = (): number => cache.stats().counters.syncs;
    cache.put('order:1', utf8('x'), someMeta);
    expect(syncs()).toBe(1);
    cache.put('order:2', utf8('x'), someMeta);
    expect(syncs()).toBe(2);
    cache.delete('order:1');
    expect(syncs()).toBe(3);
    cache.delete('order:1');
    expect(syncs()).toBe(3);
    cache.deletePrefix('order:');
    expect(syncs()).toBe(4);
  });

  test('that fails poisons the cache: reads still work, writes throw the reason', async () => {
    const storage = new WrappedStorage();
    const events: StoreEvent[] = [];
    const cache = openFor('cache', { storage, onEvent: eventsInto(events) });
    cache.put('order:1', utf8('state'), someMeta);
    storage.refuse('sync', 'EIO');
    expect(() => cache.sync()).toThrow(poisoned);
    storage.allow('sync');
    for (const write of [
      () => cache.put('order:2', utf8('x'), someMeta),
      () => cache.putMany([['order:2', utf8('x'), someMeta]]),
      () => cache.delete('order:1'),
      () => cache.deletePrefix('order:'),
      () => cache.sync(),
      () => cache.compact(),
    ]) {
      expect(write).toThrow(poisoned);
      expect(write).toThrow(/sync.*EIO.*reads still work: close the store and open it again/);
    }
    await expect(cache.syncAsync()).rejects.toThrow(poisoned);
    await expect(cache.compactAsync()).rejects.toThrow(poisoned);
    expect(valueText(cache, 'order:1')).toBe('state');
    expect([...cache.keys()]).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'poisoned')).toHaveLength(1);
    cache.close();
    expect(valueText(openFor('cache', { storage }), 'order:1')).toBe('state');
  });

  test('keeps the error of the platform as the cause', () => {
    const storage = new WrappedStorage();
    const cache = openFor('cache', { storage });
    cache.put('order:1', utf8('state'), someMeta);
    storage.refuse('sync', 'EIO');
    expect(() => cache.sync()).toThrow(
      expect.objectContaining({
        cause: expect.objectContaining({ code: 'IO', cause: expect.objectContaining({ code: 'EIO' }) }),
      }),
    );
  });

  test('poisons the cache if another owner has the lock, and writes nothing more', () => {
    const storage = new WrappedStorage();
    const cache = openFor('cache', { storage });
    cache.put('order:1', utf8('state'), someMeta);
    storage.lockHeld = false;
    const writes = storage.countOf('write');
    expect(() => cache.sync()).toThrow(poisoned);
    expect(() => cache.put('order:2', utf8('x'), someMeta)).toThrow(/lock was taken/);
    cache.close();
    expect(storage.countOf('write')).toBe(writes);
  });
});

describe('a refused write', () => {
  test('keeps accepted records in memory, and writes the same bytes later', () => {
    const storage = new WrappedStorage();
    const cache = openFor('cache', { storage });
    cache.put('order:1', utf8('state'), someMeta);
    storage.refuse('write', 'ENOSPC');
    expect(() => cache.sync()).toThrow(
      expect.objectContaining({ code: 'IO', message: expect.stringMatching(/ENOSPC.*free space/) }),
    );
    expect(valueText(cache, 'order:1')).toBe('state');
    cache.put('order:2', utf8('other'), someMeta);
    storage.allow('write');
    cache.sync();
    cache.close();
    const reopened = openFor('cache', { storage });
    expect([valueText(reopened, 'order:1'), valueText(reopened, 'order:2')]).toEqual(['state', 'other']);
  });

  test('at the end of a turn goes to onEvent and is thrown once by the next mutation', async () => {
    const storage = new WrappedStorage();
    const events: StoreEvent[] = [];
    const cache = openFor('cache', { storage, onEvent: eventsInto(events) });
    cache.put('order:1', utf8('state'), someMeta);
    storage.refuse('write', 'ENOSPC');
    await nextTurn();
    expect(events.map(({ type }) => type)).toEqual(['background-write-failed']);
    storage.allow('write');
    expect(() => cache.put('order:2', utf8('x'), someMeta)).toThrow(expect.objectContaining({ code: 'IO' }));
    expect(cache.has('order:2')).toBe(false);
    cache.put('order:2', utf8('x'), someMeta);
    cache.sync();
    expect(valueText(cache, 'order:1')).toBe('state');
  });
});

describe('the end of a turn', () => {
  test('writes puts to the file, without a sync', async () => {
    const storage = new WrappedStorage();
    const cache = openFor('cache', { storage });
    const [writes, syncs] = [storage.countOf('write'), storage.countOf('sync')];
    for (let i = 0; i < 10; i += 1) cache.put(`order:${i}`, utf8('x'), someMeta);
    expect(storage.countOf('write')).toBe(writes);
    await nextTurn();
    expect(storage.countOf('write')).toBe(writes + 1);
    expect(storage.countOf('sync')).toBe(syncs);
  });
});

describe('syncAsync', () => {
  test('does not block the caller and makes everything durable', async () => {
    const { storage, letGo } = heldUp();
    const cache = openFor('cache', { storage });
    cache.put('order:1', utf8('x'), someMeta);
    const syncs = storage.countOf('sync');
    const done = cache.syncAsync();
    cache.put('order:2', utf8('x'), someMeta);
    expect(valueText(cache, 'order:2')).toBe('x');
    letGo();
    await done;
    expect(storage.countOf('syncAsync')).toBe(1);
    expect(storage.countOf('sync')).toBe(syncs);
    expect(cache.stats().counters.syncs).toBe(1);
  });

  // The running sync started before their calls, so it need not cover their puts.
  test('is shared by all callers that call during a running sync', async () => {
    const { storage, letGo } = heldUp();
    const cache = openFor('cache', { storage });
    cache.put('order:0', utf8('x'), someMeta);
    const callers = [cache.syncAsync()];
    for (let i = 1; i <= 50; i += 1) {
      cache.put(`order:${i}`, utf8('x'), someMeta);
      callers.push(cache.syncAsync());
    }
    letGo();
    await Promise.all(callers);
    expect(storage.countOf('syncAsync')).toBe(2);
    const marked = openFor('cache', { storage, readOnly: true });
    expect(marked.size).toBe(51);
  });

  test('does nothing if there is nothing new', async () => {
    const storage = new WrappedStorage();
    const cache = openFor('cache', { storage });
    await cache.syncAsync();
    expect(storage.countOf('syncAsync')).toBe(0);
  });

  test('that fails rejects for all callers that share it, and poisons the cache', async () => {
    const storage = new WrappedStorage();
    const cache = openFor('cache', { storage });
    cache.put('order:1', utf8('x'), someMeta);
    storage.refuse('syncAsync', 'EIO');
    const callers = [cache.syncAsync()];
    cache.put('order:2', utf8('x'), someMeta);
    callers.push(cache.syncAsync(), cache.syncAsync());
    const outcomes = await Promise.allSettled(callers);
    for (const outcome of outcomes) expect(outcome).toEqual({ status: 'rejected', reason: poisoned });
    expect(() => cache.put('order:3', utf8('x'), someMeta)).toThrow(poisoned);
    expect(valueText(cache, 'order:2')).toBe('x');
  });

  test('is a synchronous sync if the storage has no asynchronous one', async () => {
    const storage = new WrappedStorage();
    storage.withoutSyncAsync = true;
    const cache = openFor('cache', { storage });
    cache.put('order:1', utf8('x'), someMeta);
    const syncs = storage.countOf('sync');
    await cache.syncAsync();
    expect(storage.countOf('sync')).toBe(syncs + 1);
  });
});

describe('syncEveryMs', () => {
  test('syncs puts automatically', async () => {
    const cache = openInMemory({ syncEveryMs: 1 });
    cache.put('order:1', utf8('x'), someMeta);
    await vi.waitFor(() => expect(cache.stats().counters.syncs).toBe(1), { timeout: 30_000, interval: 1 });
  });

  test('that fails poisons the cache and reports it', async () => {
    const storage = new WrappedStorage();
    const types: string[] = [];
    const cache = openFor('cache', { storage, syncEveryMs: 1, onEvent: typesInto(types) });
    storage.refuse('syncAsync', 'EIO');
    cache.put('order:1', utf8('x'), someMeta);
    await vi.waitFor(() => expect(types).toContain('poisoned'), { timeout: 30_000, interval: 1 });
    expect(() => cache.put('order:2', utf8('x'), someMeta)).toThrow(poisoned);
  });

  test('stops when the cache is closed', async () => {
    const storage = new WrappedStorage();
    const cache = LogCache.open('cache', { storage, syncEveryMs: 1 });
    cache.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(storage.countOf('syncAsync')).toBe(0);
  });
});
