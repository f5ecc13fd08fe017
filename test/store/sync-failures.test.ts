/*
 * After a failed sync it is unknown what is on the disk, and no later sync can prove it. So this instance stops
 * writing; memory can still be read, and reopening recovers.
 */
import { describe, expect, test } from 'vitest';
import type { LogStore } from '../../src/store/log-store.ts';
import type { SyncLoss } from '../../src/testing/index.ts';
import { breakDisk } from './disk-faults.ts';
import { bytes, contentsOf, getBody, openWithEvents } from './store-history.ts';
import { TestDisk } from './test-disk.ts';

const poisoned = expect.objectContaining({ code: 'POISONED' });

/** A store with one synced entry and one whose sync failed, or was lost. */
function poisonedStore(loss?: SyncLoss): { disk: TestDisk } & ReturnType<typeof openWithEvents> {
  const disk = new TestDisk();
  const opened = openWithEvents(disk);
  opened.store.writer.put(bytes('synced'), bytes('value'));
  opened.store.sync();
  opened.store.writer.put(bytes('open'), bytes('value'));
  const plan = { verb: 'sync', name: '000001.log', errno: 'EIO', times: 1 } as const;
  const fault = breakDisk(disk, loss === undefined ? plan : { ...plan, loss });
  expect(() => opened.store.sync()).toThrow(poisoned);
  fault.mend();
  return { disk, ...opened };
}

const mutations: readonly (readonly [string, (store: LogStore) => unknown])[] = [
  ['put', (store) => store.writer.put(bytes('a'), bytes('value'))],
  ['putMany', (store) => store.writer.putMany([{ key: bytes('a'), value: bytes('v'), trailer: bytes('') }])],
  ['delete', (store) => store.writer.delete(bytes('synced'))],
  ['deletePrefix', (store) => store.writer.deletePrefix(bytes(''))],
  ['sync', (store) => store.sync()],
  ['compact', (store) => store.compact()],
];

describe('a store whose sync failed', () => {
  test.each(mutations)('refuses %s, each time and with the cause', (_name, mutate) => {
    const { store } = poisonedStore();
    for (let attempt = 0; attempt < 2; attempt += 1) expect(() => mutate(store)).toThrow(poisoned);
    expect(() => mutate(store)).toThrow(/EIO/);
  });

  test('rejects asynchronous calls', async () => {
    const { store } = poisonedStore();
    await expect(store.syncAsync()).rejects.toEqual(poisoned);
    await expect(store.compactAsync()).rejects.toEqual(poisoned);
  });

  test('still reads, verifies and counts', () => {
    const { store, events } = poisonedStore();
    expect(contentsOf(store).size).toBe(2);
    expect(getBody(store, bytes('open'))).toEqual(bytes('value'));
    expect(store.reader.has(bytes('synced'))).toBe(true);
    expect(store.verify().ok).toBe(true);
    expect(store.stats()).toMatchObject({ entries: 2, counters: { syncs: 1 } });
    expect(events).toEqual([{ type: 'poisoned', error: poisoned }]);
  });

  test('is recovered by reopening, whatever happened to the unsynced entry', () => {
    for (const luck of ['none', 'part', 'zeros', 'all'] as const) {
      const { disk, store } = poisonedStore();
      store.close();
      const after = openWithEvents(disk.afterCrash(() => luck));
      expect(contentsOf(after.store).has('synced')).toBe(true);
      after.store.writer.put(bytes('open'), bytes('again'));
      after.store.sync();
    }
  });

  test('in the same process, the next instance makes the tail durable: it writes it again', () => {
    // The failed sync marked the pages clean: only bytes that are written again can become durable.
    const { disk, store } = poisonedStore('marked-clean');
    store.close();
    expect(contentsOf(openWithEvents(disk).store).size).toBe(2);
    expect(contentsOf(openWithEvents(disk.afterCrash(() => 'none')).store).size).toBe(2);
  });

  test('writes nothing more to the disk', () => {
    const { disk, store } = poisonedStore();
    const before = disk.bytes('000001.log');
    disk.before = ({ verb }) => {
      if (['write', 'truncate', 'create', 'remove', 'sync'].includes(verb)) throw new Error(`no ${verb} was expected`);
      return undefined;
    };
    store.close();
    expect(disk.bytes('000001.log')).toEqual(before);
    expect({ openFiles: disk.openFiles, locked: disk.locked }).toEqual({ openFiles: 0, locked: false });
  });
});

test('with durable puts, the put whose sync fails throws POISONED', () => {
  const disk = new TestDisk();
  const { store } = openWithEvents(disk, { durability: 'on-put' });
  store.writer.put(bytes('a'), bytes('value'));
  breakDisk(disk, { verb: 'sync', errno: 'EIO' });
  expect(() => store.writer.put(bytes('b'), bytes('value'))).toThrow(poisoned);
  expect(contentsOf(openWithEvents(disk.afterCrash(() => 'none')).store)).toEqual(new Map([['a', 'value']]));
});

test('a mark that cannot be written after a sync does not fail it', () => {
  const disk = new TestDisk();
  const { store } = openWithEvents(disk);
  store.writer.put(bytes('a'), bytes('value'));
  const fault = breakDisk(disk, { verb: 'write', errno: 'ENOSPC', after: 1 });
  store.sync();
  expect(fault.failed).toBe(1);
  fault.mend();
  store.writer.put(bytes('b'), bytes('value'));
  store.sync();
  expect(contentsOf(openWithEvents(disk.afterCrash(() => 'none')).store).size).toBe(2);
});

test.each(['sync', 'syncAsync'] as const)('a mark that could not be written is written by the next %s', async (how) => {
  const disk = new TestDisk();
  const { store } = openWithEvents(disk);
  store.writer.put(bytes('a'), bytes('value'));
  const fault = breakDisk(disk, { verb: 'write', errno: 'ENOSPC', after: 1 });
  store.sync();
  fault.mend();
  expect(disk.bytes('000001.log').length).toBeLessThan(store.stats().logBytes);
  await store[how]();
  expect(disk.bytes('000001.log')).toHaveLength(store.stats().logBytes);
});

test('a lock that is lost during a sync poisons the store, although the sync succeeded', () => {
  const disk = new TestDisk();
  const { store } = openWithEvents(disk);
  store.writer.put(bytes('a'), bytes('value'));
  disk.before = ({ verb }) => {
    if (verb === 'sync') disk.stealLock();
    return undefined;
  };
  expect(() => store.sync()).toThrow(poisoned);
});

test('a sync without anything new does nothing', () => {
  const disk = new TestDisk();
  const { store } = openWithEvents(disk);
  store.writer.put(bytes('a'), bytes('value'));
  store.sync();
  const { logBytes } = store.stats();
  breakDisk(disk, { verb: 'sync', errno: 'EIO' }, { verb: 'write', errno: 'EIO' });
  for (let i = 0; i < 3; i += 1) store.sync();
  expect(store.stats()).toMatchObject({ logBytes, counters: { syncs: 1 } });
});
