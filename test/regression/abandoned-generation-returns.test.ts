/*
 * A compaction failed at its last sync, when COMPLETE might have been on disk. Its generation was removed and the
 * directory synced; if that sync failed too, the store was poisoned. But the next open found no such file, had nothing
 * to remove and did not sync the directory. From then on accepted records went to the old generation, and a power
 * failure restored the name of the abandoned one: complete, with a higher number and older contents. Now the abandoned
 * generation is truncated durably, or it stays and is the store.
 */
import { expect, test } from 'vitest';
import { errnoError } from '../../src/storage/errno-error.ts';
import type { DiskCall } from '../../src/testing/index.ts';
import { bytes, contentsOf, openStore, openWithEvents } from '../store/store-history.ts';
import { type Survival, TestDisk } from '../store/test-disk.ts';

/**
 * Fails the second sync of the new generation, which covers COMPLETE, and every later operation that `also` matches.
 */
function failingAtComplete(also: (operation: DiskCall) => boolean): (operation: DiskCall) => undefined {
  let syncs = 0;
  return (operation) => {
    const { verb, name } = operation;
    if (verb === 'sync' && name === '000002.log') syncs += 1;
    const fails = (verb === 'sync' && name === '000002.log' && syncs === 2) || (syncs >= 2 && also(operation));
    if (fails) throw errnoError('EIO', 'input/output error', verb, name);
    return undefined;
  };
}

function compactionThatFails(also: (operation: DiskCall) => boolean): TestDisk {
  const disk = new TestDisk();
  const { store, events } = openWithEvents(disk);
  store.writer.put(bytes('a'), bytes('old'));
  store.writer.put(bytes('a'), bytes('older than what follows'));
  // So that the next open finds a clean end and has no reason to sync the directory.
  store.sync();
  disk.before = failingAtComplete(also);
  expect(() => store.compact()).toThrow(/EIO/);
  expect(events.map(({ type }) => type)).toContain('compaction-abandoned');
  disk.before = () => undefined;
  return disk;
}

const failures: readonly (readonly [string, (operation: DiskCall) => boolean])[] = [
  ['nothing else', () => false],
  ['the directory sync', ({ verb }) => verb === 'sync-directory'],
  ['the removal', ({ verb }) => verb === 'remove'],
  ['the truncation', ({ verb }) => verb === 'truncate'],
  ['every later sync of the generation', ({ verb, name }) => verb === 'sync' && name === '000002.log'],
];

test.each(failures)('if %s fails, no crash restores the abandoned generation', (_name, also) => {
  const disk = compactionThatFails(also);
  // Another process continues; it finds what is in the page cache of the system.
  const survivor = disk;
  survivor.stealLock();
  survivor.lock = () => ({ takenOverFrom: undefined, isHeld: () => true, release: () => {} });
  const store = openStore(survivor);
  store.writer.put(bytes('a'), bytes('new'));
  store.writer.delete(bytes('b'));
  store.sync();
  for (const choose of survivalChoices())
    expect(contentsOf(openStore(survivor.afterCrash(choose)))).toEqual(new Map([['a', 'new']]));
});

/** Every pattern of six changes that reach the disk or do not, repeated. */
function survivalChoices(): (() => Survival)[] {
  return Array.from({ length: 64 }, (_, pattern) => {
    let drawn = 0;
    return () => {
      drawn += 1;
      return (pattern >>> (drawn % 6)) & 1 ? 'all' : 'none';
    };
  });
}

test('a store whose abandoned generation cannot be truncated accepts no more writes', () => {
  const disk = new TestDisk();
  const store = openStore(disk);
  store.writer.put(bytes('a'), bytes('old'));
  store.writer.put(bytes('a'), bytes('new'));
  disk.before = failingAtComplete(({ verb }) => verb === 'truncate');
  expect(() => store.compact()).toThrow(/EIO/);
  expect(() => store.writer.put(bytes('b'), bytes('value'))).toThrow(expect.objectContaining({ code: 'POISONED' }));
  expect(contentsOf(store)).toEqual(new Map([['a', 'new']]));
});
