/*
 * While a group of new keys is linked, a few with each put, every other operation meets keys in three places: in the list, in
 * what is left of the group, and among those that are collected for the next one. None may lose or repeat a key.
 */
import { describe, expect, test, vi } from 'vitest';
import { prefixSuccessor } from '../../src/base/prefix-successor.ts';
import { ALL_KEYS } from '../../src/key-index/index-cursor.ts';
import { InsertBuffer } from '../../src/key-index/insert-buffer.ts';
import type { KeyIndex } from '../../src/key-index/key-index.ts';
import { seededRandom } from '../../src/testing/index.ts';
import { keysOf, randomKeys, restored, seededIndex, sortedKeys } from './index-fixtures.ts';
import { indexFaults } from './index-invariants.ts';

const SIZES = { groupNodesMax: 64, linkedNodes: 4 };
const LINKED = 200;
/** One group and a quarter: half of the group is linked then. */
const WAITING = 80;

const keys: readonly Uint8Array[] = randomKeys(LINKED + WAITING);
const linked: readonly Uint8Array[] = keys.slice(0, LINKED);
const waiting: readonly Uint8Array[] = keys.slice(LINKED);
const group: readonly Uint8Array[] = sortedKeys(waiting.slice(0, SIZES.groupNodesMax));
const collected: readonly Uint8Array[] = waiting.slice(SIZES.groupNodesMax);
const later: readonly Uint8Array[] = randomKeys(500, 9);

/** An index with keys in all three places. */
function midway(): KeyIndex {
  const index = seededIndex(1, SIZES);
  for (const [i, key] of linked.entries()) index.put(key, i, 1);
  index.sections();
  for (const [i, key] of waiting.entries()) index.put(key, i, 1);
  return index;
}

function expectKeys(index: KeyIndex, expected: readonly Uint8Array[]): void {
  expect(keysOf(index)).toEqual(sortedKeys(expected));
  expect(keysOf(index, ALL_KEYS, true)).toEqual(sortedKeys(expected).reverse());
  expect(indexFaults(index)).toEqual([]);
}

function without(all: readonly Uint8Array[], removed: readonly Uint8Array[]): Uint8Array[] {
  return all.filter((key) => !removed.includes(key));
}

