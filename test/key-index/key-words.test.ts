import { describe, expect, test } from 'vitest';
import { BOUND_BYTES_MAX, compareNode, KeyWords, nodeHolds } from '../../src/key-index/key-words.ts';
import { headerWord, KEY_WORD } from '../../src/key-index/node-layout.ts';
import { seededRandom } from '../../src/testing/index.ts';

function keyWords(bytes: Uint8Array): KeyWords {
  const key = new KeyWords();
  key.load(bytes, 0, bytes.length);
  return key;
}

const NODE = 5;

function nodeOf(bytes: Uint8Array): Int32Array {
  const nodes = new Int32Array(NODE + KEY_WORD + bytes.length);
  nodes[NODE] = headerWord(bytes.length, 3);
  keyWords(bytes).storeNode(nodes, NODE);
  return nodes;
}

// Around the sign bit, around zero padding, and across word boundaries.
const samples: Uint8Array[] = [
  [],
  [0],
  [0, 0],
  [0, 0, 0, 0],
  [0, 0, 0, 0, 0],
  [0, 0, 0, 1],
  [0x7f, 0xff, 0xff, 0xff],
  [0x7f, 0xff, 0xff, 0xff, 0],
  [0x80],
  [0x80, 0, 0, 0, 0xff],
  [0xff],
  [0xff, 0xff, 0xff, 0xff],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [1, 2, 3, 4, 5, 6, 7, 8],
  [1, 2, 3, 4, 5, 6, 7, 9],
].map((bytes) => Uint8Array.from(bytes));

describe('KeyWords', () => {
  test('order keys as their bytes do', () => {
    for (const left of samples) {
      for (const right of samples) {
        const expected = Math.sign(Buffer.compare(left, right));
        expect(Math.sign(compareNode(nodeOf(left), NODE, keyWords(right)))).toBe(expected);
        expect(nodeHolds(nodeOf(left), NODE, keyWords(right))).toBe(expected === 0);
      }
    }
  });

  test('return the bytes, from bytes and from a node', () => {
    const random = seededRandom(3);
    const key = new KeyWords();
    for (let length = 0; length < 100; length += 1) {
      const bytes = Uint8Array.from({ length }, () => random());
      key.load(bytes, 0, length);
      expect(key.toBytes()).toEqual(bytes);
      key.loadNode(nodeOf(bytes), NODE);
      expect(key.toBytes()).toEqual(bytes);
    }
  });

  test('accept a part of the bytes, at any offset', () => {
    const bytes = Uint8Array.from({ length: 40 }, (_, i) => 250 - i);
    const key = new KeyWords();
    for (let start = 0; start <= bytes.length; start += 1) {
      key.load(bytes, start, bytes.length);
      expect(key.toBytes()).toEqual(bytes.slice(start));
      key.load(bytes, 0, start);
      expect(key.toBytes()).toEqual(bytes.slice(0, start));
    }
  });

  // Whatever follows the key in memory, its last word is padded with zeros: it is hashed and compared.
  test('are the same for a part of the bytes as for these bytes alone', () => {
    const bytes = new Uint8Array(60).fill(0xff);
    const key = new KeyWords();
    for (let start = 0; start < 8; start += 1) {
      for (let length = 0; length < 40; length += 1) {
        key.load(bytes, start, start + length);
        const alone = keyWords(bytes.slice(start, start + length));
        expect(key.count).toBe(Math.ceil(length / 4));
        expect(key.words.slice(0, key.count)).toEqual(alone.words.slice(0, alone.count));
      }
    }
  });

  test.each([
    [0, 5],
    [-1, 2],
    [3, 2],
    [Number.NaN, 2],
  ])('refuse the range %s..%s of four bytes', (start, end) => {
    expect(() => new KeyWords().load(new Uint8Array(4), start, end)).toThrow(
      new RangeError(`key range ${start}..${end} is not within the 4 bytes`),
    );
  });

  test('accept the longest bound and nothing longer', () => {
    const key = new KeyWords();
    const longest = Uint8Array.from({ length: BOUND_BYTES_MAX }, (_, i) => i % 251);
    key.load(longest, 0, BOUND_BYTES_MAX);
    expect(key.byteLength).toBe(65_536);
    expect(Buffer.compare(key.toBytes(), longest)).toBe(0);
    expect(() => key.load(new Uint8Array(BOUND_BYTES_MAX + 1), 0, BOUND_BYTES_MAX + 1)).toThrow(/at most 65536/);
  });
});
