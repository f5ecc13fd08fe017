/**
 * The record format of docs/format.md, in constants derived from one another. Offsets are bytes from a record's start.
 * Integers are little-endian; the engine reads them through typed arrays, so it runs on little-endian machines only.
 */

import { StoreError } from '../base/store-error.ts';

/** Records start at multiples of this many bytes, so that a record's words can be hashed where they lie. */
export const RECORD_ALIGNMENT = 8;
const WORD_BYTES = 4;

export const HEAD_CHECKSUM_OFFSET = 0;
export const BODY_CHECKSUM_OFFSET: number = HEAD_CHECKSUM_OFFSET + WORD_BYTES;
export const KIND_OFFSET: number = BODY_CHECKSUM_OFFSET + WORD_BYTES;
export const FLAGS_OFFSET: number = KIND_OFFSET + 1;
export const KEY_LENGTH_OFFSET: number = FLAGS_OFFSET + 1;
export const BODY_LENGTH_OFFSET: number = KEY_LENGTH_OFFSET + 2;
export const HEAD_BYTES: number = BODY_LENGTH_OFFSET + WORD_BYTES;

/** The same places in 32-bit words, for typed arrays. */
export const HEAD_CHECKSUM_WORD: number = HEAD_CHECKSUM_OFFSET / WORD_BYTES;
export const BODY_CHECKSUM_WORD: number = BODY_CHECKSUM_OFFSET / WORD_BYTES;
export const KIND_WORD: number = KIND_OFFSET / WORD_BYTES;
export const BODY_LENGTH_WORD: number = BODY_LENGTH_OFFSET / WORD_BYTES;
export const HEAD_WORDS: number = HEAD_BYTES / WORD_BYTES;

/** What a record does. */
export const RecordKind = {
  /** Sets a key's body. */
  put: 1,
  /** Removes a key. */
  delete: 2,
  /** Removes every key that starts with the record's key; one record however many there are. */
  deletePrefix: 3,
  /** The key holds how many records follow and how many bytes they take: they count together or not at all. */
  batch: 4,
  /** The key holds an offset: everything below it was durable when this record was written. */
  mark: 5,
  /** This generation is whole: everything live in the one before was copied and synced. */
  complete: 6,
} as const;
export type RecordKind = (typeof RecordKind)[keyof typeof RecordKind];

/** A member of a batch says so itself, so that it is not taken for a record of its own where the batch's head is lost. */
export const FLAG_BATCH_MEMBER = 1;

export const KEY_BYTES_MAX = 0xffff;
/** Bytes the cache appends to a value: its meta. */
const TRAILER_BYTES_MAX = 16;
export const VALUE_BYTES_MAX: number = 2 ** 30;
export const BODY_BYTES_MAX: number = VALUE_BYTES_MAX + TRAILER_BYTES_MAX;

/** Key of a MARK: an offset, u64. */
export const MARK_KEY_BYTES = 8;
/** Key of a BATCH: records u32, reserved u32 (zero), bytes u64. */
export const BATCH_KEY_BYTES = 16;

/** Bytes the key takes: padded with zeros to whole words. */
export function keyAreaBytes(keyLength: number): number {
  return (keyLength + 3) & ~3;
}

/** Bytes from a record's start to its body. */
export function bodyOffset(keyLength: number): number {
  return HEAD_BYTES + keyAreaBytes(keyLength);
}

/** Bytes a record takes in the file, padding included. */
export function recordBytes(keyLength: number, bodyLength: number): number {
  // Below 2^31 for the longest key and body, so that the bit operation is exact.
  return (bodyOffset(keyLength) + bodyLength + (RECORD_ALIGNMENT - 1)) & -RECORD_ALIGNMENT;
}

/** Seed of a head's checksum: it ties the record to its file (by the salt) and to its place in it (by the offset). */
export function headSeed(salt: number, offset: number): number {
  return (salt + offset / RECORD_ALIGNMENT) | 0;
}

/** Throws `TOO_LARGE` for a key that does not fit into a record. */
export function assertKeySize(key: Uint8Array): void {
  if (key.length > KEY_BYTES_MAX) throw tooLarge('key', key.length, KEY_BYTES_MAX);
}

/** Throws `TOO_LARGE` for a value that does not fit into a record. */
export function assertValueSize(value: Uint8Array): void {
  if (value.length > VALUE_BYTES_MAX) throw tooLarge('value', value.length, VALUE_BYTES_MAX);
}

function tooLarge(what: string, bytes: number, bytesMax: number): StoreError {
  return new StoreError('TOO_LARGE', `a ${what} of ${bytes} bytes is too large: at most ${bytesMax} are allowed`);
}
