import { describe, expect, test } from 'vitest';
import { batchOf, completionOf, encodeRecord, headerPlausible, markOf, putOf } from '../../src/log/record-codec.ts';
import {
  assertKeySize,
  assertValueSize,
  BATCH_KEY_BYTES,
  BODY_BYTES_MAX,
  BODY_LENGTH_WORD,
  headerSeed,
  KEY_BYTES_MAX,
  KIND_WORD,
  MARK_KEY_BYTES,
  RECORD_HEADER_WORDS,
  RecordKind,
  VALUE_BYTES_MAX,
} from '../../src/log/record-format.ts';
import { recordMemory } from '../../src/log/record-memory.ts';

const { put, delete: deletion, deletePrefix, batch, mark, complete } = RecordKind;

function plausible(kind: number, flags: number, keyLength: number, bodyLength: number): boolean {
  const words = new Int32Array(1 + RECORD_HEADER_WORDS);
  words[1 + KIND_WORD] = kind | (flags << 8) | (keyLength << 16);
  words[1 + BODY_LENGTH_WORD] = bodyLength;
  return headerPlausible(words, 1);
}

// The search after damage tries every place: what a header cannot have must be rejected before a checksum is computed.
describe('a header is plausible', () => {
  test.each([
    [put, 0, 0, 0],
    [put, 1, KEY_BYTES_MAX, BODY_BYTES_MAX],
    [deletion, 0, 0, 0],
    [deletion, 0, KEY_BYTES_MAX, 0],
    [deletePrefix, 0, 3, 0],
    [batch, 0, BATCH_KEY_BYTES, 0],
    [mark, 0, MARK_KEY_BYTES, 0],
    [complete, 0, 0, 0],
  ])('with kind %i, flags %i, a key of %i and a body of %i bytes', (kind, flags, keyLength, bodyLength) => {
    expect(plausible(kind, flags, keyLength, bodyLength)).toBe(true);
  });

  test.each([
    [put, 2, 3, 0],
    [put, 0, 3, BODY_BYTES_MAX + 1],
    [put, 0, 3, -1],
    [deletion, 1, 3, 0],
    [deletion, 0, 3, 1],
    [deletePrefix, 1, 3, 0],
    [deletePrefix, 0, 3, 1],
    [batch, 1, BATCH_KEY_BYTES, 0],
    [batch, 0, BATCH_KEY_BYTES, 1],
    [batch, 0, BATCH_KEY_BYTES + 1, 0],
    [mark, 1, MARK_KEY_BYTES, 0],
    [mark, 0, MARK_KEY_BYTES, 1],
    [mark, 0, MARK_KEY_BYTES + 1, 0],
    [complete, 1, 0, 0],
    [complete, 0, 0, 1],
    [complete, 0, 1, 0],
    [0, 0, 0, 0],
    [7, 0, 0, 0],
  ])('not with kind %i, flags %i, a key of %i and a body of %i bytes', (kind, flags, keyLength, bodyLength) => {
    expect(plausible(kind, flags, keyLength, bodyLength)).toBe(false);
  });
});

test('a record states the size that it takes when it is encoded', () => {
  const [key, value, trailer] = [new Uint8Array(5), new Uint8Array(20), new Uint8Array(16)];
  for (const content of [putOf(key, value, trailer), batchOf({ records: 1, bytes: 8 }), markOf(8), completionOf()]) {
    expect(encodeRecord(recordMemory(100), 0, content, 7, 32)).toBe(content.size);
  }
});

test('the seed of a header checksum is the salt plus the offset in units of eight bytes', () => {
  expect(headerSeed(100, 32)).toBe(104);
  expect(headerSeed(2 ** 31 - 1, 8)).toBe(-(2 ** 31));
});

test('keys up to 65,535 bytes and values up to 1 GiB are accepted', () => {
  // Only the length is read, and a test should not allocate a GiB.
  const ofLength = (length: number): Uint8Array => Object.create(Uint8Array.prototype, { length: { value: length } });
  expect(() => assertKeySize(ofLength(KEY_BYTES_MAX))).not.toThrow();
  expect(() => assertKeySize(ofLength(KEY_BYTES_MAX + 1))).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }));
  expect(() => assertValueSize(ofLength(VALUE_BYTES_MAX))).not.toThrow();
  expect(() => assertValueSize(ofLength(VALUE_BYTES_MAX + 1))).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }));
});
