import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { OpfsStorage } from '../../src/browser/opfs-storage.ts';
import { CLEAN_FILES } from '../../src/browser/opfs-volume.ts';
import { LogCache } from '../../src/cache/log-cache.ts';
import type { StoreEvent } from '../../src/store/store-event.ts';
import { faultAt, withFile } from '../../src/testing/index.ts';
import { someMeta, temporaryDirectory, textOf, utf8, valueText } from '../cache/cache-fixtures.ts';
import { FakeOrigin, settle } from './fake-origin.ts';

const NAME = 'projections';
const DIRECTORY = 'store';

let origin: FakeOrigin;

beforeEach(() => {
  origin = new FakeOrigin();
});

function open(waitForLockMs = 1000): Promise<OpfsStorage> {
  return origin.worker().open(NAME, { waitForLockMs });
}

/** Puts one entry in a new cache and closes it. */
async function storeEntry(key: string): Promise<void> {
  const storage = await open();
  const cache = LogCache.open(DIRECTORY, { storage });
  cache.put(key, utf8('state'), someMeta);
  cache.close();
  storage.close();
}

describe('opening', () => {
  test.each(['', '.', '..', 'a/b', 'a\\b'])('refuses the name %j', async (name) => {
    await expect(origin.worker().open(name)).rejects.toThrow(RangeError);
  });

  test('refuses a name of another type, unknown options and times out of range', async () => {
    await expect(origin.worker().open(7 as never)).rejects.toThrow(TypeError);
    await expect(origin.worker().open(NAME, { wait: 1 } as never)).rejects.toThrow(/have no wait/);
    await expect(open(-1)).rejects.toThrow(RangeError);
    await expect(open(0.5)).rejects.toThrow(RangeError);
  });

  test('outside of a browser rejects with IO', async () => {
    await expect(OpfsStorage.open(NAME)).rejects.toMatchObject({
      code: 'IO',
      message: expect.stringMatching(/browsers/),
    });
    await expect(OpfsStorage.remove(NAME)).rejects.toMatchObject({ code: 'IO' });
  });

  test('outside of a dedicated worker rejects with IO, and releases the lock', async () => {
    const worker = origin.worker();
    const { platform } = worker;
    const inPage = {
      ...platform,
      root: async () => {
        const root = await platform.root();
        const directory = await root.getDirectoryHandle(NAME, { create: true });
        const fileless = { ...directory, getFileHandle: () => Promise.resolve({}) };
        return { ...root, getDirectoryHandle: () => Promise.resolve(fileless) };
      },
    };
    const opening = OpfsStorage.openOn(() => inPage, NAME, {});
    await expect(opening).rejects.toMatchObject({
      code: 'IO',
      message: expect.stringMatching(/dedicated workers only/),
    });
    (await open()).close();
  });

  test('waits for handles that a killed worker still has', async () => {
    await storeEntry('a');
    const directory = await (await origin.worker().platform.root()).getDirectoryHandle(NAME, { create: true });
    const file = await directory.getFileHandle('names', { create: true });
    const handle = await file.createSyncAccessHandle?.();
    setImmediate(() => setImmediate(() => handle?.close()));
    (await open()).close();
  });

  test('forgets a directory of which the browser has lost a file', async () => {
    await storeEntry('a');
    const image = origin.files.image();
    const files = image.get(NAME) ?? new Map<string, Uint8Array>();
    const used = [...files].filter(([name, { length }]) => name !== 'names' && length > 0).map(([name]) => name);
    expect(used).toHaveLength(2);
    for (const name of used) {
      origin = new FakeOrigin(withFile(image, NAME, name, undefined));
      const storage = await open();
      expect(storage.openDirectory(DIRECTORY, { create: true }).list()).toEqual([]);
      storage.close();
      // A new file may get the number of the lost one: the old name must not come back with it.
      const again = await open();
      expect(again.openDirectory(DIRECTORY, { create: true }).list()).toEqual([]);
      again.close();
    }
  });
});

