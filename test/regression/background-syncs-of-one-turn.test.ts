/*
 * An image in the background waits for a sync, which ends in a later turn. In a turn with many puts each of them asked for it, and
 * waited for it with a promise of its own: memory grew by half a kilobyte with every 25 puts, the garbage collector paused them for up
 * to 30 ms, and a failed sync was reported that many times.
 */
import { expect, test } from 'vitest';
import { breakDisk } from '../store/disk-faults.ts';
import { bytes, openWithEvents } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

test('a background sync that fails is reported once, however many puts have asked for it', async () => {
  const disk = new TestDisk();
  const { store, events } = openWithEvents(disk, { imageEveryBytes: 64 * 1024 });
  disk.holdsSyncs = true;
  for (let i = 0; i < 3_000; i += 1) store.writer.put(bytes(`key ${i}`), new Uint8Array(1000));
  expect(disk.heldSyncs).toBe(1);
  breakDisk(disk, { verb: 'sync', errno: 'EIO' });
  disk.releaseSyncs();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const failures = events.filter(({ type }) => type === 'background-write-failed');
  // The sync that ran, and the one that was to follow it.
  expect(failures.length).toBeGreaterThan(0);
  expect(failures.length).toBeLessThanOrEqual(2);
});
