import { describe, expect, test } from 'vitest';
import { xxh32 } from '../../src/base/xxh32.ts';
import { ImageBuilder } from '../../src/image/image-builder.ts';
import { IndexImage } from '../../src/image/index-image.ts';
import type { IndexContents } from '../../src/key-index/index-pieces.ts';
import { KeyIndex } from '../../src/key-index/key-index.ts';
import { PendingIndex, placeOf } from '../../src/key-index/pending-index.ts';
import type { StorageFile } from '../../src/storage/storage-backend.ts';
import { seededRandom } from '../../src/testing/index.ts';
import { flip } from '../store/log-records.ts';
import { bytes } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

const NAME = '000007.index';
const LOG = { generation: 7, salt: -123_456 };
const COVERAGE = {
  ...LOG,
  // Beyond 32 bits, as a log may be.
  record: { offset: 2 ** 33 + 8, end: 2 ** 33 + 128 },
  recordChecksum: -77,
};

function indexOf(entries: number): KeyIndex {
  const index = new KeyIndex(seededRandom(5));
  for (let i = 0; i < entries; i += 1) index.put(bytes(`key ${i}`), i * 3, i + 1);
  for (let i = 0; i < entries; i += 3) index.remove(bytes(`key ${i}`));
  return index;
}

function writeImage(file: StorageFile, index: KeyIndex): void {
  const builder = new ImageBuilder(file, COVERAGE.salt, index.snapshot());
  while (builder.step(2) > 0);
  builder.finish(COVERAGE);
}

function written(index: KeyIndex): TestDisk {
  const disk = new TestDisk();
  const file = disk.create(NAME);
  writeImage(file, index);
  file.close();
  return disk;
}

function openIn(disk: TestDisk, log = LOG): IndexImage | undefined {
  const file = disk.open(NAME, 'read');
  if (file === undefined) throw new Error('the image is gone');
  return IndexImage.open(file, log, (error) => {
    throw error;
  });
}

/** The index in the image; `undefined` if the image is refused when it is opened or when all of it is read. */
function readFrom(disk: TestDisk, log = LOG): KeyIndex | undefined {
  const image = openIn(disk, log);
  if (image === undefined) return undefined;
  let damaged = false;
  const index = PendingIndex.open(image, () => (damaged = true), seededRandom(6));
  index.pending?.complete();
  return damaged ? undefined : index;
}