describe('the lock', () => {
  test('keeps other workers out until the storage is closed', async () => {
    const storage = await open();
    await expect(open(0)).rejects.toMatchObject({ code: 'LOCKED', message: expect.stringMatching(/another tab/) });
    await expect(open(20)).rejects.toMatchObject({ code: 'LOCKED' });
    await expect(origin.worker().open('another')).resolves.toBeInstanceOf(OpfsStorage);
    const waiting = open(10_000);
    storage.close();
    (await waiting).close();
  });

  test('is free when its worker was killed, with all handles', async () => {
    const worker = origin.worker();
    await worker.open(NAME);
    worker.kill();
    (await open()).close();
    expect(origin.openHandles).toEqual([]);
  });

  test('that was stolen stops the writer', async () => {
    const storage = await open();
    const cache = LogCache.open(DIRECTORY, { storage });
    origin.locks.steal(`projection-cache:${NAME}`);
    await settle();
    cache.put('a', utf8('state'), someMeta);
    expect(() => cache.sync()).toThrow(expect.objectContaining({ code: 'POISONED' }));
  });
});

describe('the pool', () => {
  test('has clean files again after each turn', async () => {
    const storage = await open();
    const directory = storage.openDirectory(DIRECTORY, { create: true });
    for (let round = 0; round < 4; round += 1) {
      for (let count = 0; count < CLEAN_FILES; count += 1) directory.create(`${round}-${count}`).close();
      await settle();
    }
    expect(directory.list()).toHaveLength(4 * CLEAN_FILES);
    storage.close();
  });

  test('uses removed files again when no turn of the event loop comes', async () => {
    const storage = await open();
    const directory = storage.openDirectory(DIRECTORY, { create: true });
    for (let count = 0; count < 100; count += 1) {
      const file = directory.create('a');
      expect(file.size()).toBe(0);
      file.write(utf8('contents'), 0, 8, 0);
      file.close();
      directory.remove('a');
    }
    storage.close();
  });

  test('that is empty is an error, and the next turn fills it', async () => {
    const storage = await open();
    const directory = storage.openDirectory(DIRECTORY, { create: true });
    for (let count = 0; count < CLEAN_FILES; count += 1) directory.create(`${count}`).close();
    expect(() => directory.create('more')).toThrow(/every pre-opened file is in use/);
    await settle();
    directory.create('more').close();
    storage.close();
  });

  test('is never empty for an engine that is never given a turn', async () => {
    const storage = await open();
    const failures: StoreEvent[] = [];
    const onEvent = (event: StoreEvent): void => void (event.type === 'housekeeping-failed' && failures.push(event));
    for (let round = 0; round < 12; round += 1) {
      const cache = LogCache.open(DIRECTORY, { storage, onEvent });
      for (let at = 0; at < 20; at += 1) cache.put(`key:${at}`, new Uint8Array(round), someMeta);
      cache.compact();
      cache.compact();
      cache.close();
    }
    expect(failures).toEqual([]);
    storage.close();
  });
});

describe('a full quota', () => {
  test('is an IO error with the code of the quota, and nothing is lost', async () => {
    const storage = await open();
    const cache = LogCache.open(DIRECTORY, { storage });
    cache.put('a', utf8('state'), someMeta);
    origin.files.rule = faultAt({ verb: 'write', times: Number.POSITIVE_INFINITY }, { fail: 'ENOSPC' });
    expect(() => cache.sync()).toThrow(
      expect.objectContaining({ code: 'IO', cause: expect.objectContaining({ code: 'EDQUOT' }) }),
    );
    origin.files.rule = undefined;
    cache.sync();
    expect(valueText(cache, 'a')).toBe('state');
    cache.close();
    storage.close();
  });

  test('while a name is written leaves the names as they were', async () => {
    const storage = await open();
    const directory = storage.openDirectory(DIRECTORY, { create: true });
    directory.create('a').close();
    origin.files.rule = faultAt({ verb: 'write' }, { fail: 'ENOSPC' });
    expect(() => directory.create('b')).toThrow(/QuotaExceededError/);
    origin.files.rule = faultAt({ verb: 'write' }, { fail: 'ENOSPC' });
    expect(() => directory.remove('a')).toThrow(/QuotaExceededError/);
    expect(directory.list()).toEqual(['a']);
    directory.create('b').close();
    storage.close();
    const again = await open();
    expect(again.openDirectory(DIRECTORY, { create: false }).list().sort()).toEqual(['a', 'b']);
    again.close();
  });
});

