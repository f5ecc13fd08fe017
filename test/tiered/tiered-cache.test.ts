// Why these tests: a local cache in front of a shared one must save round trips, and never return what the shared one no longer has.
import { describe, expect, test } from 'vitest';
import { StoreError } from '../../src/base/store-error.ts';
import { LogCache } from '../../src/cache/log-cache.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { FaultStorage, faultAt, projectionCacheSuite } from '../../src/testing/index.ts';
import { TieredCache } from '../../src/tiered/tiered-cache.ts';
import type { TieredCacheOptions } from '../../src/tiered/tiered-options.ts';
import { MemorySharedCache, SharedContents } from './memory-shared-cache.ts';
import { contentsWithState, key, later, machine, meta, openable, turns, utf8, warmMachine } from './test-machine.ts';

projectionCacheSuite({
  name: 'TieredCache',
  keepsNewest: true,
  open: () => machine().cache,
  close: (cache) => cache.close(),
  describe,
  test,
});
projectionCacheSuite({
  name: 'TieredCache that checks before each local answer',
  keepsNewest: true,
  open: () => machine(new SharedContents(), { uncheckedMaxMs: 0 }).cache,
  close: (cache) => cache.close(),
  describe,
  test,
});

describe('a local entry', () => {
  test('answers without the shared cache', async () => {
    const { cache, shared } = await warmMachine(await contentsWithState());
    const before = shared.calls['readWithEpoch'];
    expect((await cache.get(key))?.meta).toEqual(meta);
    expect(shared.calls['readWithEpoch']).toBe(before);
    expect(cache.stats()).toMatchObject({ localHits: 1, sharedReads: 1, sharedFailures: 0 });
  });

  test('does not answer a reader that wants a newer one', async () => {
    const { cache, contents } = await warmMachine(await contentsWithState());
    await new MemorySharedCache(contents).put(key, utf8('newer'), later);
    expect((await cache.readWithEpoch(key, { watermark: 507n })).entry?.value).toEqual(utf8('state'));
    const reading = await cache.readWithEpoch(key, { watermark: 508n });
    expect(reading).toMatchObject({ entry: { value: utf8('newer'), meta: later }, hasFartherTier: false });
    expect((await cache.get(key))?.value).toEqual(utf8('newer'));
    expect((await cache.readWithEpoch(key, { cachedAtUs: later.cachedAtUs })).hasFartherTier).toBe(true);
  });

  test('is used while it was checked at most uncheckedMaxMs ago, also when the shared cache is down', async () => {
    const { cache, shared, clock, failures } = await warmMachine(await contentsWithState());
    shared.isDown = true;
    clock.ms = 1_000;
    expect((await cache.get(key))?.value).toEqual(utf8('state'));
    clock.ms = 1_001;
    await expect(cache.get(key)).rejects.toThrow(/down|failed less than/);
    await turns();
    expect(failures.map(String)).toContain('Error: the shared cache is down');
    shared.isDown = false;
    clock.ms = 3_000;
    expect((await cache.get(key))?.value).toEqual(utf8('state'));
  });

  test('below what is wanted is still returned when the shared cache is down', async () => {
    const { cache, shared, failures } = await warmMachine(await contentsWithState());
    shared.isDown = true;
    const reading = await cache.readWithEpoch(key, { watermark: 600n });
    expect(reading).toMatchObject({ entry: { meta }, hasFartherTier: false });
    expect(failures).toHaveLength(1);
  });

  test('survives a restart, with the deletions of the meantime applied', async () => {
    const contents = await contentsWithState();
    const storage = new MemoryStorage();
    const first = LogCache.open('cache', { storage });
    const before = await warmMachine(contents, { local: first });
    await before.cache.put(utf8('user:1'), utf8('other'), meta);
    await before.cache.close();
    first.close();
    await new MemorySharedCache(contents).deletePrefix(utf8('user:'));
    const after = machine(contents, { local: LogCache.open('cache', { storage }) });
    await after.cache.checkDeletions();
    expect((await after.cache.get(key))?.value).toEqual(utf8('state'));
    expect(after.cache.stats()).toMatchObject({ localHits: 1, sharedReads: 0 });
    expect(await after.cache.get(utf8('user:1'))).toBeUndefined();
  });

  test.each([
    ['of a local cache without a mark', (_contents: SharedContents) => {}],
    ['of other contents', (contents: SharedContents) => Object.assign(contents, { identity: 'contents-2' })],
    ['of contents that were restored', (contents: SharedContents) => Object.assign(contents, { epoch: -1n })],
    [
      'from before the known deletions',
      (contents: SharedContents) => Object.assign(contents, { knownFrom: 7n, epoch: 9n }),
    ],
  ])('%s is removed', async (name, change) => {
    const contents = await contentsWithState();
    const local = LogCache.open('cache', { storage: new MemoryStorage() });
    if (name.includes('without')) local.put(key, utf8('of another program'), meta);
    else await (await warmMachine(contents, { local })).cache.close();
    change(contents);
    contents.entries.deletePrefix(key);
    const { cache } = machine(contents, { local });
    await cache.checkDeletions();
    expect(local.get(key)).toBeUndefined();
    expect(await cache.get(key)).toBeUndefined();
  });
});

