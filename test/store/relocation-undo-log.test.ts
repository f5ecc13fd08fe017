import { expect, test } from 'vitest';
import type { KeyIndex } from '../../src/key-index/key-index.ts';
import { locationOf } from '../../src/store/generations.ts';
import { RelocationUndoLog } from '../../src/store/relocation-undo-log.ts';
import { randomKeys, seededIndex } from '../key-index/index-fixtures.ts';

const OLD = 1;
const NEW = 2;
/** More than two chunks of the log. */
const KEYS: readonly Uint8Array[] = randomKeys(10_000);

/** Where the record of key `i` lies in the old generation, and where its copy does. */
const oldLocation = (i: number): number => locationOf(OLD, 24 + 80 * i);
const newLocation = (i: number): number => locationOf(NEW, 24 + 40 * i);

function locationsIn(index: KeyIndex): number[] {
  return KEYS.map((key) => {
    const node = index.find(key);
    return node === 0 ? 0 : index.location(node);
  });
}

/** An index of all keys in the old generation, and a log of the moves of the first `count`. */
function moved(count: number): { readonly index: KeyIndex; readonly log: RelocationUndoLog } {
  const index = seededIndex();
  const log = new RelocationUndoLog();
  for (const [i, key] of KEYS.entries()) index.put(key, oldLocation(i), 5);
  for (const [i, key] of KEYS.slice(0, count).entries()) {
    index.relocate(index.find(key), newLocation(i));
    log.add(oldLocation(i), newLocation(i));
  }
  return { index, log };
}

test.each([0, 1, 2, 4095, 4096, 4097, 8192, 10_000])('%i moves are undone', (count) => {
  const { index, log } = moved(count);
  expect(locationsIn(index).filter((location, i) => location === newLocation(i))).toHaveLength(count);
  log.revert(index, NEW);
  expect(locationsIn(index)).toEqual(KEYS.map((_, i) => oldLocation(i)));
});

test('entries that were removed or replaced in the old generation after their move stay so', () => {
  const { index, log } = moved(6_000);
  const expected = KEYS.map((_, i) => oldLocation(i));
  for (let i = 0; i < 6_000; i += 3) {
    index.remove(KEYS[i] ?? new Uint8Array(0));
    expected[i] = 0;
    index.put(KEYS[i + 1] ?? new Uint8Array(0), locationOf(OLD, 1_000_000 + 8 * i), 5);
    expected[i + 1] = locationOf(OLD, 1_000_000 + 8 * i);
  }
  log.revert(index, NEW);
  expect(locationsIn(index)).toEqual(expected);
});
