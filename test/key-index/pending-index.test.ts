// Why these tests: what is reserved for a put must be there when its record was appended, also beside an index in its image. And
// pieces of the image arrive in the background, at any time.
import { afterEach, expect, test, vi } from 'vitest';
import { ChangeList } from '../../src/key-index/change-list.ts';
import { PIECE_WORDS } from '../../src/key-index/index-image-sections.ts';
import type { IndexPieces } from '../../src/key-index/index-pieces.ts';
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

/** An index whose image answers in the background when `answer` is called. Returns it while the first read is under way. */
async function preloading(): Promise<{ readonly index: KeyIndex; readonly answer: () => Promise<void> }> {
  const saved = seededIndex();
  for (const key of KEYS.slice(0, 1_000)) saved.put(key, 1, 1);
  const image = imageOf(saved.sections());
  const answers: (() => void)[] = [];
  const readAsync: IndexPieces['readAsync'] = async (section, first, count) => {
    const words = section === 'arena' ? image.arenaWords : image.directoryWords;
    const read = new Int32Array(Math.min(count * PIECE_WORDS, words - first * PIECE_WORDS));
    await new Promise<void>((resolve) => answers.push(resolve));
    return image.read(section, first, read) ? read : undefined;
  };
  const rebuild = (): never => expect.unreachable();
  const index = PendingIndex.open({ ...image, readAsync }, rebuild, seededRandom(2));
  index.pending?.preload((_delayMs, task) => {
    const timer = setImmediate(task);
    return () => clearImmediate(timer);
  });
  const answer = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    answers.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  await new Promise((resolve) => setImmediate(resolve));
  return { index, answer };
}

test('an index all of whose pieces have arrived is complete', async () => {
  const { index, answer } = await preloading();
  expect(index.pending).toBeDefined();
  for (let reads = 0; reads < 10; reads += 1) await answer();
  expect(index.pending).toBeUndefined();
  expect(index.size).toBe(1_000);
});

/** As in a runtime whose arrays cannot grow in place: they move. */
function withoutResizableBuffers(): void {
  const Real = ArrayBuffer;
  vi.stubGlobal('ArrayBuffer', function resizeless(this: unknown, bytes: number) {
    return new Real(bytes);
  });
}

test.each([
  [0, 'grows in place'],
  [1, 'grows in place'],
  [0, 'moves'],
  [1, 'moves'],
])(
  'pieces that arrive after %i others, when the index was completed and changed, change nothing: memory that %s',
  async (reads, how) => {
    if (how === 'moves') withoutResizableBuffers();
    const { index, answer } = await preloading();
    for (let i = 0; i < reads; i += 1) await answer();
    await new Promise((resolve) => setImmediate(resolve));
    expect(index.pending).toBeDefined();
    index.remove(KEYS[0] as Uint8Array);
    for (const key of MANY_KEYS) index.put(key, 2, 1);
    for (let i = 0; i < 10; i += 1) await answer();
    expect(index.size).toBe(999 + MANY_KEYS.length);
    expect(placeOf(index, KEYS[0] as Uint8Array)).toBeUndefined();
    expect(MANY_KEYS.filter((key) => placeOf(index, key)?.location !== 2)).toEqual([]);
  },
);
