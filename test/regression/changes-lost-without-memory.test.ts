/*
 * When an index that was read from its image is completed, the changes beside it are applied. If there was no memory for that, the
 * index was used without the rest of them: a `get` returned the value that a put had replaced.
 */
import { afterEach, expect, test, vi } from 'vitest';
import type { IndexContents } from '../../src/key-index/index-pieces.ts';
import { KeyIndex } from '../../src/key-index/key-index.ts';
import { PendingIndex, placeOf } from '../../src/key-index/pending-index.ts';
import { seededRandom } from '../../src/testing/index.ts';
import { imageOf, seededIndex, utf8 } from '../key-index/index-fixtures.ts';

afterEach(() => vi.restoreAllMocks());

test('changes that could not be applied are applied by the next operation', () => {
  const names = ['a', 'b', 'c'];
  const fill = (index: IndexContents): void => {
    for (const name of names) index.put(utf8(name), 1, 1);
  };
  const saved = seededIndex();
  fill(saved);
  const index = PendingIndex.open(imageOf(saved.sections()), fill, seededRandom(2));
  for (const name of names) index.put(utf8(name), 2, 1);
  const real = KeyIndex.prototype.put;
  let puts = 0;
  vi.spyOn(KeyIndex.prototype, 'put').mockImplementation(function (this: KeyIndex, ...put) {
    puts += 1;
    if (puts === 2) throw new RangeError('no memory');
    real.apply(this, put);
  });
  expect(() => index.size).toThrow('no memory');
  expect(names.map((name) => placeOf(index, utf8(name)))).toEqual(names.map(() => ({ location: 2, units: 1 })));
  expect(index.size).toBe(3);
});
