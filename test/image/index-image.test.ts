import { describe, expect, test } from 'vitest';
import { type IndexImage, readImage, writeImage } from '../../src/image/index-image.ts';
import { KeyIndex } from '../../src/key-index/key-index.ts';
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

function written(index: KeyIndex): TestDisk {
  const disk = new TestDisk();
  const file = disk.create(NAME);
  writeImage(file, { coverage: COVERAGE, sections: index.sections() });
  file.close();
  return disk;
}

function readFrom(disk: TestDisk, log = LOG): IndexImage | undefined {
  const file = disk.open(NAME, 'read');
  if (file === undefined) throw new Error('the image is gone');
  try {
    return readImage(file, log);
  } finally {
    file.close();
  }
}

describe('an image', () => {
  test.each([0, 1, 5, 3000])('of %i entries restores the same index', (entries) => {
    const image = readFrom(written(indexOf(entries)));
    expect(image?.coverage).toEqual(COVERAGE);
    const index = KeyIndex.fromSections(image?.sections ?? indexOf(0).sections(), seededRandom(6));
    const original = indexOf(entries);
    expect([index.size, index.recordUnits]).toEqual([original.size, original.recordUnits]);
    for (let i = 0; i < entries; i += 1) {
      const node = index.find(bytes(`key ${i}`));
      expect(node === 0 ? undefined : [index.location(node), index.units(node)]).toEqual(
        i % 3 === 0 ? undefined : [i * 3, i + 1],
      );
    }
  });

  test('survives short writes and short reads', () => {
    const disk = new TestDisk();
    disk.before = ({ verb, length }) => (verb === 'write' || verb === 'read' ? Math.ceil(length / 3) : undefined);
    const file = disk.create(NAME);
    writeImage(file, { coverage: COVERAGE, sections: indexOf(40).sections() });
    expect(readFrom(disk)?.coverage).toEqual(COVERAGE);
  });

  test('of another log is refused', () => {
    const disk = written(indexOf(4));
    expect(readFrom(disk, { ...LOG, generation: 8 })).toBeUndefined();
    expect(readFrom(disk, { ...LOG, salt: LOG.salt + 1 })).toBeUndefined();
  });

  test('is refused with any bit flipped', () => {
    const disk = written(indexOf(9));
    const whole = disk.bytes(NAME);
    // All of the header and the state, and a sample of the nodes and the directory.
    for (let at = 0; at < whole.length; at += at < 700 ? 1 : 61) {
      flip(disk, NAME, at, 1 << (at % 8));
      expect(readFrom(disk)).toBeUndefined();
      disk.place(NAME, whole);
    }
    expect(readFrom(disk)).toBeDefined();
  });

  test('is refused at any other length', () => {
    const disk = written(indexOf(2));
    const whole = disk.bytes(NAME);
    for (let length = 0; length < whole.length; length += length < 300 ? 1 : 131) {
      disk.place(NAME, whole.slice(0, length));
      expect(readFrom(disk)).toBeUndefined();
    }
    disk.place(NAME, new Uint8Array([...whole, 0]));
    expect(readFrom(disk)).toBeUndefined();
  });

  test('that shrinks while it is read is refused', () => {
    const disk = written(indexOf(50));
    const whole = disk.bytes(NAME);
    disk.before = ({ verb, position }) => {
      if (verb === 'read' && position > 100) disk.place(NAME, whole.slice(0, 200));
      return undefined;
    };
    expect(readFrom(disk)).toBeUndefined();
  });
});
