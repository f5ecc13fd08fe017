import { describe, expect, test, vi } from 'vitest';
import { GrowableWords } from '../../src/key-index/growable-words.ts';
import { ALL_KEYS } from '../../src/key-index/index-cursor.ts';
import type { KeyIndex } from '../../src/key-index/key-index.ts';
import type { NodeAddress } from '../../src/key-index/node-layout.ts';
import { NO_SLOT } from '../../src/key-index/slot-layout.ts';
import { seededRandom } from '../../src/testing/index.ts';
import { keysOf, randomKeys, restored, seededIndex, sortedKeys, textsOf, utf8 } from './index-fixtures.ts';
import { indexFaults } from './index-invariants.ts';

function indexOf(...texts: string[]): KeyIndex {
  const index = seededIndex();
  for (const [i, text] of texts.entries()) index.put(utf8(text), i, i + 1);
  return index;
}

describe('KeyIndex', () => {
  test('is empty at first and finds nothing', () => {
    const index = seededIndex();
    expect([index.size, index.recordUnits]).toEqual([0, 0]);
    expect(index.find(utf8('a'))).toBe(0);
    index.remove(utf8('a'));
    expect(keysOf(index)).toEqual([]);
    expect(keysOf(index, ALL_KEYS, true)).toEqual([]);
    expect(index.removeInterval(ALL_KEYS)).toBe(0);
    expect(indexFaults(index)).toEqual([]);
  });

  test('keeps location and units unchanged', () => {
    const index = seededIndex();
    for (const [i, location] of [0, -1, -(2 ** 31), 2 ** 31 - 1].entries()) {
      const key = Uint8Array.of(i);
      index.put(key, location, 2 ** 28);
      const node = index.find(key);
      expect([index.location(node), index.units(node)]).toEqual([location, 2 ** 28]);
      index.relocate(node, ~location);
      expect(index.location(index.find(key))).toBe(~location);
    }
    expect(index.recordUnits).toBe(4 * 2 ** 28);
  });

  test('counts the memory of its nodes and of its directory', () => {
    const index = indexOf('a', 'b', 'c');
    const { arena, directory } = index.sections();
    // The table of a directory of one segment has a root of two entries and three fields.
    expect(index.bytes).toBe((arena.length + directory.length + 2 + 3) * 4);
  });

  test('probes the slot of a key, with its node and the location of its record', () => {
    const index = indexOf('a', 'b');
    const slot = index.probe(utf8('b'));
    expect([index.nodeAt(slot), index.locationAt(slot)]).toEqual([index.find(utf8('b')), 1]);
    index.relocate(index.find(utf8('b')), 70);
    expect(index.locationAt(index.probe(utf8('b')))).toBe(70);
    index.put(utf8('b'), 71, 2);
    expect(index.locationAt(index.probe(utf8('b')))).toBe(71);
    expect(index.probe(utf8('c'))).toBe(NO_SLOT);
    expect(seededIndex().probe(utf8('a'))).toBe(NO_SLOT);
  });

  test('replaces in place', () => {
    const index = indexOf('a', 'b');
    const node = index.find(utf8('b'));
    index.put(utf8('b'), 70, 9);
    expect(index.find(utf8('b'))).toBe(node);
    expect([index.location(node), index.units(node)]).toEqual([70, 9]);
    expect([index.size, index.recordUnits]).toEqual([2, 10]);
  });

  test('accepts a key in the middle of other bytes', () => {
    const index = indexOf('key');
    const bytes = utf8('a key.');
    expect(index.find(bytes, 2, 5)).toBe(index.find(utf8('key')));
    index.put(bytes, 5, 6, 2, 5);
    expect([index.size, index.units(index.find(utf8('key')))]).toEqual([1, 6]);
    index.put(bytes, 5, 6, 4);
    expect(textsOf(index)).toEqual(['key', 'y.']);
    index.remove(bytes, 2, 5);
    expect(textsOf(index)).toEqual(['y.']);
    expect(() => index.find(bytes, 2, 9)).toThrow(RangeError);
  });

  test('accepts keys from empty to 65,535 bytes', () => {
    const index = seededIndex();
    const longest = new Uint8Array(65_535).fill(0xff);
    const keys = [new Uint8Array(0), Uint8Array.of(0), longest.subarray(1), longest];
    for (const [i, key] of keys.entries()) index.put(key, i, 1);
    expect(keysOf(index)).toEqual(keys);
    expect(() => index.put(new Uint8Array(65_536), 0, 1)).toThrow(/more than 65535 bytes/);
    expect(index.find(new Uint8Array(65_536))).toBe(0);
    const upper = new Uint8Array(65_536).fill(0xff);
    expect(keysOf(index, { lower: longest.subarray(1), upper })).toEqual(keys.slice(2));
    expect(index.removeInterval({ lower: longest, upper })).toBe(1);
    expect(() => index.cursor({ lower: new Uint8Array(65_537), upper: undefined })).toThrow(RangeError);
    expect(indexFaults(index)).toEqual([]);
  });

  test('removes keys and nodes', () => {
    const index = indexOf('b', 'a', 'd', 'c');
    index.remove(utf8('a'));
    index.removeNode(index.find(utf8('d')));
    expect(textsOf(index)).toEqual(['b', 'c']);
    index.removeNode(index.find(utf8('c')));
    index.remove(utf8('c'));
    expect([index.size, index.recordUnits]).toEqual([1, 1]);
    expect(indexFaults(index)).toEqual([]);
  });

  test('reports that a node was removed before', () => {
    const index = indexOf('a', 'b', 'c');
    const node = index.find(utf8('c'));
    index.remove(utf8('c'));
    expect(() => index.removeNode(node)).toThrow(RangeError);
  });

  test('removes nodes that wait to be linked', () => {
    const index = indexOf('z', 'c', 'a', 'b');
    index.remove(utf8('c'));
    index.put(utf8('d'), 0, 1);
    index.removeNode(index.find(utf8('b')));
    expect(textsOf(index)).toEqual(['a', 'd', 'z']);
    expect(indexFaults(index)).toEqual([]);
  });

  test('removes an interval: lower bound included, upper excluded', () => {
    const index = indexOf('a', 'b', 'ba', 'c', 'd');
    expect(index.removeInterval({ lower: utf8('b'), upper: utf8('c') })).toBe(2);
    expect(textsOf(index)).toEqual(['a', 'c', 'd']);
    expect(index.removeInterval({ lower: utf8('d'), upper: utf8('b') })).toBe(0);
    expect(index.removeInterval({ lower: utf8('c'), upper: undefined })).toBe(2);
    expect(textsOf(index)).toEqual(['a']);
    expect(index.removeInterval({ lower: utf8(''), upper: utf8('a') })).toBe(0);
    expect(textsOf(index)).toEqual(['a']);
    expect(indexFaults(index)).toEqual([]);
  });

  // Two operations can empty it. Both must start over, or freed blocks would accumulate.
  test('starts over when it becomes empty', () => {
    const index = seededIndex();
    const { bytes } = index;
    for (let round = 0; round < 3; round += 1) {
      for (const key of randomKeys(5000)) index.put(key, 1, 1);
      expect(index.bytes).toBeGreaterThan(bytes);
      if (round === 0) for (const key of randomKeys(5000)) index.remove(key);
      if (round === 1) index.removeInterval({ lower: utf8('a'), upper: utf8('b') });
      if (round === 2) index.clear();
      expect([index.size, index.recordUnits, index.bytes]).toEqual([0, 0, bytes]);
      expect(indexFaults(index)).toEqual([]);
    }
  });

  test('reuses the memory of removed keys', () => {
    const index = seededIndex();
    const keys = randomKeys(3000);
    for (const key of keys) index.put(key, 1, 1);
    const { bytes } = index;
    for (let round = 0; round < 20; round += 1) {
      for (let i = round; i < keys.length; i += 20) index.remove(keys[i] as Uint8Array);
      for (let i = round; i < keys.length; i += 20) index.put(keys[i] as Uint8Array, 1, 1);
    }
    // Tower heights are random, so sizes do not match exactly.
    expect(index.bytes).toBeLessThan(bytes * 1.05);
    expect(indexFaults(index)).toEqual([]);
  });

  test('adds units beyond 2^32', () => {
    const index = seededIndex();
    for (let i = 0; i < 40; i += 1) index.put(Uint8Array.of(i), 0, 2 ** 28);
    expect(index.recordUnits).toBe(40 * 2 ** 28);
    expect(restored(index.sections(), seededRandom(1)).recordUnits).toBe(40 * 2 ** 28);
  });

  test('draws its hash keys from the injected randomness', () => {
    const states = [seededIndex(1), seededIndex(2)].map((index) => index.sections().state.slice(0, 3).join());
    expect(states[0]).not.toBe(states[1]);
  });
});

