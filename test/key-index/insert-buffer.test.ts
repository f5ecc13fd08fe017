/*
 * How many new nodes wait together, and with what memory. In the index a mistake here costs only time or memory, until a
 * node is lost: then its key is found and missing from every range.
 */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { InsertBuffer } from '../../src/key-index/insert-buffer.ts';
import { KeyWords } from '../../src/key-index/key-words.ts';
import { headerWord, KEY_WORD, nextWord } from '../../src/key-index/node-layout.ts';

const GROUP = 16_384;
const INITIAL = 64;
const NODE_WORDS: number = 1 + KEY_WORD + 1;
const NODES = 20_000;

/** Node `i` has a key of four bytes; the order of the keys is not that of the nodes. */
const words = new Int32Array(NODES * NODE_WORDS);
const nodeOf = (i: number): number => 1 + i * NODE_WORDS;
const keyOf = (i: number): number => (i * 3119) % NODES;
for (let i = 0; i < NODES; i += 1) {
  const key = new KeyWords();
  const number = keyOf(i);
  key.load(Uint8Array.of(0, number >>> 16, number >>> 8, number), 0, 4);
  words[nodeOf(i)] = headerWord(4, 1);
  key.storeNode(words, nodeOf(i));
}

/** Adds nodes; returns what `makeRoom` returned after each. */
function add(buffer: InsertBuffer, from: number, to: number): boolean[] {
  return Array.from({ length: to - from }, (_, i) => {
    buffer.add(words, nodeOf(from + i));
    return buffer.makeRoom();
  });
}

/** The keys of the buffer in the order in which it returns its nodes, which empties it. */
function take(buffer: InsertBuffer): number[] {
  const { collected } = buffer;
  buffer.beginGroup(words);
  expect([buffer.collected, buffer.left]).toEqual([0, collected]);
  return takeRest(buffer);
}

/** The keys of what is left of the group. */
function takeRest(buffer: InsertBuffer): number[] {
  const nodes = buffer.take(buffer.left);
  expect(buffer.left).toBe(0);
  return [...nodes].map((node) => keyOf((node - 1) / NODE_WORDS));
}