describe('moving a store', () => {
  test('from Node and back keeps every byte', async () => {
    const path = join(temporaryDirectory(), 'store');
    const made = LogCache.open(path);
    made.put('a', utf8('from Node'), someMeta);
    made.close();
    const files = new Map(readdirSync(path).map((name) => [name, new Uint8Array(readFileSync(join(path, name)))]));
    const storage = await open();
    await storage.importFiles(DIRECTORY, files);
    expect(storage.exportFiles(DIRECTORY)).toEqual(files);
    const cache = LogCache.open(DIRECTORY, { storage });
    expect(valueText(cache, 'a')).toBe('from Node');
    cache.put('b', utf8('from a browser'), someMeta);
    cache.close();
    const copy = join(temporaryDirectory(), 'copy');
    mkdirSync(copy);
    for (const [name, bytes] of storage.exportFiles(DIRECTORY)) writeFileSync(join(copy, name), bytes);
    storage.close();
    const reopened = LogCache.open(copy);
    expect([...reopened.keys()].map(textOf)).toEqual(['a', 'b']);
    expect(reopened.stats().recovery.clean).toBe(true);
    reopened.close();
  });

  test('needs a closed cache, and is refused for a directory that is not there', async () => {
    const storage = await open();
    const cache = LogCache.open(DIRECTORY, { storage });
    await expect(storage.importFiles(DIRECTORY, new Map())).rejects.toMatchObject({ code: 'LOCKED' });
    cache.close();
    expect(() => storage.exportFiles('absent')).toThrow(expect.objectContaining({ code: 'IO' }));
    storage.close();
  });

  test('that fails keeps the old files', async () => {
    await storeEntry('a');
    const storage = await open();
    const before = storage.exportFiles(DIRECTORY);
    origin.files.rule = faultAt({ verb: 'write', times: Number.POSITIVE_INFINITY }, { fail: 'ENOSPC' });
    const importing = storage.importFiles(DIRECTORY, new Map([['000001.log', utf8('other')]]));
    await expect(importing).rejects.toMatchObject({ code: 'IO' });
    origin.files.rule = undefined;
    expect(storage.exportFiles(DIRECTORY)).toEqual(before);
    storage.close();
  });
});

describe('removing a storage', () => {
  test('removes everything, and does nothing if it is not there', async () => {
    await storeEntry('a');
    const { platform } = origin.worker();
    await OpfsStorage.removeOn(() => platform, NAME, {});
    await OpfsStorage.removeOn(() => platform, NAME, {});
    const storage = await open();
    expect(() => storage.exportFiles(DIRECTORY)).toThrow(/no such directory/);
    storage.close();
  });

  test('is refused while it is open', async () => {
    const storage = await open();
    const { platform } = origin.worker();
    await expect(OpfsStorage.removeOn(() => platform, NAME, { waitForLockMs: 0 })).rejects.toMatchObject({
      code: 'LOCKED',
    });
    storage.close();
  });
});

test('a closed storage refuses everything but closing', async () => {
  const storage = await open();
  const directory = storage.openDirectory(DIRECTORY, { create: true });
  const file = directory.create('a');
  storage.close();
  storage.close();
  expect(() => file.size()).toThrow(expect.objectContaining({ code: 'EBADF' }));
  expect(() => directory.create('b')).toThrow(expect.objectContaining({ code: 'EBADF' }));
  expect(() => directory.list()).toThrow(expect.objectContaining({ code: 'EBADF' }));
  expect(origin.openHandles).toEqual([]);
});
