/*
 * The search for the next record after damage limits how much it hashes, so that crafted contents cannot stall it. Near
 * the end of a log that limit was small: a single place that looked like the header of a record with a long key (one
 * flipped bit in the header of a batch) used it up, and everything after the damage was treated as lost. And entries
 * that a compaction dropped this way were not reported.
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
  // The count of records, 3, is read as the kind of a header, and the flipped bit as a key length of 4,096.
  flip(disk, '000001.log', (batch?.keyOffset ?? 0) + 3, 0x10);
  return disk;
}

test('records after damage near the end of a log are found', () => {
  const disk = damagedStore();
  disk.take('000001.index');
  expect([...contentsOf(openStore(disk)).keys()]).toEqual(['after']);
});

test('a compaction finds them too, and loses no undamaged entry', () => {
  const { store, events } = openWithEvents(damagedStore());
  store.compact();
  expect([...contentsOf(store).keys()]).toEqual(['after', 'in the batch', 'old']);
  expect(events.map(({ type }) => type)).toEqual(['compaction-started', 'compaction-finished']);
});

test('an entry that a compaction finds damaged is reported and counted', () => {
  const disk = damagedStore();
  flip(disk, '000001.log', lastRecordOf(disk, '000001.log', 'old').offset);
  const { store, events } = openWithEvents(disk);
  store.compact();
  expect([...contentsOf(store).keys()]).toEqual(['after', 'in the batch']);
  const lost = events.flatMap((event) => (event.type === 'entry-damaged' ? [text(event.key)] : []));
  expect(lost).toEqual(['old']);
  expect(store.stats().counters.corruptions).toBe(1);
});