function sortedKeys(...nodes: number[]): number[] {
  return nodes.map(keyOf).sort((a, b) => a - b);
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

function remove(buffer: InsertBuffer, ...nodes: number[]): void {
  for (const i of nodes) {
    const key = new KeyWords();
    key.loadNode(words, nodeOf(i));
    buffer.remove(words, nodeOf(i), key);
  }
}

/** How many nodes the buffer has memory for. */
function capacityOf(buffer: InsertBuffer): number {
  expect(buffer.collected + buffer.left).toBe(0);
  return buffer.take(0).buffer.byteLength / Int32Array.BYTES_PER_ELEMENT;
}

/** Lets allocations of more than `wordsMax` words fail with `error`. */
function limitMemory(wordsMax: number, error: Error): void {
  const limited = new Proxy(Int32Array, {
    construct(type, args) {
      if (args[0] > wordsMax) throw error;
      return Reflect.construct(type, args);
    },
  });
  vi.stubGlobal('Int32Array', limited);
}

afterEach(() => vi.unstubAllGlobals());

describe('a buffer', () => {
  test('is full with 16,384 nodes, which it returns in the order of their keys', () => {
    const buffer = new InsertBuffer();
    for (let round = 0; round < 2; round += 1) {
      expect(add(buffer, 0, GROUP)).toEqual([...range(1, GROUP).map(() => true), false]);
      expect(buffer.collected).toBe(GROUP);
      expect(take(buffer)).toEqual(sortedKeys(...range(0, GROUP)));
      expect(buffer.makeRoom()).toBe(true);
    }
  });

  test('has memory for few nodes at first, and grows', () => {
    const buffer = new InsertBuffer();
    expect(capacityOf(buffer)).toBe(INITIAL);
    add(buffer, 0, INITIAL - 1);
    take(buffer);
    expect(capacityOf(buffer)).toBe(INITIAL);
    add(buffer, 0, INITIAL);
    take(buffer);
    expect(capacityOf(buffer)).toBe(2 * INITIAL);
  });

  test('removes any of its nodes, and keeps the others', () => {
    const buffer = new InsertBuffer();
    add(buffer, 0, 10);
    remove(buffer, 0, 9, 4);
    // The place of a removed node was given to another one, which can be removed from there.
    remove(buffer, 8, 7);
    expect(buffer.collected).toBe(5);
    expect(take(buffer)).toEqual(sortedKeys(1, 2, 3, 5, 6));
  });

  test('removes nodes of a group, while others are collected at the same positions', () => {
    const buffer = new InsertBuffer();
    add(buffer, 0, 30);
    buffer.beginGroup(words);
    add(buffer, 100, 120);
    const [first, second, ...others] = range(0, 30).sort((a, b) => keyOf(a) - keyOf(b)) as [
      number,
      number,
      ...number[],
    ];
    expect([...buffer.take(2)]).toEqual([nodeOf(first), nodeOf(second)]);
    const removed = [others[0], others[13], others.at(-1)] as number[];
    remove(buffer, ...removed, 100, 119, 107);
    expect([buffer.left, buffer.collected]).toEqual([25, 17]);
    expect(takeRest(buffer)).toEqual(sortedKeys(...others.filter((i) => !removed.includes(i))));
    expect(take(buffer)).toEqual(sortedKeys(...range(101, 119).filter((i) => i !== 107)));
  });

  test('keeps what is left of a group when it grows', () => {
    const buffer = new InsertBuffer();
    add(buffer, 0, 50);
    buffer.beginGroup(words);
    buffer.take(20);
    add(buffer, 100, 100 + 2 * INITIAL);
    remove(buffer, 100);
    const left = range(0, 50)
      .sort((a, b) => keyOf(a) - keyOf(b))
      .slice(20);
    expect(takeRest(buffer)).toEqual(sortedKeys(...left));
    expect(take(buffer)).toEqual(sortedKeys(...range(101, 100 + 2 * INITIAL)));
  });

  test('is empty after a reset', () => {
    const buffer = new InsertBuffer();
    add(buffer, 0, 10);
    buffer.beginGroup(words);
    add(buffer, 10, 20);
    buffer.reset();
    expect([buffer.collected, buffer.left]).toEqual([0, 0]);
    add(buffer, 20, 22);
    expect(take(buffer)).toEqual(sortedKeys(20, 21));
  });

  test('holds its nodes, and none that is linked, be it the last of the list', () => {
    add(new InsertBuffer(), 0, 2);
    for (const i of [0, 1]) expect(InsertBuffer.holds(words, nodeOf(i))).toBe(true);
    for (const next of [0, 1, 77]) {
      words[nextWord(nodeOf(0), 0)] = next;
      expect(InsertBuffer.holds(words, nodeOf(0))).toBe(false);
    }
  });
});

describe('a load', () => {
  test('lets more nodes wait, and releases their memory at its end', () => {
    const buffer = new InsertBuffer();
    buffer.beginLoading();
    expect(add(buffer, 0, NODES).every((hasRoom) => hasRoom)).toBe(true);
    expect(take(buffer)).toEqual(range(0, NODES));
    buffer.endLoading();
    expect(capacityOf(buffer)).toBe(INITIAL);
    expect(add(buffer, 0, GROUP).lastIndexOf(true)).toBe(GROUP - 2);
  });

  test('of fewer nodes than a group keeps the memory', () => {
    for (const [nodes, capacity] of [
      [INITIAL, 2 * INITIAL],
      [GROUP - 1, GROUP],
    ] as const) {
      const buffer = new InsertBuffer();
      buffer.beginLoading();
      add(buffer, 0, nodes);
      take(buffer);
      buffer.endLoading();
      expect(capacityOf(buffer)).toBe(capacity);
    }
  });
});

describe('without memory', () => {
  test('a buffer is full with what it has, and loses nothing', () => {
    const buffer = new InsertBuffer();
    limitMemory(INITIAL, new RangeError('Array buffer allocation failed'));
    expect(add(buffer, 0, INITIAL)).toEqual([...range(1, INITIAL).map(() => true), false]);
    vi.unstubAllGlobals();
    expect(take(buffer)).toEqual(sortedKeys(...range(0, INITIAL)));
  });

  test('any other error is thrown', () => {
    const buffer = new InsertBuffer();
    limitMemory(INITIAL, new TypeError('a mistake'));
    expect(() => add(buffer, 0, INITIAL)).toThrow('a mistake');
  });
});
