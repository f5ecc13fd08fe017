/*
 * A file named after the last possible generation, with any content, made the store start in a generation beyond it.
 * The next open did not see that log, created another under the same name and failed, and so did every later open.
 */
import { describe, expect, test } from 'vitest';
import { GENERATION_MAX, generationAfter, logName } from '../../src/store/generation-files.ts';
import { bytes, contentsOf, openStore } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

test.each([GENERATION_MAX, GENERATION_MAX - 1])('a foreign file %i.log does not end the store', (generation) => {
  const disk = new TestDisk();
  disk.place(logName(generation), bytes('a foreign file that is longer than the header of a log'));
  for (let round = 0; round < 3; round += 1) {
    const store = openStore(disk);
    store.writer.put(bytes(`key ${round}`), bytes('value'));
    store.compact();
    store.close();
  }
  expect(contentsOf(openStore(disk)).size).toBe(3);
});

describe('generationAfter', () => {
  test.each([
    [1, [1], [1], 2],
    [1, [1, 2], [], 4],
    [1, [1, 3], [], 4],
    [1, [1], [7], 8],
    [2, [2, 9], [], 11],
    [0, [], [], 1],
    [1, [1, GENERATION_MAX], [], 2],
    [1, [1, 2, GENERATION_MAX - 1], [], 4],
    [2 ** 31, [2 ** 31], [], 2 ** 31 + 1],
    [2 ** 31, [2 ** 31, 2 ** 31 + 1], [], 2 ** 31 + 3],
  ])('after %i beside logs %j and images %j comes %i', (generation, logs, images, next) => {
    expect(generationAfter(generation, { logs, images, foreign: [] })).toBe(next);
  });

  test('throws if there is none', () => {
    expect(() => generationAfter(GENERATION_MAX, { logs: [GENERATION_MAX], images: [], foreign: [] })).toThrow(
      RangeError,
    );
  });
});
