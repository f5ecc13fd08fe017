import { describe, expect, test } from 'vitest';
import { StoreError } from '../../src/base/store-error.ts';
import type { IndexImageSections } from '../../src/key-index/index-image-sections.ts';
import { StateReader, StateWriter } from '../../src/key-index/index-image-sections.ts';
import type { KeyIndex } from '../../src/key-index/key-index.ts';
import { seededRandom } from '../../src/testing/index.ts';
import { keysOf, randomKeys, restored, seededIndex } from './index-fixtures.ts';
import { indexFaults } from './index-invariants.ts';

const keys = [...randomKeys(8000), new Uint8Array(0), new Uint8Array(700).fill(5), new Uint8Array(700).fill(6)];

/** An index with free blocks of several sizes, including large ones. */
function usedIndex(): KeyIndex {
  const index = seededIndex();
  for (const [i, key] of keys.entries()) index.put(key, i, i + 1);
  for (let i = 0; i < keys.length; i += 5) index.remove(keys[i] as Uint8Array);
  index.remove(keys.at(-1) as Uint8Array);
  return index;
}

function copied(sections: IndexImageSections): IndexImageSections {
  return {
    state: sections.state.slice(),
    arena: sections.arena.slice(),
    directory: sections.directory.slice(),
  };
}

function expectSame(other: KeyIndex, index: KeyIndex): void {
  expect([other.size, other.recordUnits, other.bytes]).toEqual([index.size, index.recordUnits, index.bytes]);
  expect(keysOf(other)).toEqual(keysOf(index));
  const wrong = keys.filter((key) => {
    const [here, there] = [other.find(key), index.find(key)];
    return here !== there || other.location(here) !== index.location(there);
  });
  expect(wrong).toEqual([]);
  expect(indexFaults(other)).toEqual([]);
}

describe('sections', () => {
  test.each([
    ['copied', copied],
    ['read from the memory of the index', (sections: IndexImageSections) => sections],
  ])('restore the same index when %s', (_name, pass) => {
    const index = usedIndex();
    const again = restored(pass(index.sections()), seededRandom(1));
    expectSame(again, index);
  });

  test('make an independent index that behaves like the first one', () => {
    const index = usedIndex();
    const { size, bytes } = index;
    const again = restored(index.sections(), seededRandom(1));
    for (const key of keys) again.put(key, 1, 1);
    expect(again.size).toBe(keys.length);
    // The free blocks were restored, so most of the removed keys need no new memory.
    expect(again.bytes).toBeLessThan(bytes * 1.03);
    expect(indexFaults(again)).toEqual([]);
    expect([index.size, index.bytes]).toEqual([size, bytes]);
    again.clear();
    expect(indexFaults(again)).toEqual([]);
    expect(indexFaults(index)).toEqual([]);
  });

  test('of an empty index are small', () => {
    const { state, arena, directory } = seededIndex().sections();
    expect((state.length + arena.length + directory.length) * 4).toBeLessThan(50_000);
    expect(restored(copied({ state, arena, directory }), seededRandom(1)).size).toBe(0);
  });

  test.each<[string, RegExp, (sections: IndexImageSections) => IndexImageSections]>([
    [
      'of another version',
      /another version wrote it/,
      (sections) => ({ ...sections, state: sections.state.with(0, 99) }),
    ],
    ['of nothing', /its state is cut short/, (sections) => ({ ...sections, state: new Int32Array(0) })],
    [
      'with a short state',
      /its state is cut short/,
      (sections) => ({ ...sections, state: sections.state.slice(0, -1) }),
    ],
    [
      'with a long state',
      /its state is too long/,
      (sections) => ({ ...sections, state: Int32Array.of(...sections.state, 0) }),
    ],
    [
      'with a short arena',
      /an arena of \d+ words instead of \d+|not within/,
      (sections) => ({ ...sections, arena: sections.arena.slice(0, -1) }),
    ],
    [
      'with a long arena',
      /an arena of \d+ words instead of \d+/,
      (sections) => ({ ...sections, arena: Int32Array.of(...sections.arena, 0) }),
    ],
    [
      'with a short directory',
      /a directory of \d+ words/,
      (sections) => ({ ...sections, directory: sections.directory.slice(0, -1) }),
    ],
    ['without levels', /0 is not within 1\.\.16/, (sections) => ({ ...sections, state: sections.state.with(6, 0) })],
    [
      'with too many levels',
      /17 is not within 1\.\.16/,
      (sections) => ({ ...sections, state: sections.state.with(6, 17) }),
    ],
  ])('%s are refused', (_name, reason, damage) => {
    const index = seededIndex();
    for (const key of randomKeys(20)) index.put(key, 1, 1);
    const damaged = damage(copied(index.sections()));
    expect(() => restored(damaged, seededRandom(1))).toThrow(StoreError);
    expect(() => restored(damaged, seededRandom(1))).toThrow(/build the index from the log instead/);
    expect(() => restored(damaged, seededRandom(1))).toThrow(reason);
  });
});

describe('the state section', () => {
  const corrupt = expect.objectContaining({ code: 'CORRUPT' });

  test('returns what was put, in the same order', () => {
    const writer = new StateWriter();
    writer.put(-1);
    const large = [0, 1, 2 ** 32 - 1, 2 ** 32, 5 * 2 ** 32 + 7, Number.MAX_SAFE_INTEGER];
    for (const number of large) writer.putLarge(number);
    writer.putAll(Int32Array.of(1, 2, 3));
    const reader = new StateReader(writer.finish());
    expect(reader.next()).toBe(-1);
    expect(large.map(() => reader.nextLarge())).toEqual(large);
    expect([reader.nextWithin(1, 1), [...reader.take(2)]]).toEqual([1, [2, 3]]);
    reader.finish();
  });

  test('refuses words out of their range', () => {
    const reader = new StateReader(Int32Array.of(3, 4, 5, 6));
    expect(() => reader.nextWithin(4, 5)).toThrow(corrupt);
    expect([reader.nextWithin(4, 5), reader.nextWithin(4, 5)]).toEqual([4, 5]);
    expect(() => reader.nextWithin(4, 5)).toThrow(/6 is not within 4\.\.5/);
  });

  test('refuses to read beyond its end, and to leave words unread', () => {
    const reader = new StateReader(Int32Array.of(1, 2, 3));
    reader.take(1);
    expect(() => reader.take(3)).toThrow(/cut short/);
    expect(() => reader.finish()).toThrow(/too long/);
    reader.take(2);
    reader.finish();
    expect(() => reader.next()).toThrow(corrupt);
  });
});