/** How many keys of two lists differ; comparing the lists with `toEqual` takes seconds at this size. */
function differences(left: readonly Uint8Array[], right: readonly Uint8Array[]): number {
  const other = left.filter((key, i) => Buffer.compare(key, right[i] ?? new Uint8Array(0)) !== 0).length;
  return other + Math.abs(left.length - right.length);
}

// Several groups of new nodes, several segments of the directory, several sizes of the arena.
describe.each([
  ['random', randomKeys(30_000)],
  ['ascending', sortedKeys(randomKeys(30_000))],
  ['descending', sortedKeys(randomKeys(30_000)).reverse()],
])('30,000 keys put in %s order', (_name, keys) => {
  const index = seededIndex();
  for (const [i, key] of keys.entries()) index.put(key, i, 2);

  test('are all found, in order, with every invariant', () => {
    expect(index.size).toBe(keys.length);
    const wrong = keys.filter((key, i) => index.location(index.find(key)) !== i);
    expect(wrong).toEqual([]);
    const sorted = sortedKeys(keys);
    expect(differences(keysOf(index), sorted)).toBe(0);
    expect(differences(keysOf(index, ALL_KEYS, true).reverse(), sorted)).toBe(0);
    expect(indexFaults(index)).toEqual([]);
  });

  test('need at most 80 bytes each, key included', () => {
    expect(index.bytes / index.size).toBeLessThan(80);
  });

  test('are removed in runs, the others stay', () => {
    const sorted = sortedKeys(keys);
    for (let at = 0; at < sorted.length; at += 1000) {
      const interval = { lower: sorted[at] as Uint8Array, upper: sorted[at + 600] };
      expect(index.removeInterval(interval)).toBe(600);
    }
    const left = sorted.filter((_, i) => i % 1000 >= 600);
    expect(index.size).toBe(left.length);
    expect(left.filter((key) => index.find(key) === 0)).toEqual([]);
    expect(sorted.filter((key, i) => i % 1000 < 600 && index.find(key) !== 0)).toEqual([]);
    expect(indexFaults(index)).toEqual([]);
  });
});

