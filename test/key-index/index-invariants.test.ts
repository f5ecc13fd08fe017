// Why this test: every other test of the index relies on the checker. One that finds nothing would be worthless.
import { describe, expect, test } from 'vitest';
import type { IndexImageSections } from '../../src/key-index/index-image-sections.ts';
import { heightOf, KEY_WORD, nextWord, UNITS_WORD } from '../../src/key-index/node-layout.ts';
import { randomKeys, seededIndex, sortedKeys } from './index-fixtures.ts';
import { indexFaults } from './index-invariants.ts';

/** The findings of the checker on an index of 50 entries and one free block after `damage`. */
function faultsAfter(damage: (sections: IndexImageSections, nodes: readonly number[]) => void): string[] {
  const index = seededIndex();
  const keys = randomKeys(51);
  for (const key of keys) index.put(key, 1, 3);
  index.remove(keys.pop() as Uint8Array);
  const nodes = sortedKeys(keys).map((key) => index.find(key));
  const { state, arena, directory } = index.sections();
  const copy = { state: state.slice(), arena: arena.slice(), directory: directory.slice() };
  damage(copy, nodes);
  const faults = indexFaults({ sections: () => copy, size: index.size, recordUnits: index.recordUnits });
  return [...new Set(faults.map((fault) => fault.slice(0, 1)))];
}

function add(words: Int32Array, at: number, amount: number): void {
  words[at] = (words[at] as number) + amount;
}

describe('indexFaults', () => {
  test('finds nothing in a correct index', () => {
    expect(faultsAfter(() => {})).toEqual([]);
  });

  test('finds a key out of order', () => {
    const faults = faultsAfter(({ arena }, nodes) => add(arena, (nodes[20] as number) + KEY_WORD + 3, 2 ** 30));
    expect(faults).toContain('1');
  });

  test('finds a node that is missing from a level', () => {
    const faults = faultsAfter(({ arena }, nodes) => {
      const high = nodes.filter((node) => heightOf(arena, node) > 1);
      arena[nextWord(high[0] as number, 1)] = high[2] as number;
    });
    expect(faults).toEqual(['2']);
  });

  test('finds a wrong count of levels, a wrong tail and a wrong end', () => {
    expect(faultsAfter(({ state }) => add(state, 6, 1))).toEqual(['2']);
    expect(faultsAfter(({ state }) => add(state, 7, 1))).toEqual(['3']);
    expect(faultsAfter(({ state }) => add(state, 23, 1))).toEqual(['4']);
  });

  test('finds a lost free block', () => {
    expect(faultsAfter(({ state }) => state.fill(0, 24, 24 + 64))).toEqual(['4']);
  });

  test('finds an entry that is lost, doubled or under another hash', () => {
    const first = (directory: Int32Array): number => directory.findIndex((word, at) => at % 2 === 0 && word !== 0);
    expect(faultsAfter(({ directory }) => directory.fill(0, first(directory), first(directory) + 1))).toContain('5');
    expect(faultsAfter(({ directory }) => add(directory, first(directory) + 1, 2))).toContain('5');
    expect(faultsAfter(({ directory }, nodes) => directory.fill(nodes[0] as number, 0, 1))).toContain('5');
  });

  test('finds wrong sums', () => {
    expect(faultsAfter(({ state }) => add(state, 3, 1))).toEqual(['6']);
    expect(faultsAfter(({ arena }, nodes) => add(arena, (nodes[0] as number) + UNITS_WORD, 1))).toEqual(['6']);
  });
});