test('a local cache of unknown age is not used before the first check, however long it may be unchecked', async () => {
  const local = LogCache.open('cache', { storage: new MemoryStorage() });
  local.put(key, utf8('of another program'), meta);
  const { cache, shared } = machine(new SharedContents(), { local, uncheckedMaxMs: Number.POSITIVE_INFINITY });
  shared.isDown = true;
  await expect(cache.get(key)).rejects.toThrow('down');
});

describe('a deletion on another machine', () => {
  test('removes the local entry when the notification arrives', async () => {
    const contents = await contentsWithState();
    const { cache, local } = await warmMachine(contents);
    await new MemorySharedCache(contents).deletePrefix(utf8('order:'));
    await turns();
    expect(local.get(key)).toBeUndefined();
    expect(await cache.get(key)).toBeUndefined();
  });

  test('whose notification is lost is found within uncheckedMaxMs', async () => {
    const contents = await contentsWithState();
    const { cache, shared, clock } = await warmMachine(contents);
    shared.losesNotifications = true;
    await new MemorySharedCache(contents).deletePrefix(utf8('order:'));
    clock.ms = 499;
    expect(await cache.get(key)).toBeDefined();
    clock.ms = 500; // half the time: the list is read
    await cache.get(key);
    await turns();
    expect(await cache.get(key)).toBeUndefined();
  });

  test('is not undone by a reading that is under way', async () => {
    const contents = await contentsWithState();
    const { cache, shared, local } = machine(contents);
    await cache.checkDeletions();
    const gate = openable();
    shared.after = () => gate.promise;
    const reading = cache.get(key);
    await turns();
    shared.after = () => Promise.resolve();
    await new MemorySharedCache(contents).deletePrefix(utf8('order:'));
    await turns();
    gate.resolve();
    await reading;
    expect(local.get(key)).toBeUndefined();
    expect(await cache.get(key)).toBeUndefined();
  });

  test('is not undone by a put that is under way', async () => {
    const contents = new SharedContents();
    const { cache, shared, local } = machine(contents);
    await cache.checkDeletions();
    const { epoch } = await cache.readWithEpoch(key);
    const gate = openable();
    shared.after = () => gate.promise;
    const putting = cache.put(key, utf8('state'), meta, { epoch });
    await turns();
    shared.after = () => Promise.resolve();
    await new MemorySharedCache(contents).deletePrefix(utf8('order:'));
    await turns();
    gate.resolve();
    expect(await putting).toBe(true);
    expect(local.get(key)).toBeUndefined();
    expect(await cache.get(key)).toBeUndefined();
  });

  test('refuses a put that was read before it', async () => {
    const contents = await contentsWithState();
    const { cache } = await warmMachine(contents);
    const { epoch } = await cache.readWithEpoch(key);
    await new MemorySharedCache(contents).deletePrefix(utf8('order:'));
    expect(await cache.put(key, utf8('folded onto it'), later, { epoch })).toBe(false);
    await turns();
    expect(await cache.get(key)).toBeUndefined();
  });
});

