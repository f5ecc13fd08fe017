import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bodyValid,
  deletionOf,
  encodeRecord,
  headerPlausible,
  headerValid,
  prefixDeletionOf,
  putOf,
  type RecordContent,
  relocateRecord,
} from '../src/log/record-codec.ts';
import {
  bodyLengthAt,
  bodyOffset,
  flagsAt,
  keyLengthAt,
  kindAt,
  RECORD_ALIGNMENT,
  RECORD_HEADER_BYTES,
  recordBytes,
} from '../src/log/record-format.ts';
import { type RecordMemory, recordMemory } from '../src/log/record-memory.ts';
import { runs } from './runs.ts';

/** Offsets of records: multiples of eight bytes in a log of up to 16 GiB. */
const offset: fc.Arbitrary<number> = fc.integer({ min: 4, max: 2 ** 31 - 1 }).map((units) => units * RECORD_ALIGNMENT);
const salt: fc.Arbitrary<number> = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

const key: fc.Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: 70 });
const put: fc.Arbitrary<RecordContent> = fc
  .tuple(key, fc.uint8Array({ maxLength: 90 }), fc.uint8Array({ maxLength: 16 }), fc.constantFrom(0, 1))
  .map((parts) => putOf(...parts));
const withoutBody: fc.Arbitrary<RecordContent> = fc.oneof(key.map(deletionOf), key.map(prefixDeletionOf));

interface Placed {
  readonly content: RecordContent;
  readonly salt: number;
  readonly offset: number;
  /** The place of the record in memory, in units of eight bytes. */
  readonly unit: number;
}

const placed = (content: fc.Arbitrary<RecordContent>): fc.Arbitrary<Placed> =>
  fc.record({ content, salt, offset, unit: fc.integer({ min: 0, max: 3 }) });

/** Memory with other contents and the record; and where the record starts and ends. */
function encoded({ content, salt: fileSalt, offset: at, unit }: Placed): {
  memory: RecordMemory;
  start: number;
  size: number;
} {
  const memory = recordMemory(RECORD_HEADER_BYTES * 20);
  memory.bytes.fill(0xa5);
  const start = unit * RECORD_ALIGNMENT;
  return { memory, start, size: encodeRecord(memory, start, content, fileSalt, at) };
}

function accepted(memory: RecordMemory, start: number, fileSalt: number, at: number): boolean {
  const word = start >>> 2;
  // As readers do: only the header is read before its lengths are known to be within the memory.
  if (!headerPlausible(memory.words, word)) return false;
  if (start + recordBytes(keyLengthAt(memory.words, word), bodyLengthAt(memory.words, word)) > memory.bytes.length) {
    return false;
  }
  return headerValid(memory.words, word, fileSalt, at) && bodyValid(memory.words, word);
}

describe('a record', () => {
  test('is decoded as it was encoded, and no other memory is changed', () => {
    fc.assert(
      fc.property(placed(fc.oneof(put, withoutBody)), (record) => {
        const { memory, start, size } = encoded(record);
        const { content } = record;
        const { bytes, words } = memory;
        expect(accepted(memory, start, record.salt, record.offset)).toBe(true);
        expect(size % RECORD_ALIGNMENT).toBe(0);
        expect([kindAt(words, start >>> 2), flagsAt(words, start >>> 2)]).toEqual([content.kind, content.flags]);
        const keyEnd = start + RECORD_HEADER_BYTES + content.key.length;
        const bodyStart = start + bodyOffset(content.key.length);
        expect(bytes.slice(start + RECORD_HEADER_BYTES, keyEnd)).toEqual(content.key);
        const body = [...content.value, ...content.trailer];
        expect([...bytes.slice(bodyStart, bodyStart + bodyLengthAt(words, start >>> 2))]).toEqual(body);
        const padding = [...bytes.slice(keyEnd, bodyStart), ...bytes.slice(bodyStart + body.length, start + size)];
        expect(padding.every((byte) => byte === 0)).toBe(true);
        const beside = [...bytes.slice(0, start), ...bytes.slice(start + size)];
        expect(beside.every((byte) => byte === 0xa5)).toBe(true);
      }),
      { numRuns: runs(100) },
    );
  });

  test('is refused with any of its bytes changed, padding included', () => {
    fc.assert(
      fc.property(placed(fc.oneof(put, withoutBody)), fc.integer({ min: 1, max: 255 }), (record, mask) => {
        const { memory, start, size } = encoded(record);
        for (let at = start; at < start + size; at += 1) {
          memory.bytes[at] = (memory.bytes[at] as number) ^ mask;
          expect({ at: at - start, accepted: accepted(memory, start, record.salt, record.offset) }).toEqual({
            at: at - start,
            accepted: false,
          });
          memory.bytes[at] = (memory.bytes[at] as number) ^ mask;
        }
      }),
      { numRuns: runs(60) },
    );
  });

  test('is refused at any other offset and in any other file', () => {
    fc.assert(
      fc.property(placed(fc.oneof(put, withoutBody)), offset, salt, (record, otherOffset, otherSalt) => {
        const { memory, start } = encoded(record);
        fc.pre(otherOffset !== record.offset && otherSalt !== record.salt);
        expect(accepted(memory, start, record.salt, otherOffset)).toBe(false);
        expect(accepted(memory, start, otherSalt, record.offset)).toBe(false);
      }),
      { numRuns: runs(100) },
    );
  });

  test('can be moved to another offset without hashing its body', () => {
    fc.assert(
      fc.property(placed(put), offset, salt, (record, newOffset, newSalt) => {
        fc.pre(newOffset !== record.offset || newSalt !== record.salt);
        const moved = encoded(record);
        relocateRecord(moved.memory, moved.start, 0, newSalt, newOffset);
        const written = encoded({
          ...record,
          content: { ...record.content, flags: 0 },
          salt: newSalt,
          offset: newOffset,
        });
        expect(moved.memory.bytes).toEqual(written.memory.bytes);
      }),
      { numRuns: runs(100) },
    );
  });
});

describe('arbitrary bytes', () => {
  test('are not a record', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), salt, offset, (bytes, fileSalt, at) => {
        const memory = recordMemory(64);
        memory.bytes.set(bytes);
        expect(accepted(memory, 0, fileSalt, at)).toBe(false);
      }),
      { numRuns: runs(2000) },
    );
  });
});
