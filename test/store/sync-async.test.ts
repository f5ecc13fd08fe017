import { describe, expect, test } from 'vitest';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import type { StorageBackend, StorageDirectory, StorageFile } from '../../src/storage/storage-backend.ts';
import { breakDisk } from './disk-faults.ts';
import { bytes, contentsOf, openStore, openWithEvents } from './store-history.ts';
import { TestDisk } from './test-disk.ts';

function countingSyncs(disk: TestDisk): () => number {
  let syncs = 0;
  disk.before = ({ verb }) => {
    if (verb === 'sync') syncs += 1;
    return undefined;
  };
  return () => syncs;
}

describe('syncAsync', () => {
  test('makes durable what was accepted before the call', async () => {
    const disk = new TestDisk();
    const store = openStore(disk);
    store.writer.put(bytes('a'), bytes('value'));
    await store.syncAsync();
    expect(contentsOf(openStore(disk.afterCrash(() => 'none')))).toEqual(new Map([['a', 'value']]));
    expect(store.stats().counters.syncs).toBe(1);
  });

  test('is shared: callers during a running sync wait for the next one, which covers them all', async () => {
    const disk = new TestDisk();
    const store = openStore(disk);
    disk.holdsSyncs = true;
    store.writer.put(bytes('a'), bytes('value'));
    const first = store.syncAsync();
    const syncs = countingSyncs(disk);
    const later = Array.from({ length: 50 }, (_, i) => {
      store.writer.put(bytes(`later ${i}`), bytes('value'));
      return store.syncAsync();
    });
    expect(disk.heldSyncs).toBe(1);
    disk.holdsSyncs = false;
    disk.releaseSyncs();
    await Promise.all([first, ...later]);
    expect(syncs()).toBe(2);
    expect(contentsOf(openStore(disk.afterCrash(() => 'none'))).size).toBe(51);
  });

  /*
   * Callers that wait for one sync call again as soon as it has ended. If the next one started before they could, each
   * sync would cover half of them: those that called during the previous one, and not those that waited for it.
   */
  test('is shared by all callers of a loop, not by every second one', async () => {
    const disk = new TestDisk();
    const store = openStore(disk);
    const syncs = countingSyncs(disk);
    const rounds = 20;
    const caller = async (_: unknown, name: number): Promise<void> => {
      for (let round = 0; round < rounds; round += 1) {
        store.writer.put(bytes(`${name} ${round}`), bytes('value'));
        await store.syncAsync();
      }
    };
    await Promise.all(Array.from({ length: 16 }, caller));
    expect(syncs()).toBeLessThanOrEqual(rounds + 2);
    expect(contentsOf(openStore(disk.afterCrash(() => 'none'))).size).toBe(16 * rounds);
  });

  test('covers what was accepted before the call and marks no more', async () => {
    const disk = new TestDisk();
    const store = openStore(disk);
    store.writer.put(bytes('a'), bytes('value'));
    disk.holdsSyncs = true;
    const sync = store.syncAsync();
    store.writer.put(bytes('b'), bytes('value'));
    store.verify();
    disk.releaseSyncs();
    await sync;
    // The second entry is in the file but not durable: a crash that loses it is not damage, even with a mark after it.
    for (const luck of [['none'], ['zeros', 'all'], ['part', 'all']] as const) {
      let drawn = 0;
      const crashed = disk.afterCrash(() => {
        drawn += 1;
        return luck[(drawn - 1) % luck.length] ?? 'none';
      });
      const after = openWithEvents(crashed);
      expect([...contentsOf(after.store).keys()]).toEqual(['a']);
      expect(after.store.stats().recovery.damaged).toEqual([]);
    }
  });

  test('fails every caller that shares it, and the next are refused', async () => {
    const disk = new TestDisk();
    const store = openStore(disk);
    store.writer.put(bytes('a'), bytes('value'));
    disk.holdsSyncs = true;
    const syncs = [store.syncAsync(), store.syncAsync(), store.syncAsync()];
    breakDisk(disk, { verb: 'sync', errno: 'EIO' });
    disk.releaseSyncs();
    const outcomes = await Promise.allSettled(syncs);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await expect(store.syncAsync()).rejects.toMatchObject({ code: 'POISONED' });
  });

  test('rejects if the write fails, and succeeds when there is room again', async () => {
    const disk = new TestDisk();
    const store = openStore(disk);
    store.writer.put(bytes('a'), bytes('value'));
    const fault = breakDisk(disk, { verb: 'write', errno: 'ENOSPC' });
    await expect(store.syncAsync()).rejects.toMatchObject({ code: 'IO' });
    fault.mend();
    await store.syncAsync();
    expect(contentsOf(openStore(disk.afterCrash(() => 'none'))).size).toBe(1);
  });

  test('resolves at once if there is nothing new', async () => {
    const disk = new TestDisk();
    const store = openStore(disk);
    disk.holdsSyncs = true;
    await store.syncAsync();
    expect(disk.heldSyncs).toBe(0);
  });

  test('leaves nothing for the next sync', async () => {
    const disk = new TestDisk();
    const store = openStore(disk);
    store.writer.put(bytes('a'), bytes('value'));
    await store.syncAsync();
    const syncs = countingSyncs(disk);
    store.sync();
    expect([syncs(), store.stats().counters.syncs]).toEqual([0, 1]);
  });

  test('starts at once if no other runs', async () => {
    const disk = new TestDisk();
    const store = openStore(disk);
    disk.holdsSyncs = true;
    for (let i = 1; i <= 2; i += 1) {
      store.writer.put(bytes(`key ${i}`), bytes('value'));
      const sync = store.syncAsync();
      expect(disk.heldSyncs).toBe(1);
      disk.releaseSyncs();
      await sync;
      await new Promise((resolve) => setImmediate(resolve));
    }
  });

  test('counts and marks nothing if a sync on the thread was faster', async () => {
    const disk = new TestDisk();
    const store = openStore(disk);
    store.writer.put(bytes('a'), bytes('value'));
    disk.holdsSyncs = true;
    const sync = store.syncAsync();
    store.sync();
    const { logBytes } = store.stats();
    disk.releaseSyncs();
    await sync;
    expect(store.stats()).toMatchObject({ logBytes, counters: { syncs: 1 } });
  });

  test('rejects if the store is closed meanwhile and close could not write', async () => {
    const disk = new TestDisk();
    const store = openStore(disk);
    store.writer.put(bytes('a'), bytes('value'));
    disk.holdsSyncs = true;
    const running = store.syncAsync();
    store.writer.put(bytes('b'), bytes('value'));
    const queued = store.syncAsync();
    breakDisk(disk, { verb: 'write', errno: 'ENOSPC' });
    expect(() => store.close()).toThrow(expect.objectContaining({ code: 'IO' }));
    disk.releaseSyncs();
    await running;
    await expect(queued).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test('does nothing more after the store was closed', async () => {
    const disk = new TestDisk();
    const store = openStore(disk);
    store.writer.put(bytes('a'), bytes('value'));
    disk.holdsSyncs = true;
    const sync = store.syncAsync();
    store.close();
    const calls: string[] = [];
    disk.before = ({ verb }) => {
      calls.push(verb);
      return undefined;
    };
    disk.releaseSyncs();
    await sync;
    // The sync itself, and the close that waited for it.
    expect(calls).toEqual(['sync', 'close']);
  });

  test('resolves if the store is closed meanwhile, as close makes everything durable', async () => {
    const disk = new TestDisk();
    const store = openStore(disk);
    store.writer.put(bytes('a'), bytes('value'));
    disk.holdsSyncs = true;
    const sync = store.syncAsync();
    const queued = store.syncAsync();
    store.close();
    disk.releaseSyncs();
    await Promise.all([sync, queued]);
    expect(contentsOf(openStore(disk.afterCrash(() => 'none'))).size).toBe(1);
  });

  test('resolves if a compaction switches the generation meanwhile', async () => {
    const disk = new TestDisk();
    const store = openStore(disk);
    store.writer.put(bytes('a'), bytes('old'));
    store.writer.put(bytes('a'), bytes('value'));
    disk.holdsSyncs = true;
    const sync = store.syncAsync();
    store.compact();
    const { logBytes, counters } = store.stats();
    disk.releaseSyncs();
    await sync;
    expect(store.stats()).toMatchObject({ logBytes, counters });
    expect(contentsOf(openStore(disk.afterCrash(() => 'none')))).toEqual(new Map([['a', 'value']]));
  });

  test('syncs on the thread if the storage has no asynchronous sync', async () => {
    const store = openStore(withoutAsyncSync(new MemoryStorage()));
    store.writer.put(bytes('a'), bytes('value'));
    await store.syncAsync();
    expect(store.stats().counters.syncs).toBe(1);
  });
});

describe('syncEveryMs', () => {
  test('syncs automatically, and reports a failure', async () => {
    const disk = new TestDisk();
    const { store, events } = openWithEvents(disk, { syncEveryMs: 1 });
    store.writer.put(bytes('a'), bytes('value'));
    await until(() => store.stats().counters.syncs === 1);
    store.writer.put(bytes('b'), bytes('value'));
    breakDisk(disk, { verb: 'sync', errno: 'EIO' });
    await until(() => events.length === 2);
    expect(events.map(({ type }) => type)).toEqual(['poisoned', 'background-write-failed']);
    expect(() => store.writer.put(bytes('c'), bytes('value'))).toThrow(expect.objectContaining({ code: 'POISONED' }));
    store.close();
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** A platform whose files can only be synced on the thread. */
function withoutAsyncSync(storage: StorageBackend): StorageBackend {
  const files = (file: StorageFile): StorageFile => ({
    read: (...place) => file.read(...place),
    write: (...place) => file.write(...place),
    truncate: (size) => file.truncate(size),
    size: () => file.size(),
    sync: () => file.sync(),
    close: () => file.close(),
  });
  const directories = (directory: StorageDirectory): StorageDirectory => ({
    list: () => directory.list(),
    open: (name, access) => {
      const file = directory.open(name, access);
      return file === undefined ? undefined : files(file);
    },
    create: (name) => files(directory.create(name)),
    remove: (name) => directory.remove(name),
    sync: () => directory.sync(),
    lock: () => directory.lock(),
  });
  return { openDirectory: (path, options) => directories(storage.openDirectory(path, options)) };
}
