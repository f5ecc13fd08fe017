/*
 * An open that failed late left things behind: the log stayed open when the directory could not be listed a second
 * time, and on a full disk each attempt left another empty log.
 */
import { expect, test } from 'vitest';
import { errnoError } from '../../src/storage/errno-error.ts';
import type { DiskCall, DiskVerb } from '../../src/testing/index.ts';
import { bytes, getBody, openStore, text } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

function failing(verb: DiskVerb, from: number): (operation: DiskCall) => undefined {
  let count = 0;
  return (operation) => {
    if (operation.verb !== verb) return undefined;
    count += 1;
    if (count > from) throw errnoError('EIO', 'input/output error', verb, operation.name);
    return undefined;
  };
}

const verbs: readonly DiskVerb[] = ['list', 'open', 'read', 'size', 'lock'];

test.each(verbs)('every open that fails at a %s closes its files and releases the lock', (verb) => {
  const made = new TestDisk();
  const store = openStore(made);
  store.writer.put(bytes('key'), bytes('value'));
  store.sync();
  for (const readOnly of [false, true]) {
    for (let from = 0; from < 12; from += 1) {
      const disk = made.afterKill();
      disk.before = failing(verb, from);
      try {
        openStore(disk, { readOnly }).close();
      } catch (error) {
        expect(error).toMatchObject({ code: 'IO' });
      }
      expect({ verb, from, openFiles: disk.openFiles, locked: disk.locked }).toMatchObject({
        openFiles: 0,
        locked: false,
      });
      disk.before = () => undefined;
      expect(text(getBody(openStore(disk), bytes('key')) ?? bytes('missed'))).toBe('value');
    }
  }
});

test.each(['create', 'write', 'sync', 'sync-directory'] as const)(
  'a store that cannot be created leaves no files (%s)',
  (verb) => {
    const disk = new TestDisk();
    disk.before = failing(verb, 0);
    for (let attempt = 0; attempt < 3; attempt += 1) expect(() => openStore(disk)).toThrow(/EIO/);
    expect(disk.names).toEqual([]);
    expect({ openFiles: disk.openFiles, locked: disk.locked }).toEqual({ openFiles: 0, locked: false });
  },
);
