/*
 * A length is read before the bytes it measures. A garbage length, even with a valid checksum, must be limited by the
 * size of the file: an opening that allocates whatever a length says is killed by one flipped bit.
 */
import { expect, test } from 'vitest';
import { xxh32 } from '../../src/base/xxh32.ts';
import { encodeFileHeader } from '../../src/log/file-header.ts';
import {
  batchOf,
  completionOf,
  encodeRecord,
  markOf,
  putOf,
  type RecordContent,
  relocateRecord,
} from '../../src/log/record-codec.ts';
import { BODY_LENGTH_OFFSET, KEY_LENGTH_OFFSET, recordBytes, VALUE_BYTES_MAX } from '../../src/log/record-format.ts';
import { type RecordMemory, recordMemory } from '../../src/log/record-memory.ts';
import { type DiskImage, EMPTY_DISK, FaultStorage, withFile } from '../../src/testing/index.ts';
import { bytes, contentsOf, openStore } from '../store/store-history.ts';

const SALT = 77;
const LOG = '000001.log';
const IMAGE = '000001.index';
/** More than a page cache, an index and the reads of opening need; each of the false lengths is far larger. */
const MEMORY_BYTES_MAX = 64 * 1024 * 1024;
const NOTHING = new Uint8Array(0);

type Falsify = (memory: RecordMemory, offset: number) => void;

/** A log of records; `falsify` changes the one at `position` after it was encoded. */
function logOf(contents: readonly RecordContent[], position: number, falsify: Falsify): Uint8Array {
  const parts = [encodeFileHeader({ version: 1, generation: 1, salt: SALT })];
  let end = parts[0]?.length ?? 0;
  for (const [index, record] of contents.entries()) {
    const memory = recordMemory(recordBytes(record.key.length, record.value.length));
    const offset = end;
    end += encodeRecord(memory, 0, record, SALT, offset);
    if (index === position) falsify(memory, offset);
    parts.push(memory.bytes);
  }
  return new Uint8Array(Buffer.concat(parts));
}

const put = (key: string): RecordContent => putOf(bytes(key), bytes('value'), NOTHING);

const longBody: Falsify = ({ bytes: record }) =>
  new DataView(record.buffer).setUint32(BODY_LENGTH_OFFSET, VALUE_BYTES_MAX, true);
const longKey: Falsify = ({ bytes: record }) => new DataView(record.buffer).setUint16(KEY_LENGTH_OFFSET, 65_535, true);
const longestBody: Falsify = ({ bytes: record }) =>
  new DataView(record.buffer).setUint32(BODY_LENGTH_OFFSET, 0xffff_ffff, true);
/** The same, with a valid header checksum over the changed header. */
const signed: (falsify: Falsify) => Falsify = (falsify) => (memory, offset) => {
  falsify(memory, offset);
  relocateRecord(memory, 0, 0, SALT, offset);
};

const falsehoods: readonly (readonly [string, RecordContent, Falsify])[] = [
  ['a body of 1 GiB', put('b'), longBody],
  ['a body of 1 GiB, its header checksum right', put('b'), signed(longBody)],
  ['a body of 4 GiB', put('b'), longestBody],
  ['a body of 4 GiB, its header checksum right', put('b'), signed(longestBody)],
  ['a key of 64 KiB', put('b'), longKey],
  ['a batch of four billion records', batchOf({ records: 2 ** 32 - 1, bytes: 2 ** 40 }), () => {}],
];

/** Opens and reads everything; returns the keys, the allocated memory and the longest read. */
function openMeasured(image: DiskImage): { keys: string[]; memoryBytes: number; readBytesMax: number } {
  const storage = new FaultStorage({ image });
  const before = process.memoryUsage().arrayBuffers;
  const store = openStore(storage);
  const keys = [...contentsOf(store).keys()];
  const memoryBytes = process.memoryUsage().arrayBuffers - before;
  const reads = storage.operations.filter(({ verb }) => verb === 'read');
  return { keys, memoryBytes, readBytesMax: Math.max(...reads.map(({ length }) => length)) };
}

test.each(falsehoods)('%s at the end of a log allocates no memory', (_name, record, falsify) => {
  const log = logOf([completionOf(), put('a'), record], 2, falsify);
  const { keys, memoryBytes, readBytesMax } = openMeasured(withFile(EMPTY_DISK, 'store', LOG, log));
  expect(keys).toEqual(['a']);
  expect(memoryBytes).toBeLessThan(MEMORY_BYTES_MAX);
  expect(readBytesMax).toBeLessThan(MEMORY_BYTES_MAX);
});

test.each(falsehoods)('%s in the durable part allocates no memory either', (_name, record, falsify) => {
  const log = logOf([completionOf(), put('a'), record, put('c'), markOf(120), put('d')], 2, falsify);
  const { keys, memoryBytes, readBytesMax } = openMeasured(withFile(EMPTY_DISK, 'store', LOG, log));
  for (const key of keys) expect(['a', 'c', 'd']).toContain(key);
  expect(memoryBytes).toBeLessThan(MEMORY_BYTES_MAX);
  expect(readBytesMax).toBeLessThan(MEMORY_BYTES_MAX);
});

/**
 * Words of an image: the lengths and checksums of its sections, two words each, from the tenth on; then its own
 * checksum.
 */
const IMAGE_SECTIONS_WORD = 9;
const IMAGE_CHECKSUM_WORD = 15;

test.each([0, 1, 2])('a length of a billion words in section %i of an image allocates no memory', (section) => {
  const storage = new FaultStorage();
  const store = openStore(storage);
  store.writer.put(bytes('a'), bytes('value'));
  store.close();
  const image = storage.image().get('store')?.get(IMAGE) ?? NOTHING;
  const words = new Int32Array(Uint8Array.from(image).buffer);
  words[IMAGE_SECTIONS_WORD + section * 2] = 10 ** 9;
  const salt = words[3] as number;
  words[IMAGE_CHECKSUM_WORD] = xxh32(words, 0, IMAGE_CHECKSUM_WORD, salt);
  const falsified = withFile(storage.image(), 'store', IMAGE, new Uint8Array(words.buffer));
  const { keys, memoryBytes, readBytesMax } = openMeasured(falsified);
  expect(keys).toEqual(['a']);
  expect(memoryBytes).toBeLessThan(MEMORY_BYTES_MAX);
  expect(readBytesMax).toBeLessThan(MEMORY_BYTES_MAX);
});