describe('with a group half linked', () => {
  test('each put links a few, and the group is empty before the next one is full', () => {
    const takes = vi.spyOn(InsertBuffer.prototype, 'take');
    const groups = vi.spyOn(InsertBuffer.prototype, 'beginGroup');
    const index = seededIndex(1, SIZES);
    for (const [i, key] of later.entries()) {
      const before = takes.mock.calls.length;
      index.put(key, i, 1);
      expect(takes.mock.calls.length - before).toBeLessThanOrEqual(1);
    }
    const sizes = takes.mock.results.map(({ value }) => (value as Int32Array).length);
    expect(new Set(sizes)).toEqual(new Set([4]));
    // All but the first keys, which ascend until the first one does not, have passed through a group.
    expect(groups.mock.calls.length).toBeGreaterThanOrEqual(Math.floor(later.length / 64) - 1);
    vi.restoreAllMocks();
    expectKeys(index, later);
  });

  test.each([
    ['the first of the group', [group[0]]],
    ['those that are linked next', group.slice(32, 40)],
    ['the last of the group', [group.at(-1)]],
    ['all of the group', group],
    ['the first and the last collected', [collected[0], collected.at(-1)]],
    ['all collected', collected],
    ['some in each place', [...linked.slice(0, 9), ...group.slice(20, 50), ...collected.slice(3, 9)]],
  ] as [string, Uint8Array[]][])('removes %s, and reuses their memory', (_, removed) => {
    for (const byNode of [false, true]) {
      const index = midway();
      for (const key of removed) {
        if (byNode) index.removeNode(index.find(key));
        else index.remove(key);
      }
      for (const [i, key] of later.slice(0, removed.length + 5).entries()) index.put(key, i, 1);
      expectKeys(index, [...without(keys, removed), ...later.slice(0, removed.length + 5)]);
    }
  });

  test('a cursor sees all keys, and those that are put while it walks are linked beside it', () => {
    for (const reverse of [false, true]) {
      const index = midway();
      const cursor = index.cursor(ALL_KEYS, reverse);
      const seen: Uint8Array[] = [];
      for (const [i, key] of later.entries()) {
        index.put(key, i, 1);
        if (i % 7 === 0) index.remove(later[i >> 1] as Uint8Array);
        if (i % 2 === 0 && cursor.next() !== 0) seen.push(cursor.key());
      }
      while (cursor.next() !== 0) seen.push(cursor.key());
      expect(keys.every((key) => seen.some((other) => Buffer.compare(key, other) === 0))).toBe(true);
      const removed = later.filter((_, i) => later.some((__, j) => j % 7 === 0 && j >> 1 === i));
      expectKeys(index, [...keys, ...without(later, removed)]);
    }
  });

  test('ascending keys are appended between two portions', () => {
    const index = midway();
    const expected = [...keys];
    for (let i = 0; i < 200; i += 1) {
      const last = new Uint8Array(32).fill(0xf0);
      last[31] = i;
      index.put(last, i, 1);
      index.put(later[i] as Uint8Array, i, 1);
      expected.push(last, later[i] as Uint8Array);
    }
    expectKeys(index, expected);
  });

  test('removes a run of keys in all places', () => {
    const index = midway();
    const prefix = Uint8Array.of(...new Uint8Array(12).fill(0x61), 7);
    const inside = [...keys, ...later].filter((key) => key[12] === 7);
    const more = Array.from({ length: 10 }, (_, i) => Uint8Array.of(...prefix, i));
    for (const [i, key] of [...more, ...later].entries()) index.put(key, i, 1);
    expect(index.removeInterval({ lower: prefix, upper: prefixSuccessor(prefix) })).toBe(inside.length + more.length);
    expectKeys(index, without([...keys, ...later], inside));
  });

  test('is cleared, and used again', () => {
    const index = midway();
    index.clear();
    for (const [i, key] of later.entries()) index.put(key, i, 1);
    expectKeys(index, later);
  });

  test('keys of equal prefixes, each a prefix of the next', () => {
    const index = midway();
    const alike = Array.from({ length: 150 }, (_, i) => new Uint8Array(1 + ((i * 61) % 150)).fill(0x61));
    for (const [i, key] of alike.entries()) index.put(key, i, 1);
    for (const key of alike.slice(100, 120)) index.remove(key);
    expectKeys(index, [...keys, ...alike.slice(0, 100), ...alike.slice(120)]);
  });

  test('a load continues with the group', () => {
    const index = midway();
    index.load(() => {
      for (const [i, key] of later.entries()) index.put(key, i, 1);
    });
    expectKeys(index, [...keys, ...later]);
  });

  test('a snapshot has all keys, whatever is linked later', () => {
    const index = midway();
    const snapshot = index.snapshot();
    const { state, arena, directory } = index.sections();
    const copy = { state: state.slice(), arena: arena.slice(), directory: directory.slice() };
    for (const [i, key] of later.entries()) index.put(key, i, 1);
    for (const key of waiting) index.remove(key);
    const taken: number[] = [];
    for (let run = snapshot.take(3); run !== undefined; run = snapshot.take(3)) taken.push(...run);
    expect(Int32Array.from(taken.slice(0, copy.arena.length))).toEqual(copy.arena);
    expect(Int32Array.from(taken.slice(copy.arena.length))).toEqual(copy.directory);
    expect(keysOf(restored(copy, seededRandom(1)))).toEqual(sortedKeys(keys));
    expectKeys(index, [...linked, ...later]);
  });

  test('prepare links in portions until few are left', () => {
    const index = seededIndex();
    const many = randomKeys(17_000);
    for (const [i, key] of many.entries()) index.put(key, i, 1);
    const takes = vi.spyOn(InsertBuffer.prototype, 'take');
    let shares = 1;
    for (; !index.prepare(); shares += 1) expect(takes.mock.calls.length).toBe(shares);
    vi.restoreAllMocks();
    expect(shares).toBeGreaterThan(50);
    expect(shares).toBeLessThan(70);
    expect(keysOf(index)).toEqual(sortedKeys(many));
  });
});
