// Why these tests: what is reserved for a put must be there when its record was appended, also beside an index in its image.
import { afterEach, expect, test, vi } from 'vitest';
import { ChangeList } from '../../src/key-index/change-list.ts';
import type { KeyIndex } from '../../src/key-index/key-index.ts';
import { NO_NODE } from '../../src/key-index/node-layout.ts';
import { PendingIndex, placeOf } from '../../src/key-index/pending-index.ts';
import { seededRandom } from '../../src/testing/index.ts';
import { imageOf, randomKeys, seededIndex } from './index-fixtures.ts';

const PUTS_MAX = 4096;
const KEYS: readonly Uint8Array[] = randomKeys(3_000);
const KEY_BYTES: number = 32 * KEYS.length;
/** More than a list has chains at first. */
const MANY_KEYS: readonly Uint8Array[] = randomKeys(20_000, 5);

afterEach(() => vi.unstubAllGlobals());

function pendingIndex(): KeyIndex {
  const saved = seededIndex();
  saved.put(KEYS[0] as Uint8Array, 1, 1);
  const rebuild = (): never => expect.unreachable();
  return PendingIndex.open(imageOf(saved.sections()), rebuild, seededRandom(2));
}

/** From now on, no typed array of words can be allocated. */
function withoutMemory(): void {
  vi.stubGlobal(
    'Int32Array',
    class {
      constructor() {
        throw new RangeError('no memory');
      }
    },
  );
}

test('changes for which there was room need no memory', () => {
  const list = new ChangeList(seededRandom(1));
  list.reserve(32 * MANY_KEYS.length, MANY_KEYS.length);
  withoutMemory();
  MANY_KEYS.forEach((key, i) => {
    list.add(key, 0, key.length, i, 1);
  });
  expect(list.count).toBe(MANY_KEYS.length);
});

test('a change that finds no memory changes nothing', () => {
  const list = new ChangeList(seededRandom(1));
  let added = 0;
  expect(() => {
    for (const key of KEYS) {
      if (added === 100) withoutMemory();
      list.add(key, 0, key.length, added, 1);
      added += 1;
    }
  }).toThrow('no memory');
  expect([list.count, list.unitsSum]).toEqual([added, added]);
  expect(list.find(KEYS[added] as Uint8Array)).toBe(NO_NODE);
});

test('puts for which there was room need no memory', () => {
  const index = pendingIndex();
  index.reserve(KEY_BYTES, KEYS.length);
  expect(index.pending).toBeDefined();
  withoutMemory();
  KEYS.forEach((key, i) => {
    index.put(key, i, 1);
  });
  vi.unstubAllGlobals();
  expect(index.pending).toBeDefined();
  expect(placeOf(index, KEYS[7] as Uint8Array)).toEqual({ location: 7, units: 1 });
});

test('room for more puts than are kept beside the image completes the index first', () => {
  const index = pendingIndex();
  index.reserve(32, PUTS_MAX);
  expect(index.pending).toBeDefined();
  index.reserve(32, PUTS_MAX + 1);
  expect(index.pending).toBeUndefined();
});
