// Why this test: four fields share the header word of a node. One that overflows into another changes a key's length or
// a tower's height, which shows much later and elsewhere.
import { describe, expect, test } from 'vitest';
import {
  addUse,
  dropUse,
  HEIGHT_MAX,
  headerWord,
  heightFrom,
  heightOf,
  isHeld,
  KEY_BYTES_MAX,
  KEY_WORD,
  keyBytesOf,
  keyWordCount,
  nextWord,
  nodeWordCount,
  nodeWordsAtMost,
  setHeld,
  USES_MAX,
  usesOf,
} from '../../src/key-index/node-layout.ts';

const NODE = 3;

function wordsOf(keyBytes: number, height: number): Int32Array {
  const words = new Int32Array(8).fill(-1);
  words[NODE] = headerWord(keyBytes, height);
  return words;
}

function fieldsOf(words: Int32Array): unknown[] {
  return [keyBytesOf(words, NODE), heightOf(words, NODE), usesOf(words, NODE), isHeld(words, NODE)];
}

describe.each([
  [0, 1],
  [1, HEIGHT_MAX],
  [KEY_BYTES_MAX, 1],
  [KEY_BYTES_MAX, HEIGHT_MAX],
])('the header of a key of %d bytes and a tower of %d levels', (keyBytes, height) => {
  test('has all its fields, whatever the others are', () => {
    const words = wordsOf(keyBytes, height);
    expect(fieldsOf(words)).toEqual([keyBytes, height, 0, false]);
    for (const held of [true, true, false, false, true]) {
      setHeld(words, NODE, held);
      expect(fieldsOf(words)).toEqual([keyBytes, height, 0, held]);
    }
    for (const uses of [1, 2, 3, 3, 3]) {
      addUse(words, NODE);
      expect(fieldsOf(words)).toEqual([keyBytes, height, uses, true]);
    }
    setHeld(words, NODE, false);
    for (const uses of [2, 1, 0]) {
      dropUse(words, NODE);
      expect(fieldsOf(words)).toEqual([keyBytes, height, uses, false]);
    }
    expect(words).toEqual(wordsOf(keyBytes, height));
  });
});

test('uses are counted up to three', () => {
  expect(USES_MAX).toBe(3);
});

test('one node in four has another level, up to sixteen', () => {
  const heights = [0xffffffff, 0x80000000, 0x40000000, 0x3fffffff, 0x10000000, 0x0fffffff, 1, 0].map(heightFrom);
  expect(heights).toEqual([1, 1, 1, 2, 2, 3, HEIGHT_MAX, HEIGHT_MAX]);
});

test('a node takes its tower, its fields and the words of its key', () => {
  expect([0, 1, 4, 5, 8, KEY_BYTES_MAX].map(keyWordCount)).toEqual([0, 1, 1, 2, 2, 16_384]);
  expect([nodeWordCount(0, 1), nodeWordCount(5, 3)]).toEqual([1 + KEY_WORD, 3 + KEY_WORD + 2]);
  expect([0, 1, 15].map((level) => nextWord(100, level))).toEqual([99, 98, 84]);
});

test('the bound for many nodes has room for padding and for towers of two levels, and some more', () => {
  expect(nodeWordsAtMost(0, 0)).toBe(64);
  expect(nodeWordsAtMost(9, 2)).toBe(3 + 2 + 2 * (KEY_WORD + 2) + 64);
  for (const nodes of [1, 10, 1000]) {
    expect(nodeWordsAtMost(5 * nodes, nodes)).toBeGreaterThanOrEqual(nodes * nodeWordCount(5, 2) + 64);
  }
});
