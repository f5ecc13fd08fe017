/*
 * A crash lost synced entries. The search for a mark after a torn tail tried every place that looked like a header, and
 * stopped when it had hashed too much, which the bytes of a single value could cause. Then the whole log counted as
 * durable, the torn tail as damage, and everything was forgotten. Only marks state what was durable, and their headers
 * are so short that a search for them never has to stop early.
 */
import { expect, test } from 'vitest';
import { KEY_BYTES_MAX, RecordKind } from '../../src/log/record-format.ts';
import { flip, lastRecordOf } from '../store/log-records.ts';
import { bytes, contentsOf, openStore } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

/** A value in which every place looks like the header of a PUT with the longest possible key. */
function headersEverywhere(size: number): Uint8Array {
  const value = new Uint8Array(size);
  const words = new Int32Array(value.buffer);
  // Every even word is what a header has as kind, flags and key length; every odd one is a body length of zero. The
  // body starts at a multiple of eight, as the key has eight bytes.
  for (let word = 0; word < words.length; word += 2) words[word] = RecordKind.put | (KEY_BYTES_MAX << 16);
  return value;
}

test('a torn tail over a value full of apparent headers loses no synced entry', () => {
  const disk = new TestDisk();
  const store = openStore(disk);
  store.writer.put(bytes('synced'), bytes('value'));
  store.sync();
  store.writer.put(bytes('cut here'), headersEverywhere(1024 * 1024));
  store.writer.put(bytes('after'), bytes('value'));
  store.writer.put(bytes('last'), bytes('value'));
  store.verify();
  const killed = disk.afterKill();
  flip(killed, '000001.log', lastRecordOf(disk, '000001.log', 'cut here').offset);
  expect(contentsOf(openStore(killed))).toEqual(new Map([['synced', 'value']]));
});
