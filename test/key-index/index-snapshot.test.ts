// Why this test: each place that changes a word of the index must inform the snapshot first. One that does not would put words
// of two moments into an image, which matches its checksums and lies.
import { describe, expect, test } from 'vitest';
import type { IndexSnapshot } from '../../src/key-index/index-snapshot.ts';
import type { KeyIndex } from '../../src/key-index/key-index.ts';
import { NO_NODE } from '../../src/key-index/node-layout.ts';
import { seededRandom } from '../../src/testing/index.ts';
import { randomKeys, restored, seededIndex } from './index-fixtures.ts';
import { indexFaults } from './index-invariants.ts';

const COUNT = 6000;
const keys: readonly Uint8Array[] = randomKeys(COUNT);

function filled(): KeyIndex {
  const index = seededIndex();
  for (const [i, key] of keys.entries()) if (i % 3 !== 0) index.put(key, i, 1 + (i % 7));
  return index;
}

/** One random change of any kind. */
function change(index: KeyIndex, random: () => number): void {
  const key = keys[random() % COUNT] as Uint8Array;
  const node = index.find(key);
  switch (random() % 8) {
    case 0:
      index.remove(key);
      return;
    case 1:
      if (node !== NO_NODE) index.relocate(node, random() | 0);
      return;
    case 2:
      if (node !== NO_NODE) index.eviction.use(node);
      return;
    case 3:
      if (node !== NO_NODE && index.eviction.hold(node)) index.eviction.release(node);
      return;
    case 4:
      if (random() % 16 === 0) index.removeNode(index.eviction.next());
      return;
    case 5:
      if (random() % 64 === 0)
        index.removeInterval({ lower: key, upper: key.map((byte, at) => (at === 13 ? 255 : byte)) });
      return;
    default:
      index.put(key, random() | 0, 1 + (random() % 9));
  }
}

function takeAll(snapshot: IndexSnapshot, pieces: number, between: () => void): Int32Array {
  const taken: number[] = [];
  for (let run = snapshot.take(pieces); run !== undefined; run = snapshot.take(pieces)) {
    for (const word of run) taken.push(word);
    between();
  }
  return Int32Array.from(taken);
}

describe('a snapshot of an index', () => {
  test.each([1, 2, 3, 4, 5, 6])('is the index at its beginning, whatever changes later (seed %i)', (seed) => {
    const random = seededRandom(seed);
    const index = filled();
    const { state, arena, directory } = index.sections();
    const copy = { state: state.slice(), arena: arena.slice(), directory: directory.slice() };
    const snapshot = index.snapshot();
    const taken = takeAll(snapshot, 1 + (seed % 3), () => {
      for (let times = 0; times < 120; times += 1) change(index, random);
    });
    snapshot.end();
    expect(snapshot.isLost).toBe(false);
    expect(taken.subarray(0, copy.arena.length)).toEqual(copy.arena);
    expect(taken.subarray(copy.arena.length)).toEqual(copy.directory);
    expect(snapshot.state).toEqual(copy.state);
    expect(indexFaults(index)).toEqual([]);
    expect(indexFaults(restored(copy, random))).toEqual([]);
  });

  // A run is unlinked at its two ends only, so that few words change: nothing else saves the pieces they are in.
  test('is the index at its beginning when one short run is removed', () => {
    const sorted = keys.toSorted(Buffer.compare);
    for (let at = 0; at < COUNT; at += 300) {
      const index = filled();
      const arena = index.sections().arena.slice();
      const snapshot = index.snapshot();
      index.removeInterval({ lower: sorted[at] as Uint8Array, upper: sorted[at + 4] });
      const taken = takeAll(snapshot, 1, () => {});
      snapshot.end();
      expect(arena.findIndex((word, i) => word !== taken[i])).toBe(-1);
    }
  });

  test('is lost when the index is cleared', () => {
    const index = filled();
    const snapshot = index.snapshot();
    snapshot.take(1);
    index.clear();
    expect(snapshot.isLost).toBe(true);
  });

  test('keeps no pieces that were taken, and none after its end', () => {
    const index = filled();
    const snapshot = index.snapshot();
    const before = index.sections().arena.slice();
    snapshot.end();
    for (const key of keys) index.put(key, 1, 1);
    expect(snapshot.isLost).toBe(false);
    expect(index.sections().arena.length).toBeGreaterThan(before.length);
  });
});
