/*
 * A crash cost what had been synced. The search for a mark behind a torn tail tried every place that looked like a header and
 * was given up when it had hashed too much, which the bytes of a single value could bring about; all of the log then passed
 * for durable, the torn tail for damage, and everything was forgotten. Only marks say what was durable, and their headers are
 * so short that no search for them has to be given up.
 */
import { expect, test } from 'vitest';
import { KEY_BYTES_MAX, RecordKind } from '../../src/log/record-format.ts';
import { flip, lastRecordOf } from '../store/log-records.ts';
import { bytes, contentsOf, openStore } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

/** A value in which every place looks like the header of a PUT with the longest key there is. */
function headersEverywhere(size: number): Uint8Array {
  const value = new Uint8Array(size);
  const words = new Int32Array(value.buffer);
  // In every even word what a header has as kind, flags and key length; in every odd one a body length of nothing. The body
  // starts at a multiple of eight, as the key has eight bytes.
  for (let word = 0; word < words.length; word += 2) words[word] = RecordKind.put | (KEY_BYTES_MAX << 16);
  return value;
}

test('a torn tail over a value full of what looks like headers costs nothing that was synced', () => {
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
