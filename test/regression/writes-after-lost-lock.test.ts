/*
 * An owner whose lock had been taken over stopped at its next write to the log, but not before it had created a
 * generation in the new owner's directory, and in close it replaced the new owner's index image.
 */
import { expect, test } from 'vitest';
import type { DiskCall } from '../../src/testing/index.ts';
import { bytes, openStore, openWithEvents } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

test('a writer that lost the lock changes nothing in the directory', () => {
  const disk = new TestDisk();
  const { store, events } = openWithEvents(disk);
  store.writer.put(bytes('a'), bytes('value'));
  store.writer.put(bytes('a'), bytes('value'));
  store.sync();
  disk.stealLock();
  const changes: DiskCall[] = [];
  disk.before = (operation) => {
    if (['create', 'remove', 'write', 'truncate'].includes(operation.verb)) changes.push(operation);
    return undefined;
  };
  expect(() => store.compact()).toThrow(expect.objectContaining({ code: 'POISONED' }));
  expect(() => store.writer.put(bytes('b'), bytes('value'))).toThrow(expect.objectContaining({ code: 'POISONED' }));
  store.close();
  expect(changes).toEqual([]);
  expect(events.map(({ type }) => type)).toContain('poisoned');
});

test('nor does one that closes without having written', () => {
  const disk = new TestDisk();
  const store = openStore(disk);
  store.writer.put(bytes('a'), bytes('value'));
  store.sync();
  const before = disk.names;
  disk.stealLock();
  store.close();
  expect(disk.names).toEqual(before);
});
