/*
 * The kernel reports a failed sync once for each open file and marks the pages clean. So of two concurrent syncs of a
 * log one may fail and the other succeed, and the success proves nothing. `syncAsync` resolved although a `sync` in
 * between had failed, and it ignored its own failure if a `sync` in between had succeeded.
 */
import { expect, test } from 'vitest';
import { errnoError } from '../../src/storage/errno-error.ts';
import { bytes, openStore } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

const poisoned = expect.objectContaining({ code: 'POISONED' });

function storeInSync(): { disk: TestDisk; store: ReturnType<typeof openStore>; sync: Promise<unknown> } {
  const disk = new TestDisk();
  const store = openStore(disk);
  store.writer.put(bytes('a'), bytes('value'));
  disk.holdsSyncs = true;
  const sync = store.syncAsync().then(
    () => 'resolved',
    (error: unknown) => error,
  );
  return { disk, store, sync };
}

function failNextSync(disk: TestDisk): void {
  disk.before = ({ verb, name }) => {
    if (verb !== 'sync') return undefined;
    disk.before = () => undefined;
    throw errnoError('EIO', 'input/output error', verb, name);
  };
}

test('an asynchronous sync does not resolve if another sync failed meanwhile', async () => {
  const { disk, store, sync } = storeInSync();
  failNextSync(disk);
  expect(() => store.sync()).toThrow(poisoned);
  disk.releaseSyncs();
  expect(await sync).toEqual(poisoned);
});

test('an asynchronous sync that fails poisons the store although a sync succeeded meanwhile', async () => {
  const { disk, store, sync } = storeInSync();
  store.sync();
  failNextSync(disk);
  disk.releaseSyncs();
  expect(await sync).toEqual(poisoned);
  expect(() => store.writer.put(bytes('b'), bytes('value'))).toThrow(poisoned);
});

test('an asynchronous sync that fails after the store was closed rejects', async () => {
  const { disk, store, sync } = storeInSync();
  store.close();
  failNextSync(disk);
  disk.releaseSyncs();
  expect(await sync).toMatchObject({ code: 'IO' });
});

test('an asynchronous sync of a replaced generation resolves, even if it failed', async () => {
  const { disk, store, sync } = storeInSync();
  store.writer.put(bytes('a'), bytes('value'));
  store.compact();
  failNextSync(disk);
  disk.releaseSyncs();
  expect(await sync).toBe('resolved');
});