describe('concurrent readings', () => {
  test('of one key share one call, and no bytes', async () => {
    const { cache, shared } = machine(await contentsWithState());
    const entries = await Promise.all([cache.get(key), cache.get(key), cache.get(key)]);
    expect(shared.calls['readWithEpoch']).toBe(1);
    entries[0]?.value.fill(0);
    expect(entries[1]?.value).toEqual(utf8('state'));
  });

  test('do not join one that began more than uncheckedMaxMs ago', async () => {
    const contents = await contentsWithState();
    const { cache, shared, clock } = machine(contents);
    shared.losesNotifications = true;
    const gate = openable();
    shared.after = () => gate.promise;
    const early = cache.get(key);
    await turns();
    shared.after = () => Promise.resolve();
    await new MemorySharedCache(contents).deletePrefix(key);
    clock.ms = 1_001;
    expect(await cache.get(key)).toBeUndefined();
    gate.resolve();
    expect((await early)?.value).toEqual(utf8('state'));
  });

  test('that begin after a put do not join one from before it', async () => {
    const contents = await contentsWithState();
    const { cache, shared } = machine(contents, { uncheckedMaxMs: 0 });
    const gate = openable();
    shared.after = () => gate.promise;
    const early = cache.get(key);
    await turns();
    shared.after = () => Promise.resolve();
    await cache.put(key, utf8('newer'), later);
    const late = await cache.get(key);
    gate.resolve();
    expect(late?.value).toEqual(utf8('newer'));
    await early;
    expect((await cache.get(key))?.value).toEqual(utf8('newer'));
  });
});

describe('a rejected entry', () => {
  test('is not brought back by a reading that is under way', async () => {
    const contents = await contentsWithState();
    const { cache, shared, local } = machine(contents);
    await cache.checkDeletions();
    const gate = openable();
    shared.after = () => gate.promise;
    const reading = cache.get(key);
    await turns();
    shared.after = () => Promise.resolve();
    const older = { watermark: 5n, cachedAtUs: 0n };
    expect(await cache.put(key, utf8('replayed'), older, { epoch: 0n, replaces: meta })).toBe(true);
    gate.resolve();
    await reading;
    expect(local.get(key)?.meta).toEqual(older);
    expect((await cache.get(key))?.value).toEqual(utf8('replayed'));
  });

  test('leaves the local cache also if the put fails', async () => {
    const { cache, shared, local } = await warmMachine(await contentsWithState());
    shared.isDown = true;
    const basis = { epoch: 0n, replaces: meta };
    await expect(cache.put(key, utf8('replayed'), { watermark: 5n, cachedAtUs: 0n }, basis)).rejects.toThrow('down');
    expect(local.get(key)).toBeUndefined();
  });
});

describe('failures', () => {
  test('of the shared cache pause it for retryAfterMs', async () => {
    const { cache, shared, clock } = machine();
    shared.isDown = true;
    await expect(cache.get(key)).rejects.toThrow('down');
    const calls = shared.calls['readWithEpoch'];
    await expect(cache.get(utf8('other'))).rejects.toMatchObject({ code: 'CACHE_FAILED' });
    expect(shared.calls['readWithEpoch']).toBe(calls);
    clock.ms = 1_000;
    shared.isDown = false;
    expect(await cache.get(utf8('other'))).toBeUndefined();
  });

  test('of the local cache leave the shared one alone', async () => {
    const storage = new FaultStorage();
    const local = LogCache.open('cache', { storage, durability: 'on-put' });
    const contents = await contentsWithState();
    const { cache, failures } = await warmMachine(contents, { local });
    storage.rule = faultAt({ verb: 'write', times: Number.POSITIVE_INFINITY }, { fail: 'EIO' });
    expect(await cache.deletePrefix(utf8('order:'))).toBe(1);
    expect(failures).toHaveLength(1);
    expect(failures[0]).toBeInstanceOf(StoreError);
    // The local cache may still have it.
    expect(await cache.get(key)).toBeUndefined();
    expect(await cache.put(key, utf8('again'), meta)).toBe(true);
    expect((await cache.get(key))?.value).toEqual(utf8('again'));
  });

  test('of a deletion in the shared cache reject, and forget the local entries', async () => {
    const { cache, shared, local } = await warmMachine(await contentsWithState());
    shared.isDown = true;
    await expect(cache.deletePrefix(utf8('order:'))).rejects.toThrow('down');
    expect(local.get(key)).toBeUndefined();
  });

  test('of watchDeletions are reported, and it is tried again', async () => {
    const { cache, shared, failures, clock, contents } = machine();
    shared.isDown = true;
    await cache.get(key).catch(() => {});
    await turns();
    expect(failures.length).toBeGreaterThan(0);
    shared.isDown = false;
    clock.ms = 5_000;
    await cache.get(key);
    await turns();
    expect(contents.listeners.size).toBe(1);
  });

  test('of watchDeletions are not repeated by each reading', async () => {
    const { cache, shared, clock } = machine();
    shared.watchDeletions = () => Promise.reject(new Error('no LISTEN here'));
    let tries = 0;
    const { watchDeletions } = shared;
    shared.watchDeletions = (act) => {
      tries += 1;
      return watchDeletions(act);
    };
    for (const wait of [0, 500, 499]) {
      clock.ms += wait;
      await cache.get(key);
      await turns();
    }
    expect(tries).toBe(1);
    clock.ms += 1;
    await cache.get(key);
    expect(tries).toBe(2);
    // Reading the list is enough.
    expect(cache.stats()).toMatchObject({ sharedFailures: 0 });
  });

  test('are reported once, not by each reading of a local entry while the shared cache is not asked', async () => {
    const { cache, shared, failures } = await warmMachine(await contentsWithState());
    shared.isDown = true;
    for (const _call of [1, 2, 3])
      expect((await cache.readWithEpoch(key, { watermark: 600n })).entry?.meta).toEqual(meta);
    expect(failures.map(String)).toEqual(['Error: the shared cache is down']);
    const error = await cache.get(utf8('other')).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'CACHE_FAILED', cause: new Error('the shared cache is down') });
  });
});

