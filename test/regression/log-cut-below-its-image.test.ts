/*
 * A log was truncated below the durable offset of its image. Opening forgot everything, as it must: the missing records
 * may have been deletions. But that verdict lived in memory until a compaction had written a new log. If the compaction
 * failed, the store continued in the truncated log, which grew past the image's bound, and after the next kill the old
 * entries were back. And a log truncated within a record was appended to at an offset that is not aligned. Now a log
 * without usable records is replaced by a new one before the store opens.
 */
import { expect, test } from 'vitest';
import { errnoError } from '../../src/storage/errno-error.ts';
import { cut, lastRecordOf } from '../store/log-records.ts';
import { bytes, contentsOf, openStore, openWithEvents } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

function closedStore(): TestDisk {
  const disk = new TestDisk();
  const store = openStore(disk);
  store.writer.put(bytes('a'), bytes('old'));
  store.writer.put(bytes('b'), bytes('kept until it is deleted'));
  store.writer.delete(bytes('a'));
  store.close();
  return disk;
}

// One offset in the middle of each part of the deletion's record, and its beginning.
test.each([0, 4, 13, 18, 20])('forgotten entries do not come back (%i bytes of the record left)', (left) => {
  const disk = closedStore();
  cut(disk, '000001.log', lastRecordOf(disk, '000001.log', 'a').offset + left);
  const { store, events } = openWithEvents(disk);
  expect(contentsOf(store)).toEqual(new Map());
  expect(events).toContainEqual(
    expect.objectContaining({ type: 'recovered', report: expect.objectContaining({ forgotten: true }) }),
  );
  for (let i = 0; i < 20; i += 1) store.writer.put(bytes(`key ${i}`), bytes('new'));
  store.sync();
  const again = contentsOf(openStore(disk.afterKill()));
  expect(again.size).toBe(20);
  expect([...again.values()].every((body) => body === 'new')).toBe(true);
});

test('nor if no new log can be created: then the store does not open', () => {
  const disk = closedStore();
  cut(disk, '000001.log', lastRecordOf(disk, '000001.log', 'a').offset);
  disk.before = ({ verb, name }) => {
    if (verb === 'create') throw errnoError('ENOSPC', 'no space left', verb, name);
    return undefined;
  };
  expect(() => openStore(disk)).toThrow(/ENOSPC/);
  disk.before = () => undefined;
  expect(contentsOf(openStore(disk))).toEqual(new Map());
});
