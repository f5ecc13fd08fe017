/*
 * How many new nodes wait together, and with what memory. In the index a mistake here costs only time or memory, until a
 * node is lost: then its key is found and missing from every range.
 */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { InsertBuffer } from '../../src/key-index/insert-buffer.ts';
import { KeyWords } from '../../src/key-index/key-words.ts';
import { headerWord, KEY_WORD, nextWord } from '../../src/key-index/node-layout.ts';

const GROUP = 1024;
const INITIAL = 64;
const NODE_WORDS: number = 1 + KEY_WORD + 1;
const NODES = 5000;

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
  const { count } = buffer;
  const nodes = buffer.takeSorted(words).slice(0, count);
  expect(buffer.count).toBe(0);
  return [...nodes].map((node) => keyOf((node - 1) / NODE_WORDS));
}

function sortedKeys(...nodes: number[]): number[] {
  return nodes.map(keyOf).sort((a, b) => a - b);
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** How many nodes the buffer has memory for. */
function capacityOf(buffer: InsertBuffer): number {
  expect(buffer.count).toBe(0);
  return buffer.takeSorted(words).length;
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
  test('is full with 1,024 nodes, which it returns in the order of their keys', () => {
    const buffer = new InsertBuffer();
    for (let round = 0; round < 2; round += 1) {
      expect(add(buffer, 0, GROUP)).toEqual([...range(1, GROUP).map(() => true), false]);
      expect(buffer.count).toBe(GROUP);
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
    for (const i of [0, 9, 4]) buffer.remove(words, nodeOf(i));
    // The place of a removed node was given to another one, which can be removed from there.
    for (const i of [8, 7]) buffer.remove(words, nodeOf(i));
    expect(buffer.count).toBe(5);
    expect(take(buffer)).toEqual(sortedKeys(1, 2, 3, 5, 6));
  });

  test('is empty after a reset', () => {
    const buffer = new InsertBuffer();
    add(buffer, 0, 10);
    buffer.reset();
    expect(buffer.count).toBe(0);
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
