// Why these tests: a local cache that fails makes a machine slower, and wrong if a deletion is missing in it.
import { expect, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import type { ProjectionCache } from '../../src/contract/projection-cache.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { FaultStorage, faultAt } from '../../src/testing/index.ts';
import { MemorySharedCache } from './memory-shared-cache.ts';
import { contentsWithState, key, later, machine, meta, turns, utf8, warmMachine } from './test-machine.ts';

test('a value that is too large for the local cache is in the shared one, and others are still local', async () => {
  const local = LogCache.open('cache', { storage: new MemoryStorage(), maxBytes: 4_096 });
  const { cache, failures } = await warmMachine(await contentsWithState(), { local });
  const large = utf8('large');
  expect(await cache.put(large, new Uint8Array(8_192), meta)).toBe(true);
  expect(failures).toMatchObject([{ code: 'TOO_LARGE' }]);
  expect((await cache.get(large))?.value).toHaveLength(8_192);
  const { localHits } = cache.stats();
  expect((await cache.get(key))?.value).toEqual(utf8('state'));
  expect(cache.stats().localHits).toBe(localHits + 1);
});

test('a local cache that could not remove an entry is not used before it is empty, and then it is', async () => {
  const storage = new FaultStorage();
  const local = LogCache.open('cache', { storage, durability: 'on-put' });
  const contents = await contentsWithState();
  const { cache, failures, clock } = await warmMachine(contents, { local });
  await cache.put(utf8('user:1'), utf8('other'), meta);
  storage.rule = faultAt({ verb: 'write', times: 2 }, { fail: 'ENOSPC' });
  await cache.deletePrefix(utf8('order:'));
  expect(failures).toMatchObject([{ code: 'IO' }]);
  const { localHits } = cache.stats();
  expect(await cache.get(key)).toBeUndefined();
  expect((await cache.get(utf8('user:1')))?.value).toEqual(utf8('other'));
  expect(cache.stats().localHits).toBe(localHits);
  clock.ms = 500;
  await cache.get(key);
  await turns();
  expect([...local.keys()]).toHaveLength(1);
  expect((await cache.get(utf8('user:1')))?.value).toEqual(utf8('other'));
  expect((await cache.get(utf8('user:1')))?.value).toEqual(utf8('other'));
  expect(cache.stats().localHits).toBe(localHits + 1);
  expect(failures).toHaveLength(1);
});

test.each([
  [
    'is poisoned',
    (storage: FaultStorage) => {
      storage.rule = faultAt({ verb: 'sync', times: Number.POSITIVE_INFINITY }, { fail: 'EIO' });
    },
  ],
  ['is closed', (_storage: FaultStorage, local: LogCache) => local.close()],
])('a local cache that %s makes the machine slower', async (_name, spoil) => {
  const storage = new FaultStorage();
  const local = LogCache.open('cache', { storage, durability: 'on-put' });
  const contents = await contentsWithState();
  const { cache, failures, clock } = await warmMachine(contents, { local });
  spoil(storage, local);
  expect(await cache.put(key, utf8('newer'), later)).toBe(true);
  expect((await cache.get(key))?.value).toEqual(utf8('newer'));
  await new MemorySharedCache(contents).deletePrefix(key);
  await turns();
  for (const ms of [500, 1_000, 1_500]) {
    clock.ms = ms;
    expect(await cache.get(key)).toBeUndefined();
    await turns();
  }
  expect(failures.length).toBeGreaterThan(0);
  await cache.sync();
  await cache.close();
});

test('a read-only local cache makes the machine slower', async () => {
  const storage = new MemoryStorage();
  LogCache.open('cache', { storage }).close();
  const local = LogCache.open('cache', { storage, readOnly: true });
  const { cache, failures } = machine(await contentsWithState(), { local });
  await cache.checkDeletions();
  expect((await cache.get(key))?.value).toEqual(utf8('state'));
  expect((await cache.get(key))?.value).toEqual(utf8('state'));
  expect(cache.stats()).toMatchObject({ localHits: 0, sharedReads: 2 });
  expect(failures).toMatchObject([{ code: 'READ_ONLY' }]);
});

test('a local cache whose reads fail is like an empty one', async () => {
  const failing = LogCache.open('cache', { storage: new MemoryStorage() });
  const local: ProjectionCache = {
    capabilities: () => failing.capabilities(),
    get: () => {
      if (isFailing) throw new Error('EIO');
      return undefined;
    },
    put: () => {},
    deletePrefix: () => 0,
    sync: () => {
      throw new Error('EIO');
    },
  };
  let isFailing = false;
  const { cache, failures } = machine(await contentsWithState(), { local });
  await cache.checkDeletions();
  isFailing = true;
  expect((await cache.get(key))?.value).toEqual(utf8('state'));
  await cache.sync();
  expect(failures.map(String)).toEqual(['Error: EIO', 'Error: EIO']);
});