describe('reserve', () => {
  test('refuses sizes that can never fit and changes nothing', () => {
    const index = indexOf('a', 'b');
    const { bytes } = index;
    expect(() => index.reserve(2 ** 40, 1)).toThrow(RangeError);
    expect(() => index.reserve(1, 2 ** 31)).toThrow(RangeError);
    expect(index.bytes).toBe(bytes);
    expect(textsOf(index)).toEqual(['a', 'b']);
    expect(indexFaults(index)).toEqual([]);
  });

  test('needs no memory for the keys it was made for', () => {
    const index = indexOf('a');
    index.reserve(32 * 5000, 5000);
    const grow = vi.spyOn(GrowableWords.prototype, 'grow');
    for (const key of randomKeys(5000)) index.put(key, 1, 1);
    expect(grow).not.toHaveBeenCalled();
    grow.mockRestore();
  });

  test('uses no memory until keys are added', () => {
    const index = indexOf('a');
    const { bytes } = index;
    index.reserve(65_535 * 100, 100);
    expect(index.bytes).toBe(bytes);
    for (let i = 0; i < 100; i += 1) index.put(new Uint8Array(65_535).fill(i), i, 1);
    expect(indexFaults(index)).toEqual([]);
  });
});

// An address stays valid until something is removed: the arena may grow and groups may be linked meanwhile.
test('an address stays valid while keys are added', () => {
  const index = seededIndex();
  const nodes = new Map<number, NodeAddress>();
  for (const [i, key] of randomKeys(10_000).entries()) {
    index.put(key, i, 1);
    if (i % 100 === 0) nodes.set(i, index.find(key));
  }
  for (const [i, node] of nodes) expect(index.location(node)).toBe(i);
});
