/*
 * The search for the next record after damage counted what it might have to hash, so that crafted contents cannot stall
 * it. Near the end of a log it had little to spend: a single place that looked like the header of a record with a long key,
 * one flipped bit in the header of a batch, used it up, and everything behind the damage was given up for lost. Entries that
 * a compaction gave up so were told to nobody.
 */
import { expect, test } from 'vitest';
import { flip, lastRecordOf, recordsOf } from '../store/log-records.ts';
import { bytes, contentsOf, openStore, openWithEvents, text } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

function damagedStore(): TestDisk {
  const disk = new TestDisk();
  const store = openStore(disk);
  store.writer.put(bytes('old'), bytes('value'));
  store.writer.put(bytes('old'), bytes('value'));
  const put = { key: bytes('in the batch'), value: bytes('value'), trailer: bytes('') };
  store.writer.putMany([put, put, put]);
  store.writer.put(bytes('after'), bytes('value'));
  store.close();
  const batch = recordsOf(disk, '000001.log').find(({ kind }) => kind === 4);
  // The count of records, 3, becomes what a header has as its kind, and the flipped bit a key length of 4,096.
  flip(disk, '000001.log', (batch?.keyOffset ?? 0) + 3, 0x10);
  return disk;
}

test('what follows damage near the end of a log is found', () => {
  const disk = damagedStore();
  disk.take('000001.index');
  expect([...contentsOf(openStore(disk)).keys()]).toEqual(['after']);
});

test('a compaction finds it too, loses nothing that is not damaged', () => {
  const { store, events } = openWithEvents(damagedStore());
  store.compact();
  expect([...contentsOf(store).keys()]).toEqual(['after', 'in the batch', 'old']);
  expect(events.map(({ type }) => type)).toEqual(['compaction-started', 'compaction-finished']);
});

test('an entry that a compaction finds damaged is told and counted', () => {
  const disk = damagedStore();
  flip(disk, '000001.log', lastRecordOf(disk, '000001.log', 'old').offset);
  const { store, events } = openWithEvents(disk);
  store.compact();
  expect([...contentsOf(store).keys()]).toEqual(['after', 'in the batch']);
  const lost = events.flatMap((event) => (event.type === 'entry-damaged' ? [text(event.key)] : []));
  expect(lost).toEqual(['old']);
  expect(store.stats().counters.corruptions).toBe(1);
});
