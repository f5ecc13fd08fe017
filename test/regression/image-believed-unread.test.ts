/*
 * Another store read its saved index without looking at it, and the process died at the start for as long as the file was
 * there. Whatever the image holds, an opening goes on without it, and finds in the log what the image would have told.
 */
import { expect, test } from 'vitest';
import { seededRandom } from '../../src/testing/index.ts';
import { bytes, contentsOf, openStore } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

const IMAGE = '000001.index';

function closedStore(): TestDisk {
  const disk = new TestDisk();
  const store = openStore(disk);
  for (let i = 0; i < 100; i += 1) store.writer.put(bytes(`key ${i}`), bytes(`value ${i}`));
  store.close();
  return disk;
}

type Change = (image: Uint8Array) => Uint8Array;

const changes: readonly (readonly [string, Change])[] = [
  ['empty', () => new Uint8Array(0)],
  ['half as long', (image) => image.slice(0, image.length / 2)],
  ['one byte short', (image) => image.slice(0, -1)],
  ['one byte longer', (image) => new Uint8Array([...image, 0])],
  ['zeros behind its header', (image) => image.slice().fill(0, 64)],
  ['ones behind its header', (image) => image.slice().fill(0xff, 64)],
  [
    'noise',
    (image) =>
      Uint8Array.from(
        image,
        (
          (random) => () =>
            random()
        )(seededRandom(7)),
      ),
  ],
];

test.each(changes)('an image that is %s is not used, and costs nothing', (_name, change) => {
  const disk = closedStore();
  disk.place(IMAGE, change(disk.bytes(IMAGE)));
  const store = openStore(disk);
  expect(store.stats().recovery.imageUsed).toBe(false);
  expect(contentsOf(store).size).toBe(100);
  store.close();
  const again = openStore(disk);
  expect(again.stats().recovery.imageUsed).toBe(true);
  expect(contentsOf(again).get('key 7')).toBe('value 7');
});
