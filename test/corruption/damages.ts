import { decodeFileHeader } from '../../src/log/file-header.ts';
import { recordsOf } from '../store/log-records.ts';
import { bytes } from '../store/store-history.ts';
import type { TestDisk } from '../store/test-disk.ts';

/** A damage to one file. */
export interface Damage {
  /** The file and what was done to it, for people. */
  readonly name: string;
  readonly file: string;
  /** The content of the file now; `undefined` if it is missing. */
  readonly contents: Uint8Array | undefined;
  /** Whether the end of the file, and with it its last marks, may be gone. */
  readonly reachesEnd: boolean;
}

export const SECTOR_BYTES = 512;

/** Each bit of a file, flipped. */
function* flippedBits(file: string, whole: Uint8Array): Generator<Damage> {
  for (let at = 0; at < whole.length; at += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      const contents = whole.slice();
      contents[at] = (contents[at] as number) ^ (1 << bit);
      yield { name: `${file}: byte ${at}, bit ${bit}`, file, contents, reachesEnd: false };
    }
  }
}

/** A file truncated to every length. */
function* truncations(file: string, whole: Uint8Array): Generator<Damage> {
  for (let length = 0; length < whole.length; length += 1) {
    yield { name: `${file}: truncated to ${length} bytes`, file, contents: whole.slice(0, length), reachesEnd: true };
  }
}

/** Each sector zeroed, filled with foreign bytes, copied over each other one, and exchanged with it. */
export function* damagedSectors(file: string, whole: Uint8Array): Generator<Damage> {
  const sectors = Math.ceil(whole.length / SECTOR_BYTES);
  const sector = (number: number): Uint8Array => whole.slice(number * SECTOR_BYTES, (number + 1) * SECTOR_BYTES);
  const replaced = (number: number, by: Uint8Array): Uint8Array => {
    const contents = whole.slice();
    contents.set(by.subarray(0, whole.length - number * SECTOR_BYTES), number * SECTOR_BYTES);
    return contents;
  };
  const damage = (name: string, contents: Uint8Array, ...hit: number[]): Damage => {
    return { name: `${file}: ${name}`, file, contents, reachesEnd: hit.includes(sectors - 1) };
  };
  for (let i = 0; i < sectors; i += 1) {
    yield damage(`sector ${i} zeroed`, replaced(i, new Uint8Array(SECTOR_BYTES)), i);
    yield damage(`sector ${i} foreign`, replaced(i, new Uint8Array(SECTOR_BYTES).fill(0x5a)), i);
    const rest = whole.map((byte, at) => (at < i * SECTOR_BYTES ? byte : 0));
    yield damage(`from sector ${i} zeroed`, rest, sectors - 1);
    for (let j = 0; j < sectors; j += 1) {
      if (j === i) continue;
      yield damage(`sector ${j} also in place of ${i}`, replaced(i, sector(j)), i);
      if (j < i) continue;
      const exchanged = replaced(i, sector(j));
      exchanged.set(sector(i).subarray(0, whole.length - j * SECTOR_BYTES), j * SECTOR_BYTES);
      yield damage(`sectors ${i} and ${j} exchanged`, exchanged, i, j);
    }
  }
}

/** Anything after the end of a file: garbage, zeros, and what it held elsewhere, at each alignment. */
function* appendedGarbage(file: string, whole: Uint8Array): Generator<Damage> {
  const tails = Array.from({ length: 40 }, (_, length) => new Uint8Array(length + 1).fill(0xa5));
  for (let from = 0; from < 64; from += 1) tails.push(whole.slice(from));
  tails.push(new Uint8Array(4096));
  for (const tail of tails) {
    const contents = new Uint8Array([...whole, ...tail]);
    yield { name: `${file}: ${tail.length} bytes more`, file, contents, reachesEnd: false };
  }
}

/** A file that is missing, empty, foreign or doubled. */
function* foreignContents(file: string, whole: Uint8Array): Generator<Damage> {
  const foreign = bytes('something else entirely, and longer than a header is. '.repeat(9));
  yield { name: `${file}: missing`, file, contents: undefined, reachesEnd: true };
  yield { name: `${file}: foreign`, file, contents: foreign, reachesEnd: true };
  yield { name: `${file}: doubled`, file, contents: new Uint8Array([...whole, ...whole]), reachesEnd: false };
}

/** Each record of a log copied over each other one of its size: valid bytes in the wrong place. */
function* misplacedRecords(disk: TestDisk, file: string): Generator<Damage> {
  const whole = disk.bytes(file);
  // The log of a compaction that has just started may have no header yet.
  if (!file.endsWith('.log') || decodeFileHeader(whole) === undefined) return;
  const records = recordsOf(disk, file);
  const last = records.at(-1);
  for (const to of records) {
    for (const from of records) {
      if (from === to || from.end - from.offset !== to.end - to.offset) continue;
      const contents = whole.slice();
      contents.copyWithin(to.offset, from.offset, from.end);
      const name = `${file}: the record at ${from.offset} also at ${to.offset}`;
      yield { name, file, contents, reachesEnd: to === last };
    }
  }
}

/** Every damage to the files of a disk, one file at a time. */
export function* everyDamage(disk: TestDisk): Generator<Damage> {
  for (const file of disk.names) {
    const whole = disk.bytes(file);
    yield* misplacedRecords(disk, file);
    yield* foreignContents(file, whole);
    yield* damagedSectors(file, whole);
    yield* flippedBits(file, whole);
    yield* truncations(file, whole);
    yield* appendedGarbage(file, whole);
  }
}
