/**
 * The record format of docs/format.md, in constants derived from one another. Offsets are bytes from a record's start.
 * Integers are little-endian; the engine reads them through typed arrays, so it runs on little-endian machines only.
 */

import { StoreError } from '../base/store-error.ts';

/** Records start at multiples of this many bytes, so that the words of a record can be hashed in place. */
export const RECORD_ALIGNMENT = 8;
const WORD_BYTES = 4;

export const HEADER_CHECKSUM_OFFSET = 0;
export const BODY_CHECKSUM_OFFSET: number = HEADER_CHECKSUM_OFFSET + WORD_BYTES;
export const KIND_OFFSET: number = BODY_CHECKSUM_OFFSET + WORD_BYTES;
export const FLAGS_OFFSET: number = KIND_OFFSET + 1;
export const KEY_LENGTH_OFFSET: number = FLAGS_OFFSET + 1;
export const BODY_LENGTH_OFFSET: number = KEY_LENGTH_OFFSET + 2;
export const RECORD_HEADER_BYTES: number = BODY_LENGTH_OFFSET + WORD_BYTES;

/** The same places in 32-bit words, for typed arrays. */
export const HEADER_CHECKSUM_WORD: number = HEADER_CHECKSUM_OFFSET / WORD_BYTES;
export const BODY_CHECKSUM_WORD: number = BODY_CHECKSUM_OFFSET / WORD_BYTES;
export const KIND_WORD: number = KIND_OFFSET / WORD_BYTES;
export const BODY_LENGTH_WORD: number = BODY_LENGTH_OFFSET / WORD_BYTES;
export const RECORD_HEADER_WORDS: number = RECORD_HEADER_BYTES / WORD_BYTES;

/** The operation of a record. */
export const RecordKind = {
  /** Sets a key's body. */
  put: 1,
  /** Removes a key. */
  delete: 2,
  /** Removes every key that starts with the record's key: one record for any number of keys. */
  deletePrefix: 3,
  /** The key states how many records follow and their bytes together: all of them count or none. */
  batch: 4,
  /** The key holds an offset: everything below it was durable when this record was written. */
  mark: 5,
  /** The generation is complete: all live records of the one before were copied and synced. */
  complete: 6,
} as const;
export type RecordKind = (typeof RecordKind)[keyof typeof RecordKind];

/** Set in each member of a batch, so that a member is not mistaken for a single put if the BATCH before it is damaged. */
export const FLAG_BATCH_MEMBER = 1;

/** The longest key, 65,535 bytes: its length is a u16. */
export const KEY_BYTES_MAX = 0xffff;
/** Bytes that the cache appends to a value for its meta. */
const TRAILER_BYTES_MAX = 16;
/** The longest value, 1 GiB. */
export const VALUE_BYTES_MAX: number = 2 ** 30;
export const BODY_BYTES_MAX: number = VALUE_BYTES_MAX + TRAILER_BYTES_MAX;

/** Key of a MARK: an offset, u64. */
export const MARK_KEY_BYTES = 8;
/** Key of a BATCH: records u32, reserved u32 (zero), bytes u64. */
export const BATCH_KEY_BYTES = 16;

/** Bytes of a key with its padding: zeros up to a whole word. */
export function keyAreaBytes(keyLength: number): number {
  return (keyLength + 3) & ~3;
}

/** Bytes from a record's start to its body. */
export function bodyOffset(keyLength: number): number {
  return RECORD_HEADER_BYTES + keyAreaBytes(keyLength);
}

/** Bytes of a whole record with its padding. */
export function recordBytes(keyLength: number, bodyLength: number): number {
  // Below 2^31 for the longest key and body, so that the bit operation is exact.
  return (bodyOffset(keyLength) + bodyLength + (RECORD_ALIGNMENT - 1)) & -RECORD_ALIGNMENT;
}

/** Seed of a header checksum: the header is valid only in its file (the salt) and at its place in it (the offset). */
export function headerSeed(salt: number, offset: number): number {
  return (salt + offset / RECORD_ALIGNMENT) | 0;
}

/** Where a record is in a log: byte offsets, `end` exclusive. */
export interface RecordSpan {
  readonly offset: number;
  readonly end: number;
}

// Fields of the header that begins at a word of `words`.

export function kindAt(words: Int32Array, word: number): number {
  return (words[word + KIND_WORD] as number) & 0xff;
}

export function flagsAt(words: Int32Array, word: number): number {
  return ((words[word + KIND_WORD] as number) >>> 8) & 0xff;
}

export function keyLengthAt(words: Int32Array, word: number): number {
  return (words[word + KIND_WORD] as number) >>> 16;
}

export function bodyLengthAt(words: Int32Array, word: number): number {
  return (words[word + BODY_LENGTH_WORD] as number) >>> 0;
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
