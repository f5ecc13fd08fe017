/*
 * Why a second implementation here: the store's hash accepts whole words only, while most published vectors are texts
 * of odd lengths. So a slow reference is checked against the vectors, and the hash of the store against the reference.
 */
import { describe, expect, test } from 'vitest';
import { xxh32 } from '../../src/base/xxh32.ts';
import { xxh32Reference } from './xxh32-reference.ts';

const SEED_OF_VECTORS = 0x9e3779b1;

/** The sanity buffer of the xxHash project: the top byte of a 64-bit number that is multiplied repeatedly. */
function sanityBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let generator = 2654435761n;
  for (let i = 0; i < length; i += 1) {
    bytes[i] = Number(generator >> 56n);
    generator = (generator * 11400714785074694797n) % 2n ** 64n;
  }
  return bytes;
}

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('the reference', () => {
  test.each([
    ['', 0, 0x02cc5d05],
    ['', SEED_OF_VECTORS, 0x36b78ae7],
    ['a', 0, 0x550d7456],
    ['abc', 0, 0x32d153ff],
    ['Hello, world!', 0, 0x31b7405d],
    ['Nobody inspects the spammish repetition', 0, 0xe2293b2f],
  ])('hashes %j with seed %i as published', (text, seed, hash) => {
    expect(xxh32Reference(ascii(text), seed)).toBe(hash);
  });

  test.each([
    [1, 0, 0xcf65b03e],
    [1, SEED_OF_VECTORS, 0xb4545aa4],
    [14, 0, 0x1208e7e2],
    [14, SEED_OF_VECTORS, 0x6af1d1fe],
    [222, 0, 0x5bd11dbd],
    [222, SEED_OF_VECTORS, 0x58803c5f],
  ])('hashes %i bytes of the sanity buffer with seed %i as published', (length, seed, hash) => {
    expect(xxh32Reference(sanityBytes(length), seed)).toBe(hash);
  });
});

describe('xxh32', () => {
  test.each([0, 1, -1, 0x7fffffff, -0x80000000, SEED_OF_VECTORS | 0])(
    'agrees with the reference for every number of words, seed %i',
    (seed) => {
      const bytes = sanityBytes(4 * 70);
      const words = new Int32Array(bytes.buffer);
      for (let count = 0; count <= words.length; count += 1) {
        expect(xxh32(words, 0, count, seed) >>> 0).toBe(xxh32Reference(bytes.subarray(0, count * 4), seed));
      }
    },
  );

  test('reads only the given range of words', () => {
    const bytes = sanityBytes(4 * 20);
    const words = new Int32Array(bytes.buffer);
    for (let start = 0; start < 5; start += 1) {
      expect(xxh32(words, start, 9, 7) >>> 0).toBe(xxh32Reference(bytes.subarray(start * 4, (start + 9) * 4), 7));
    }
  });

  test('returns an int32', () => {
    const words = new Int32Array(sanityBytes(4 * 32).buffer);
    for (let count = 0; count < 32; count += 1) {
      const hash = xxh32(words, 0, count, 0);
      expect(hash).toBe(hash | 0);
    }
  });
});
