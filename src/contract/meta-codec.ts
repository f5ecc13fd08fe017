import { kindOf } from '../base/argument.ts';
import type { CacheMeta } from './cache-entry.ts';

/*
 * A meta is 16 bytes, little-endian on every platform:
 *
 *     watermark u64 | cachedAtUs i64
 *
 * One scratch of 16 bytes, seen as 32-bit words and as 64-bit integers, is shared by all calls: a `DataView` made per
 * call costs 85 ns a read and 74 ns a write, this 15 ns and 12 ns (Node 20). Bytes are combined to words by value, and
 * the words placed by `lowWord`, so the order of the platform does not show.
 */
const watermarkOffset = 0;
const watermarkBytes = 8;
const cachedAtUsOffset: number = watermarkOffset + watermarkBytes;
const cachedAtUsBytes = 8;

/** Bytes of an encoded meta. */
export const metaBytes: number = cachedAtUsOffset + cachedAtUsBytes;

const watermarkMax = 2n ** 64n - 1n;
const cachedAtUsMin = -(2n ** 63n);
const cachedAtUsMax = 2n ** 63n - 1n;

const scratch = new ArrayBuffer(BigUint64Array.BYTES_PER_ELEMENT);
const scratchWords = new Uint32Array(scratch);
const scratchUnsigned = new BigUint64Array(scratch);
const scratchSigned = new BigInt64Array(scratch);

// Where the platform keeps the low half of a 64-bit integer.
scratchUnsigned[0] = 1n;
const lowWord: number = scratchWords[0] === 1 ? 0 : 1;
const highWord: number = 1 - lowWord;
const wordBytes = 4;

/**
 * Throws `TypeError` unless `meta` is an object whose `watermark` and `cachedAtUs` are bigints, `RangeError` unless they
 * fit u64 and i64. Nothing is wrapped or clamped: a wrapped watermark would be a lie about what was folded.
 */
export function assertMeta(meta: CacheMeta): void {
  if (meta === null || typeof meta !== 'object') {
    throw new TypeError(`meta must be an object { watermark, cachedAtUs } of bigints; got ${kindOf(meta)}`);
  }
  const { watermark, cachedAtUs } = meta;
  if (typeof watermark !== 'bigint') throw notBigint('watermark', watermark);
  if (typeof cachedAtUs !== 'bigint') throw notBigint('cachedAtUs', cachedAtUs);
  if (BigInt.asUintN(64, watermark) !== watermark) throw outOfRange('watermark', 'u64', 0n, watermarkMax, watermark);
  if (BigInt.asIntN(64, cachedAtUs) !== cachedAtUs) {
    throw outOfRange('cachedAtUs', 'i64', cachedAtUsMin, cachedAtUsMax, cachedAtUs);
  }
}

/** Writes `metaBytes` bytes at `offset`. The caller has made sure of the room, and of the meta with `assertMeta`. */
export function writeMeta(target: Uint8Array, offset: number, meta: CacheMeta): void {
  scratchUnsigned[0] = meta.watermark;
  writeScratch(target, offset + watermarkOffset);
  scratchSigned[0] = meta.cachedAtUs;
  writeScratch(target, offset + cachedAtUsOffset);
}

/** Reads the meta in the `metaBytes` bytes at `offset`, which the caller has made sure are there. */
export function readMeta(source: Uint8Array, offset: number): CacheMeta {
  readScratch(source, offset + watermarkOffset);
  const watermark = scratchUnsigned[0] as bigint;
  readScratch(source, offset + cachedAtUsOffset);
  return { watermark, cachedAtUs: scratchSigned[0] as bigint };
}

function writeScratch(target: Uint8Array, offset: number): void {
  writeWord(target, offset, scratchWords[lowWord] as number);
  writeWord(target, offset + wordBytes, scratchWords[highWord] as number);
}

function readScratch(source: Uint8Array, offset: number): void {
  scratchWords[lowWord] = readWord(source, offset);
  scratchWords[highWord] = readWord(source, offset + wordBytes);
}

function writeWord(target: Uint8Array, offset: number, word: number): void {
  target[offset] = word;
  target[offset + 1] = word >>> 8;
  target[offset + 2] = word >>> 16;
  target[offset + 3] = word >>> 24;
}

function readWord(source: Uint8Array, offset: number): number {
  const low = (source[offset] as number) | ((source[offset + 1] as number) << 8);
  return low | ((source[offset + 2] as number) << 16) | ((source[offset + 3] as number) << 24);
}

function notBigint(field: string, value: unknown): TypeError {
  return new TypeError(`meta.${field} must be a bigint, such as 42n; got ${kindOf(value)}`);
}

function outOfRange(field: string, type: string, min: bigint, max: bigint, value: bigint): RangeError {
  return new RangeError(`meta.${field} must be within ${min} and ${max} (${type}); got ${value}`);
}
