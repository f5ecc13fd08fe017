import { xxh32 } from '../base/xxh32.ts';
import {
  BATCH_KEY_BYTES,
  BODY_BYTES_MAX,
  BODY_CHECKSUM_WORD,
  BODY_LENGTH_WORD,
  bodyLengthAt,
  bodyOffset,
  FLAG_BATCH_MEMBER,
  flagsAt,
  HEADER_CHECKSUM_WORD,
  headerSeed,
  KIND_WORD,
  keyAreaBytes,
  keyLengthAt,
  kindAt,
  MARK_KEY_BYTES,
  RECORD_HEADER_BYTES,
  RECORD_HEADER_WORDS,
  RecordKind,
  recordBytes,
} from './record-format.ts';
import type { RecordMemory } from './record-memory.ts';

/** The contents of a record, before it has an offset in a log. */
export interface RecordContent {
  readonly kind: RecordKind;
  readonly flags: number;
  readonly key: Uint8Array;
  /** The body is `value` followed by `trailer`. */
  readonly value: Uint8Array;
  readonly trailer: Uint8Array;
  /** Bytes of the record in the log. */
  readonly size: number;
}

/** The number of records of a batch, and the bytes they take together. */
export interface BatchExtent {
  readonly records: number;
  readonly bytes: number;
}

const NO_BYTES = new Uint8Array(0);

/** Where the fields of a BATCH key are. */
const RECORDS_OFFSET = 0;
const BYTES_OFFSET = 8;

export function putOf(key: Uint8Array, value: Uint8Array, trailer: Uint8Array, flags = 0): RecordContent {
  const size = recordBytes(key.length, value.length + trailer.length);
  return { kind: RecordKind.put, flags, key, value, trailer, size };
}

export function deletionOf(key: Uint8Array): RecordContent {
  return withoutBody(RecordKind.delete, key);
}

export function prefixDeletionOf(prefix: Uint8Array): RecordContent {
  return withoutBody(RecordKind.deletePrefix, prefix);
}

/** The record before the members of a batch. */
export function batchOf({ records, bytes }: BatchExtent): RecordContent {
  const key = new Uint8Array(BATCH_KEY_BYTES);
  const view = viewOf(key);
  view.setUint32(RECORDS_OFFSET, records, true);
  view.setBigUint64(BYTES_OFFSET, BigInt(bytes), true);
  return withoutBody(RecordKind.batch, key);
}

/** States that everything below `offset` is durable. */
export function markOf(offset: number): RecordContent {
  const key = new Uint8Array(MARK_KEY_BYTES);
  viewOf(key).setBigUint64(0, BigInt(offset), true);
  return withoutBody(RecordKind.mark, key);
}

/** States that the generation is complete. */
export function completionOf(): RecordContent {
  return withoutBody(RecordKind.complete, NO_BYTES);
}

/** The offset in the key of a MARK. */
export function decodeMarkKey(key: Uint8Array): number {
  return Number(viewOf(key).getBigUint64(0, true));
}

/** The extent in the key of a BATCH. */
export function decodeBatchKey(key: Uint8Array): BatchExtent {
  const view = viewOf(key);
  return { records: view.getUint32(RECORDS_OFFSET, true), bytes: Number(view.getBigUint64(BYTES_OFFSET, true)) };
}

