import type { TestDisk } from '../store/test-disk.ts';

/** Uniform 32-bit numbers, the same for the same seed. */
export type Random = () => number;

export function below(random: Random, end: number): number {
  return end === 0 ? 0 : random() % end;
}

const BLOCK_BYTES: readonly number[] = [1, 4, 8, 16, 32, 64, 512];
const LENGTHS: readonly number[] = [0, 1, 15, 16, 0x7f, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];
const ROUNDS_MAX = 4;

/** Changes the files of a disk in one to four ways. */
export function mutate(disk: TestDisk, random: Random): void {
  const rounds = 1 + below(random, ROUNDS_MAX);
  for (let round = 0; round < rounds; round += 1) {
    const name = disk.names[below(random, disk.names.length)];
    if (name !== undefined) disk.place(name, mutated(disk, disk.bytes(name), random));
  }
  // Whether an image exists must not matter, and most stores have one.
  if (below(random, 4) === 0) for (const name of disk.names) if (/\.index2?$/.test(name)) disk.take(name);
}

function mutated(disk: TestDisk, bytes: Uint8Array, random: Random): Uint8Array {
  const at = below(random, bytes.length);
  switch (below(random, 9)) {
    case 0:
      return changed(bytes, at, Uint8Array.of((bytes[at] ?? 0) ^ (1 << below(random, 8))));
    case 1:
      return bytes.slice(0, at);
    case 2:
      return changed(bytes, at, anyBytes(random));
    case 3:
      return changed(bytes, at & ~7, blockOf(bytes, random));
    case 4:
      return changed(bytes, at & ~7, blockOf(anyFile(disk, random), random));
    case 5:
      return spliced(bytes, at, blockOf(anyFile(disk, random), random));
    case 6:
      return new Uint8Array([...bytes.subarray(0, at), ...bytes.subarray(at + blockLength(random))]);
    case 7:
      return changed(bytes, at & ~3, wordOf(LENGTHS[below(random, LENGTHS.length)] as number));
    default:
      return new Uint8Array([...bytes, ...blockOf(anyFile(disk, random), random)]);
  }
}

function anyFile(disk: TestDisk, random: Random): Uint8Array {
  return disk.bytes(disk.names[below(random, disk.names.length)] as string);
}

function blockLength(random: Random): number {
  return BLOCK_BYTES[below(random, BLOCK_BYTES.length)] as number;
}

function blockOf(bytes: Uint8Array, random: Random): Uint8Array {
  const from = below(random, bytes.length) & ~7;
  return bytes.slice(from, from + blockLength(random));
}

/** Random bytes. */
export function anyBytes(random: Random): Uint8Array {
  return Uint8Array.from({ length: blockLength(random) }, () => random() & 0xff);
}

function wordOf(number: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(number).buffer);
}

function changed(bytes: Uint8Array, at: number, by: Uint8Array): Uint8Array {
  const contents = bytes.slice();
  contents.set(by.subarray(0, Math.max(0, bytes.length - at)), Math.min(at, bytes.length));
  return contents;
}

function spliced(bytes: Uint8Array, at: number, by: Uint8Array): Uint8Array {
  return new Uint8Array([...bytes.subarray(0, at), ...by, ...bytes.subarray(at)]);
}
