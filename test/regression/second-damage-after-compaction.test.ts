/*
 * A log with two damaged bodies came back with an old value. The first damage, among the records that a compaction had
 * copied, made the replay look for the last mark: everything below it had been durable. The COMPLETE record after those
 * copies then lowered that bound to its own offset, so that the second damaged body counted as a torn tail. The log was
 * truncated there, and the key had the value that the truncated record had replaced.
 */
import { expect, test } from 'vitest';
import { flip, lastRecordOf } from '../store/log-records.ts';
import { bytes, contentsOf, openStore } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

test('a replay that reads COMPLETE keeps the higher durable offset of a mark', () => {
  const disk = new TestDisk();
  const store = openStore(disk);
  for (const key of ['a', 'b', 'c']) store.writer.put(bytes(key), bytes(`first ${key}`));
  store.compact();
  store.writer.put(bytes('a'), bytes('second a'));
  store.sync();
  const killed = disk.afterKill();
  const log = '000002.log';
  killed.take('000002.index');
  flip(killed, log, lastRecordOf(disk, log, 'c').bodyOffset);
  flip(killed, log, lastRecordOf(disk, log, 'a').bodyOffset);
  expect(contentsOf(openStore(killed))).toEqual(new Map([['b', 'first b']]));
});
