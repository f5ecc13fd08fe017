/*
 * A process was killed after it had created the first log and before it had synced the directory. The next process
 * found the log and synced its writes to it, but never the directory: a power failure lost the name of the file and
 * with it everything synced.
 */
import { expect, test } from 'vitest';
import { bytes, contentsOf, openStore } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

class Killed extends Error {}

test('an open after a kill makes the name of the log durable', () => {
  const disk = new TestDisk();
  disk.before = ({ verb }) => {
    if (verb === 'sync-directory') throw new Killed();
    return undefined;
  };
  // A killed process does not clean up after itself.
  disk.remove = () => {};
  expect(() => openStore(disk)).toThrow();
  const files = disk.names;
  expect(files).toEqual(['000001.log']);
  disk.before = () => undefined;
  const store = openStore(disk);
  store.writer.put(bytes('key'), bytes('value'));
  store.sync();
  expect(contentsOf(openStore(disk.afterCrash(() => 'none')))).toEqual(new Map([['key', 'value']]));
});
