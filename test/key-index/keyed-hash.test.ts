import { describe, expect, test } from 'vitest';
import { halfSipHash13 } from '../../src/key-index/key-words.ts';
import { seededRandom } from '../../src/testing/index.ts';

// Published for the bytes 0, 1, 2, ... of each length from 0 to 63 under the key 03020100 07060504 (hsiphash of the Linux
// kernel on 32-bit machines, lib/test_siphash.c, which is HalfSipHash-1-3). These are the lengths of whole words.
const VECTORS = [
  0x5814c896, 0x7e059ea6, 0x577999b1, 0x6b28096c, 0x8b31d501, 0x911bb605, 0x57150ad7, 0x0a4100d0, 0xbc6dda8d,
  0x7c46fb7f, 0x05327eb2, 0x11795ab1, 0x007783eb, 0xc368dda6, 0x53ecd77e, 0x88b4c4cc,
];

function wordsFrom(bytes: Uint8Array): Int32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Int32Array.from({ length: bytes.length >>> 2 }, (_, i) => view.getInt32(i * 4, true));
}

const rotate = (value: bigint, bits: bigint): bigint => BigInt.asUintN(32, (value << bits) | (value >> (32n - bits)));
const add = (left: bigint, right: bigint): bigint => BigInt.asUintN(32, left + right);

/** The definition, written to be compared with the paper, not for speed. */
function modelHash(words: readonly bigint[], byteLength: number, key0: bigint, key1: bigint): bigint {
  let [v0, v1, v2, v3] = [key0, key1, 0x6c796765n ^ key0, 0x74656462n ^ key1];
  const round = (): void => {
    v0 = add(v0, v1);
    v1 = rotate(v1, 5n) ^ v0;
    v0 = rotate(v0, 16n);
    v2 = add(v2, v3);
    v3 = rotate(v3, 8n) ^ v2;
    v0 = add(v0, v3);
    v3 = rotate(v3, 7n) ^ v0;
    v2 = add(v2, v1);
    v1 = rotate(v1, 13n) ^ v2;
    v2 = rotate(v2, 16n);
  };
  for (const word of [...words, BigInt.asUintN(32, BigInt(byteLength) << 24n)]) {
    v3 ^= word;
    round();
    v0 ^= word;
  }
  v2 ^= 0xffn;
  for (let i = 0; i < 3; i += 1) round();
  return v1 ^ v3;
}

describe('halfSipHash13', () => {
  test('agrees with the published vectors of whole words', () => {
    const hashes = VECTORS.map((_, i) => {
      const words = wordsFrom(Uint8Array.from({ length: i * 4 }, (_value, byte) => byte));
      return halfSipHash13(words, words.length, i * 4, 0x03020100, 0x07060504) >>> 0;
    });
    expect(hashes).toEqual(VECTORS);
  });

  test('agrees with the definition for any words, lengths and keys', () => {
    const random = seededRandom(42);
    for (let round = 0; round < 300; round += 1) {
      const words = Int32Array.from({ length: random() % 20 }, () => random());
      const byteLength = words.length * 4 - (words.length > 0 ? random() % 4 : 0);
      const [key0, key1] = [random() | 0, random() | 0];
      const expected = modelHash(
        Array.from(words, (word) => BigInt(word >>> 0)),
        byteLength,
        BigInt(key0 >>> 0),
        BigInt(key1 >>> 0),
      );
      expect(halfSipHash13(words, words.length, byteLength, key0, key1) >>> 0).toBe(Number(expected));
    }
  });

  test('reads no word beyond the count', () => {
    const hash = halfSipHash13(Int32Array.of(1, 2, 3), 2, 8, 5, 6);
    expect(halfSipHash13(Int32Array.of(1, 2, 99), 2, 8, 5, 6)).toBe(hash);
  });

  // Padded with zeros, such keys are the same words.
  test('distinguishes keys that differ only in zeros at the end', () => {
    const hashes = [1, 2, 3, 4].map((byteLength) => halfSipHash13(Int32Array.of(0), 1, byteLength, 5, 6));
    expect(new Set(hashes).size).toBe(4);
  });
});
