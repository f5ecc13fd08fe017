/*
 * The header of a log was read with a single call. If the platform returned fewer bytes than requested, as it may, the
 * header counted as damaged and the whole store was quarantined and started again.
 */
import { expect, test } from 'vitest';
import { errnoError } from '../../src/storage/errno-error.ts';
import { bytes, contentsOf, openWithEvents } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

test('short or interrupted reads do not count as damage', () => {
  const disk = new TestDisk();
  const { store } = openWithEvents(disk);
  store.writer.put(bytes('key'), bytes('value'));
  store.close();
  let reads = 0;
  disk.before = ({ verb, name, length }) => {
    if (verb !== 'read') return undefined;
    reads += 1;
    if (reads % 3 === 0) throw errnoError('EINTR', 'interrupted', verb, name);
    return Math.ceil(length / 5);
  };
  const reopened = openWithEvents(disk);
  expect(contentsOf(reopened.store)).toEqual(new Map([['key', 'value']]));
  expect(reopened.events).toEqual([]);
});