describe('an image', () => {
  test.each([0, 1, 5, 3000])('of %i entries restores the same index', (entries) => {
    const disk = written(indexOf(entries));
    expect(openIn(disk)?.coverage).toEqual(COVERAGE);
    const index = readFrom(disk);
    const original = indexOf(entries);
    expect([index?.size, index?.recordUnits]).toEqual([original.size, original.recordUnits]);
    for (let i = 0; i < entries; i += 1) {
      expect(index === undefined ? index : placeOf(index, bytes(`key ${i}`))).toEqual(
        i % 3 === 0 ? undefined : { location: i * 3, units: i + 1 },
      );
    }
  });

  test('is opened without reading the nodes and the directory', () => {
    const disk = written(indexOf(3000));
    const { arena, directory } = indexOf(3000).sections();
    const read: number[] = [];
    disk.before = ({ verb, position }) => void (verb === 'read' && read.push(position));
    expect(openIn(disk)).toBeDefined();
    expect(Math.min(...read)).toBe((arena.length + directory.length) * 4);
  });

  test('survives short writes and short reads', () => {
    const disk = new TestDisk();
    disk.before = ({ verb, length }) => (verb === 'write' || verb === 'read' ? Math.ceil(length / 3) : undefined);
    const file = disk.create(NAME);
    writeImage(file, indexOf(40));
    expect(readFrom(disk)?.size).toBe(26);
  });

  test('of another log is refused', () => {
    const disk = written(indexOf(4));
    expect(readFrom(disk, { ...LOG, generation: 8 })).toBeUndefined();
    expect(readFrom(disk, { ...LOG, salt: LOG.salt + 1 })).toBeUndefined();
  });

  test('is refused with any bit flipped', () => {
    const disk = written(indexOf(9));
    const whole = disk.bytes(NAME);
    const { arena, directory } = indexOf(9).sections();
    const tables = (arena.length + directory.length) * 4;
    // All of the tables and the footer, and a sample of the nodes and the directory.
    for (let at = 0; at < whole.length; at += at < tables ? 61 : 1) {
      flip(disk, NAME, at, 1 << (at % 8));
      expect(at < tables ? readFrom(disk) : openIn(disk)).toBeUndefined();
      disk.place(NAME, whole);
    }
    expect(readFrom(disk)).toBeDefined();
  });

  test('is refused at any other length', () => {
    const disk = written(indexOf(2));
    const whole = disk.bytes(NAME);
    for (let length = 0; length < whole.length; length += length < 300 || length > whole.length - 300 ? 1 : 131) {
      disk.place(NAME, whole.slice(0, length));
      expect(openIn(disk)).toBeUndefined();
    }
    disk.place(NAME, new Uint8Array([...whole, 0]));
    expect(openIn(disk)).toBeUndefined();
  });

  test('whose lengths are not those of the file allocates no memory for them', () => {
    const disk = written(indexOf(2));
    const whole = disk.bytes(NAME);
    const words = new Int32Array(whole.slice().buffer);
    const footer = words.length - 14;
    words[footer + 7] = 2 ** 30;
    words[words.length - 1] = xxh32(words, footer, 13, LOG.salt);
    disk.place(NAME, new Uint8Array(words.buffer));
    disk.memoryBytes = 0;
    expect(openIn(disk)).toBeUndefined();
    expect(disk.memoryBytes).toBeLessThan(100);
  });

  test('that is truncated after it was opened is found damaged by the piece that is gone', () => {
    const disk = written(indexOf(50));
    const image = openIn(disk);
    if (image === undefined) throw new Error('the image is refused');
    let replayed: unknown;
    const rebuild = (index: IndexContents, cause: unknown): void => {
      replayed = cause;
      index.put(bytes('key 1'), 3, 2);
    };
    const index = PendingIndex.open(image, rebuild, seededRandom(6));
    expect(index.size).toBe(33);
    disk.place(NAME, disk.bytes(NAME).slice(0, 200));
    expect(placeOf(index, bytes('key 1'))).toEqual({ location: 3, units: 2 });
    expect(placeOf(index, bytes('key 2'))).toBeUndefined();
    expect([index.size, index.pending === undefined, replayed]).toEqual([
      1,
      true,
      expect.objectContaining({ code: 'CORRUPT' }),
    ]);
  });

  test('that was removed after it was opened is read from the open file', () => {
    const disk = written(indexOf(50));
    const image = openIn(disk);
    disk.remove(NAME);
    if (image === undefined) throw new Error('the image is refused');
    const index = PendingIndex.open(image, () => expect.unreachable(), seededRandom(6));
    expect(placeOf(index, bytes('key 1'))).toEqual({ location: 3, units: 2 });
  });

  test('is read completely after many lookups, which are faster then', () => {
    const index = PendingIndex.open(imageOfMany(), () => expect.unreachable(), seededRandom(6));
    let lookups = 0;
    for (; index.pending !== undefined; lookups += 1) {
      const place = placeOf(index, bytes(lookups % 2 === 0 ? 'key 1' : 'no key'));
      expect(place).toEqual(lookups % 2 === 0 ? { location: 3, units: 2 } : undefined);
    }
    // An image of four pieces.
    expect(lookups).toBe(4 * 64 + 1);
    expect(index.find(bytes('key 1'))).not.toBe(0);
  });
});

function imageOfMany(): IndexImage {
  const image = openIn(written(indexOf(50)));
  if (image === undefined) throw new Error('the image is refused');
  return image;
}
