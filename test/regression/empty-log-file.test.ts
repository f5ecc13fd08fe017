/*
 * In other stores an empty file, left by a crash right after a segment was created, blocked every later write. Here an
 * empty file under any name of a store file counts as an interrupted creation, and puts work.
 */
import { expect, test } from 'vitest';
import { bytes, contentsOf, openStore, openWithEvents } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

const names = ['000001.log', '000002.log', '000007.log', '000001.index', '000002.index'];

test.each(names)('an empty %s prevents no put', (name) => {
  const disk = new TestDisk();
  disk.place(name, new Uint8Array(0));
  const { store, events } = openWithEvents(disk);
  store.writer.put(bytes('a'), bytes('value'));
  store.sync();
  store.compact();
  store.writer.put(bytes('b'), bytes('value'));
  store.close();
  expect([...contentsOf(openStore(disk)).keys()]).toEqual(['a', 'b']);
  expect(events.filter(({ type }) => type === 'poisoned')).toEqual([]);
});

test('an empty log of the next generation beside a store costs it nothing', () => {
  const disk = new TestDisk();
  const first = openStore(disk);
  first.writer.put(bytes('a'), bytes('value'));
  first.close();
  disk.place('000002.log', new Uint8Array(0));
  const store = openStore(disk);
  store.writer.put(bytes('b'), bytes('value'));
  store.compact();
  store.close();
  expect([...contentsOf(openStore(disk)).keys()]).toEqual(['a', 'b']);
});
