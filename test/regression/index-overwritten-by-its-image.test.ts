/*
 * After an opening, the rest of the index image is read off the thread. If an operation completed the index while such a read was
 * under way, the pieces that arrived later were copied over words that the index had changed since: a `get` returned a value that
 * had been replaced or deleted.
 */
import { expect, test } from 'vitest';
import { PIECE_WORDS } from '../../src/key-index/index-image-sections.ts';
import type { IndexPieces } from '../../src/key-index/index-pieces.ts';
import { PendingIndex, placeOf } from '../../src/key-index/pending-index.ts';
import { seededRandom } from '../../src/testing/index.ts';
import { imageOf, randomKeys, seededIndex } from '../key-index/index-fixtures.ts';

test('a piece of the image that arrives late changes nothing in an index that is complete', async () => {
  const keys = randomKeys(2000);
  const saved = seededIndex();
  keys.forEach((key, i) => {
    saved.put(key, i, 1);
  });
  const image = imageOf(saved.sections());
  const arrivals: (() => void)[] = [];
  const readAsync: NonNullable<IndexPieces['readAsync']> = async (section, piece, count) => {
    await new Promise<void>((arrive) => arrivals.push(arrive));
    const length = section === 'arena' ? image.arenaWords : image.directoryWords;
    const words = new Int32Array(Math.min(count * PIECE_WORDS, length - piece * PIECE_WORDS));
    image.read(section, piece, words);
    return words;
  };
  const rebuild = (): never => expect.unreachable();
  const index = PendingIndex.open({ ...image, readAsync }, rebuild, seededRandom(2));
  let begin = (): void => {};
  index.pending?.preload((_delayMs, task) => {
    begin = task;
    return () => {};
  });
  begin();
  expect(arrivals).toHaveLength(1);
  expect(index.size).toBe(2000);
  index.remove(keys[0] as Uint8Array);
  index.put(keys[1] as Uint8Array, -1, 2);
  for (const arrive of arrivals) arrive();
  await new Promise((resolve) => setImmediate(resolve));
  expect(placeOf(index, keys[0] as Uint8Array)).toBeUndefined();
  expect(placeOf(index, keys[1] as Uint8Array)).toEqual({ location: -1, units: 2 });
  expect(placeOf(index, keys[2] as Uint8Array)).toEqual({ location: 2, units: 1 });
});
