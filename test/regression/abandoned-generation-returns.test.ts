/*
 * A compaction failed at its last sync, when COMPLETE might have been on disk. Its generation was removed and the
 * directory synced; where that sync failed too, the store ended in poison. But the next open found no such file, had
 * nothing to remove and did not sync the directory: what was accepted from then on went to the old generation, and a power
 * failure brought the name of the abandoned one back, whole, newer by its number and older by its contents.
 *
 * Now the abandoned generation is emptied durably, or stays and is the store.
 */
import { expect, test } from 'vitest';
import { errnoError } from '../../src/storage/errno-error.ts';
import type { DiskCall } from '../../src/testing/index.ts';
import { bytes, contentsOf, openStore, openWithEvents } from '../store/store-history.ts';
import { type Survival, TestDisk } from '../store/test-disk.ts';

/** Fails the second sync of the new generation, which covers COMPLETE, and everything `also` names after it. */
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

test.each(failures)('where %s fails, no crash brings the abandoned generation back', (_name, also) => {
  const disk = compactionThatFails(also);
  // Another process goes on where this one was; what the page cache holds is what it finds.
  const survivor = disk;
  survivor.stealLock();
  survivor.lock = () => ({ takenOverFrom: undefined, isHeld: () => true, release: () => {} });
  const store = openStore(survivor);
  store.writer.put(bytes('a'), bytes('new'));
  store.writer.delete(bytes('b'));
  store.sync();
  for (const luck of lucks()) expect(contentsOf(openStore(survivor.afterCrash(luck)))).toEqual(new Map([['a', 'new']]));
});

/** Every pattern of six changes that reach the disk or do not, gone through again and again. */
function lucks(): (() => Survival)[] {
  return Array.from({ length: 64 }, (_, pattern) => {
    let drawn = 0;
    return () => {
      drawn += 1;
      return (pattern >>> (drawn % 6)) & 1 ? 'all' : 'none';
    };
  });
}

test('a store whose abandoned generation cannot be emptied takes nothing more', () => {
  const disk = new TestDisk();
  const store = openStore(disk);
  store.writer.put(bytes('a'), bytes('old'));
  store.writer.put(bytes('a'), bytes('new'));
  disk.before = failingAtComplete(({ verb }) => verb === 'truncate');
  expect(() => store.compact()).toThrow(/EIO/);
  expect(() => store.writer.put(bytes('b'), bytes('value'))).toThrow(expect.objectContaining({ code: 'POISONED' }));
  expect(contentsOf(store)).toEqual(new Map([['a', 'new']]));
});