function withoutBody(kind: RecordKind, key: Uint8Array): RecordContent {
  return { kind, flags: 0, key, value: NO_BYTES, trailer: NO_BYTES, size: recordBytes(key.length, 0) };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Up to this many bytes, a loop copies faster than a call of `set`. */
const LOOP_BYTES_MAX = 48;

function copyInto(target: Uint8Array, at: number, source: Uint8Array): void {
  const length = source.length;
  if (length > LOOP_BYTES_MAX) {
    target.set(source, at);
    return;
  }
  for (let i = 0; i < length; i += 1) target[at + i] = source[i] as number;
}

/**
 * Encodes a record into `memory` at byte `at`, a multiple of eight, for byte `offset` of a log file with `salt`. It writes
 * every byte of the record, padding included: memory can be reused without clearing. Returns the size in bytes.
 */
export function encodeRecord(
  memory: RecordMemory,
  at: number,
  content: RecordContent,
  salt: number,
  offset: number,
): number {
  const { bytes, words } = memory;
  const { key, value, trailer } = content;
  const bodyLength = value.length + trailer.length;
  const size = recordBytes(key.length, bodyLength);
  const word = at >>> 2;
  const bodyAt = at + bodyOffset(key.length);
  const end = at + size;
  // Clears the padding: it is in the last word of the key and in the last two of the body.
  if (bodyAt > at + RECORD_HEADER_BYTES) words[(bodyAt >>> 2) - 1] = 0;
  if (end > bodyAt) words[(end >>> 2) - 1] = 0;
  if (end > bodyAt + 4) words[(end >>> 2) - 2] = 0;
  copyInto(bytes, at + RECORD_HEADER_BYTES, key);
  copyInto(bytes, bodyAt, value);
  copyInto(bytes, bodyAt + value.length, trailer);
  words[word + BODY_CHECKSUM_WORD] = xxh32(words, bodyAt >>> 2, (end - bodyAt) >>> 2, 0);
  words[word + KIND_WORD] = content.kind | (content.flags << 8) | (key.length << 16);
  words[word + BODY_LENGTH_WORD] = bodyLength;
  words[word + HEADER_CHECKSUM_WORD] = headerChecksum(words, word, key.length, headerSeed(salt, offset));
  return size;
}

/** Changes a record in `memory` at byte `at` for another place: its flags and its header checksum. The body stays. */
export function relocateRecord(memory: RecordMemory, at: number, flags: number, salt: number, offset: number): void {
  const { words } = memory;
  const word = at >>> 2;
  const keyLength = keyLengthAt(words, word);
  words[word + KIND_WORD] = kindAt(words, word) | (flags << 8) | (keyLength << 16);
  words[word + HEADER_CHECKSUM_WORD] = headerChecksum(words, word, keyLength, headerSeed(salt, offset));
}

function headerChecksum(words: Int32Array, word: number, keyLength: number, seed: number): number {
  const first = word + BODY_CHECKSUM_WORD;
  return xxh32(words, first, RECORD_HEADER_WORDS - BODY_CHECKSUM_WORD + (keyAreaBytes(keyLength) >>> 2), seed);
}

/**
 * Whether the fields of a header are consistent. This cheap check rejects nearly every place that is not a header, so that
 * the search for one after damage rarely computes a checksum.
 */
export function headerPlausible(words: Int32Array, word: number): boolean {
  const keyLength = keyLengthAt(words, word);
  const bodyLength = bodyLengthAt(words, word);
  const flags = flagsAt(words, word);
  switch (kindAt(words, word)) {
    case RecordKind.put:
      return (flags & ~FLAG_BATCH_MEMBER) === 0 && bodyLength <= BODY_BYTES_MAX;
    case RecordKind.delete:
    case RecordKind.deletePrefix:
      return flags === 0 && bodyLength === 0;
    case RecordKind.batch:
      return flags === 0 && bodyLength === 0 && keyLength === BATCH_KEY_BYTES;
    case RecordKind.mark:
      return flags === 0 && bodyLength === 0 && keyLength === MARK_KEY_BYTES;
    case RecordKind.complete:
      return flags === 0 && bodyLength === 0 && keyLength === 0;
    default:
      return false;
  }
}

/** Whether header and key match their checksum at this place. The whole key must be in memory. */
export function headerValid(words: Int32Array, word: number, salt: number, offset: number): boolean {
  const expected = headerChecksum(words, word, keyLengthAt(words, word), headerSeed(salt, offset));
  return words[word + HEADER_CHECKSUM_WORD] === expected;
}

/** Whether the body matches its checksum. The whole record must be in memory and its header valid. */
export function bodyValid(words: Int32Array, word: number): boolean {
  const keyLength = keyLengthAt(words, word);
  const bodyWord = bodyOffset(keyLength) >>> 2;
  const endWord = recordBytes(keyLength, bodyLengthAt(words, word)) >>> 2;
  return words[word + BODY_CHECKSUM_WORD] === xxh32(words, word + bodyWord, endWord - bodyWord, 0);
}
