// Why these tests: a prefix is a range of three columns. A range that is too wide deletes what it must not; one that is too
// narrow leaves a state that was invalidated.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { startsWith } from '../../src/base/byte-keys.ts';
import { joinedParts, type StoredRange, storedKey, storedRange } from '../../src/postgres/stored-key.ts';

const PART = 1_024;

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

// Lengths around those of the parts, few different bytes, and the two that are special: the end of a stream, and the highest.
const length = fc.oneof(
  fc.nat(6),
  fc.integer({ min: PART - 2, max: PART + 2 }),
  fc.integer({ min: 2 * PART - 2, max: 2 * PART + 3 }),
);
const keys: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    length,
    fc.constantFrom(0xff, 0x61, 0),
    fc.array(fc.tuple(fc.nat(2 * PART), fc.constantFrom(0, 0x61, 0xff)), { maxLength: 4 }),
  )
  .map(([bytes, fill, changes]) => {
    const key = new Uint8Array(bytes).fill(fill);
    for (const [at, byte] of changes) if (at < bytes) key[at] = byte;
    return key;
  });

function compare(one: Uint8Array, other: Uint8Array): number {
  return Buffer.compare(one, other);
}

/** What the conditions of the statements say about the row of a key. */
function isInRange(key: Uint8Array, range: StoredRange): boolean {
  const { stream, rest, tail } = storedKey(key);
  const isInStreams = range.isInStream
    ? compare(stream, range.stream) === 0
    : compare(stream, range.stream) >= 0 && compare(stream, range.streamEnd) < 0;
  const isInRest = compare(rest, range.rest) >= 0 && compare(rest, range.restEnd) < 0;
  return isInStreams && isInRest && startsWith(tail, range.tail);
}

test('the rows of a range are those of the keys that start with its prefix', () => {
  const pairs = fc.oneof(
    fc.tuple(keys, keys),
    keys.chain((key) =>
      fc.tuple(
        fc.constant(key),
        fc.nat(key.length).map((bytes) => key.slice(0, bytes)),
      ),
    ),
  );
  fc.assert(
    fc.property(pairs, ([key, prefix]) => {
      expect(isInRange(key, storedRange(prefix))).toBe(startsWith(key, prefix));
    }),
    { numRuns: 2_000 },
  );
});

test('the parts of a key are the key, and those of different keys differ', () => {
  fc.assert(
    fc.property(keys, keys, (one, other) => {
      const [a, b] = [storedKey(one), storedKey(other)];
      expect(joinedParts(a.stream, a.rest, a.tail)).toEqual(one);
      const isSame = [a.stream, a.rest, a.tailDigest].every(
        (part, at) => compare(part, [b.stream, b.rest, b.tailDigest][at] as Uint8Array) === 0,
      );
      expect(isSame).toBe(compare(one, other) === 0);
    }),
  );
});

test('rows are in the order of their keys, as far as their tails are equal', () => {
  fc.assert(
    fc.property(keys, keys, (one, other) => {
      const [a, b] = [storedKey(one), storedKey(other)];
      if (compare(a.tail, b.tail) !== 0) return;
      const order = compare(a.stream, b.stream) || compare(a.rest, b.rest);
      expect(Math.sign(order)).toBe(Math.sign(compare(one, other)));
    }),
  );
});

describe('the parts', () => {
  test('of a key of a projector are its stream with the NUL, and what follows', () => {
    const { stream, rest, tail, tailDigest } = storedKey(utf8('order:507\0total'));
    expect([stream, rest, tail, tailDigest]).toEqual([utf8('order:507\0'), utf8('total'), utf8(''), utf8('')]);
  });

  test('fit into an entry of an index, whatever the key', () => {
    const { stream, rest, tailDigest } = storedKey(new Uint8Array(65_535).fill(0xff));
    expect(stream.length + rest.length + tailDigest.length).toBeLessThan(2_704);
    expect(tailDigest).toHaveLength(32);
  });
});

describe('the range', () => {
  test.each([
    ['of everything', '', false],
    ['of a stream', 'order:507\0', true],
    ['of some keys of a stream', 'order:507\0to', true],
    ['of several streams', 'order:', false],
  ])('%s is in one stream: %o', (_name, prefix, isInStream) => {
    expect(storedRange(utf8(prefix)).isInStream).toBe(isInStream);
  });

  test('of bytes 0xFF has an end nevertheless, so that the statement is the same', () => {
    const all = new Uint8Array(PART + 1).fill(0xff);
    expect(storedRange(Uint8Array.of(0xff, 0xff))).toMatchObject({ streamEnd: all, restEnd: all });
    expect(storedRange(new Uint8Array(0))).toMatchObject({ stream: utf8(''), streamEnd: all });
    expect(storedRange(utf8('a\0b'))).toMatchObject({ streamEnd: utf8('a\u0001'), restEnd: utf8('c') });
  });
});