describe('close', () => {
  test('waits until the local cache has what a call has found', async () => {
    const { cache, shared, local, failures } = machine(await contentsWithState());
    await cache.checkDeletions();
    const gate = openable();
    shared.after = () => gate.promise;
    const reading = cache.get(key);
    await turns();
    const closing = cache.close().then(() => (local as LogCache).has(key));
    gate.resolve();
    expect(await closing).toBe(true);
    await reading;
    expect(failures).toEqual([]);
  });

  test('waits for calls under way, stops listening and refuses later calls', async () => {
    const { cache, shared, contents } = machine();
    const gate = openable();
    await cache.get(key);
    shared.after = () => gate.promise;
    const putting = cache.put(key, utf8('state'), meta);
    let isClosed = false;
    const closing = cache.close().then(() => {
      isClosed = true;
    });
    await turns();
    expect(isClosed).toBe(false);
    gate.resolve();
    await closing;
    expect(await putting).toBe(true);
    expect(contents.listeners.size).toBe(0);
    await expect(cache.get(key)).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(cache.put(key, utf8('state'), meta)).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(cache.deletePrefix(key)).rejects.toMatchObject({ code: 'CLOSED' });
  });
});

describe('options', () => {
  const local = LogCache.open('options', { storage: new MemoryStorage() });
  const shared = new MemorySharedCache();
  test.each([
    [{ local, shared, unchecked: 1 }, TypeError, /unchecked/],
    [{ local: {}, shared }, TypeError, /local must be a cache; got Object/],
    [{ local, shared: local }, TypeError, /shared must be a SharedProjectionCache.*got LogCache/],
    [{ local: shared, shared }, TypeError, /local must be a synchronous cache/],
    [{ local, shared, uncheckedMaxMs: -1 }, RangeError, /uncheckedMaxMs/],
    [{ local, shared, retryAfterMs: 0.5 }, RangeError, /retryAfterMs/],
    [{ local, shared, nowMs: 5 }, TypeError, /nowMs/],
  ])('%# are checked', (options, type, message) => {
    const open = (): unknown => new TieredCache(options as unknown as TieredCacheOptions);
    expect(open).toThrow(type);
    expect(open).toThrow(message);
  });

  test('without a list of deletions need uncheckedMaxMs: Infinity', async () => {
    const alone = new MemorySharedCache();
    Object.defineProperty(alone, 'deletionsSince', { value: undefined });
    expect(() => new TieredCache({ local, shared: alone })).toThrow(/set uncheckedMaxMs to Infinity/);
    const cache = new TieredCache({ local, shared: alone, uncheckedMaxMs: Number.POSITIVE_INFINITY });
    await cache.put(key, utf8('state'), meta);
    await cache.get(key);
    expect(cache.stats()).toMatchObject({ localHits: 1, deletionChecks: 0 });
  });
});
