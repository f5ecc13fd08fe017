import { describe, expect, test } from 'vitest';
import { KeyWords } from '../../src/key-index/key-words.ts';
import { headerWord, LOCATION_WORD, nodeWordCount, UNITS_WORD } from '../../src/key-index/node-layout.ts';
import { NodeSort } from '../../src/key-index/node-sort.ts';
import { seededRandom } from '../../src/testing/index.ts';
import { sortedKeys } from './index-fixtures.ts';

const NODES_MAX = 2048;
const random = seededRandom(11);

/** The order word of four zero bytes. */
const ZEROS: number = 0x80000000 | 0;

/**
 * Sorts nodes of the given keys, which must be distinct, and returns their keys in that order. `field` is the location and
 * the units of a node, which must not matter.
 */
function sortAsNodes(sort: NodeSort, keys: readonly Uint8Array[], field: () => number = random): Uint8Array[] {
  const key = new KeyWords();
  const words = new Int32Array(keys.reduce((sum, bytes) => sum + nodeWordCount(bytes.length, 1), 1));
  let end = 1;
  const nodes = Int32Array.from(keys, (bytes) => {
    const node = end + 1;
    end += nodeWordCount(bytes.length, 1);
    words[node] = headerWord(bytes.length, 1);
    words[node + LOCATION_WORD] = field();
    words[node + UNITS_WORD] = field();
    key.load(bytes, 0, bytes.length);
    key.storeNode(words, node);
    return node;
  });
  sort.sort(words, nodes, nodes.length, new Int32Array(nodes.length));
  return Array.from(nodes, (node) => {
    key.loadNode(words, node);
    return key.toBytes();
  });
}

function distinct(keys: readonly Uint8Array[]): Uint8Array[] {
  return [...new Map(keys.map((key) => [Buffer.from(key).toString('hex'), key])).values()].slice(0, NODES_MAX);
}

function keysOf(count: number, make: (i: number) => Uint8Array): Uint8Array[] {
  return distinct(Array.from({ length: count }, (_, i) => make(i)));
}

const families: readonly (readonly [name: string, make: (i: number) => Uint8Array])[] = [
  ['random', () => Uint8Array.from({ length: 20 }, () => random())],
  ['random after a shared prefix', () => Uint8Array.from({ length: 30 }, (_, at) => (at < 15 ? 1 : random()))],
  [
    'alike in the first word that differs',
    () => Uint8Array.from({ length: 12 }, (_, at) => random() % (at < 7 ? 2 : 256)),
  ],
  ['of zeros, each a prefix of the next', (i) => new Uint8Array((i * 7919) % 601)],
  ['of ones, each a prefix of the next', (i) => new Uint8Array((i * 7919) % 601).fill(0xff)],
  [
    'alike in many words, in pairs',
    (i) => Uint8Array.from({ length: 41 }, (_, at) => (at < 40 ? ((i >>> 1) >>> (at >>> 2)) & 3 : i & 1)),
  ],
  [
    'alike in their words, of other lengths',
    (i) => Uint8Array.from({ length: 8 + (i & 3) }, (_, at) => (at < 8 ? ((i >>> 2) >>> at) & 1 : 0)),
  ],
  [
    'around the sign bit',
    () => Uint8Array.from({ length: random() % 9 }, () => [0, 0x7f, 0x80, 0xff][random() % 4] ?? 0),
  ],
];

describe('NodeSort', () => {
  const sort = new NodeSort(NODES_MAX);

  test.each(families)('sorts keys that are %s', (_name, make) => {
    for (const count of [1, 2, 12, 13, 100, NODES_MAX]) {
      const keys = keysOf(count, make);
      expect(sortAsNodes(sort, keys)).toEqual(sortedKeys(keys));
    }
  });

  test('sorts by the words of keys and by no other words', () => {
    const wordsOf = (...bytes: number[]): Uint8Array => Uint8Array.from({ length: 12 }, (_, i) => bytes[i >>> 2] ?? 0);
    const others = Array.from({ length: 20 }, (_, i) => i + 1);
    for (const keys of [
      // Only the second word of the first key is the units and the location of each node.
      [wordsOf(1, 0, 0), ...others.map((i) => wordsOf(1, 30 - i, 0))],
      // Only the first key does not have it.
      [wordsOf(1, 5, 0), ...others.map((i) => wordsOf(1, 0, 30 - i))],
    ]) {
      expect(sortAsNodes(sort, keys, () => ZEROS)).toEqual(sortedKeys(keys));
    }
  });

  test('keeps sorted keys and reverses reversed ones', () => {
    const keys = sortedKeys(keysOf(500, () => Uint8Array.from({ length: 8 }, () => random() % 3)));
    expect(sortAsNodes(sort, keys)).toEqual(keys);
    expect(sortAsNodes(sort, [...keys].reverse())).toEqual(keys);
  });
});
