/*
 * A writer was killed right after a compaction, when the new generation ended with COMPLETE and had no mark yet. A
 * read-only open read the log up to the offset that COMPLETE covers. So it did not see COMPLETE itself, treated the
 * generation as incomplete and showed an empty store, although nothing was lost. Another reader saw an empty store when
 * the writer removed the old generation between two listings of the directory.
 */
import { expect, test } from 'vitest';
import { RecordKind } from '../../src/log/record-format.ts';
import { cut, recordsOf } from '../store/log-records.ts';
import { bytes, contentsOf, openStore, openWithEvents } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

test('a reader sees a generation that ends with COMPLETE', () => {
  const disk = new TestDisk();
  const store = openStore(disk);
  for (const key of ['a', 'b']) store.writer.put(bytes(key), bytes(`value of ${key}`));
  store.compact();
  const killed = disk.afterKill();
  killed.take('000002.index');
  const complete = recordsOf(killed, '000002.log').find(({ kind }) => kind === RecordKind.complete);
  cut(killed, '000002.log', complete?.end ?? 0);
  const reader = openWithEvents(killed, { readOnly: true });
  expect([...contentsOf(reader.store).keys()]).toEqual(['a', 'b']);
  expect(reader.events).toEqual([]);
});

test('a reader finds the new generation if the old one is removed while it opens', () => {
  const disk = new TestDisk();
  const store = openStore(disk);
  store.writer.put(bytes('a'), bytes('value'));
  store.writer.put(bytes('a'), bytes('value'));
  store.sync();
  let listed = 0;
  disk.before = ({ verb, name }) => {
    if (verb === 'list') listed += 1;
    if (verb !== 'open' || name !== '000001.log' || listed !== 1) return undefined;
    listed += 1;
    store.compact();
    return undefined;
  };
  expect([...contentsOf(openStore(disk, { readOnly: true })).keys()]).toEqual(['a']);
});

test('a reader starts again if the log is truncated while it reads', () => {
  const disk = new TestDisk();
  const store = openStore(disk);
  store.writer.put(bytes('a'), bytes('value'));
  store.writer.put(bytes('a'), bytes('value'));
  store.sync();
  let reads = 0;
  disk.before = ({ verb, name }) => {
    if (verb === 'read' && name === '000001.log') reads += 1;
    if (reads === 2) {
      reads += 1;
      store.compact();
    }
    return undefined;
  };
  expect([...contentsOf(openStore(disk, { readOnly: true })).keys()]).toEqual(['a']);
});
