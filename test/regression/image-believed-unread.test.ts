/*
 * Another store read its saved index without validation, and the process crashed at each start while the file existed.
 * Whatever the image contains, opening works without it, and recovers from the log what the image would have provided.
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
  ['zeros after its header', (image) => image.slice().fill(0, 64)],
  ['ones after its header', (image) => image.slice().fill(0xff, 64)],
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

test.each(changes)('an image that is %s is not used, and nothing is lost', (_name, change) => {
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
