/*
 * A process was killed while it wrote an image beside the one that counts. The next one put little, left the image as it is when it was
 * closed, and left the half image behind as well, of the size of the index. Found by the error sweep.
 */
import { expect, test } from 'vitest';
import type { LogStore } from '../../src/store/log-store.ts';
import { bytes, contentsOf, openStore } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

const imagesOf = (disk: TestDisk): string[] => disk.names.filter((name) => name.includes('index'));

test.each([
  ['leaves its image as it is', (_store: LogStore) => {}],
  // Completes the index: now the image would be written, but it is on disk.
  ['has read all of it', (store: LogStore) => contentsOf(store)],
])('a store that %s when it is closed has one image', (_what, use) => {
  const disk = new TestDisk();
  const store = openStore(disk, { imageEveryBytes: 64 * 1024 });
  for (let i = 0; imagesOf(disk).length < 2; i += 1) {
    store.writer.put(bytes(`key ${i % 300}`), bytes('x'.repeat(1000)));
    if (i % 8 === 0) store.sync();
  }
  store.sync();
  const contents = contentsOf(store);
  const killed = disk.afterKill();
  expect(imagesOf(killed)).toHaveLength(2);
  const next = openStore(killed, { imageEveryBytes: 0 });
  use(next);
  next.close();
  expect(imagesOf(killed)).toHaveLength(1);
  const last = openStore(killed);
  expect(last.stats().recovery.imageUsed).toBe(true);
  expect(contentsOf(last)).toEqual(contents);
});
