/*
 * A writer lost its lock in the middle of a compaction. The new owner compacted too, and its generation got the number
 * that the first writer had been building. When the first one closed, it removed that file as its own unfinished
 * generation: the store of the new owner.
 */
import { expect, test } from 'vitest';
import { bytes, contentsOf, openStore } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

test('a writer that lost its lock during a compaction removes nothing in close', async () => {
  const disk = new TestDisk();
  const first = openStore(disk);
  const value = new Uint8Array(300 * 1024);
  for (const key of ['a', 'a', 'b', 'c']) first.writer.put(bytes(key), value);
  first.sync();
  const compacting = first.compactAsync();
  expect(disk.names).toContain('000002.log');
  disk.removeLock();
  const second = openStore(disk);
  second.writer.put(bytes('a'), bytes('of the second'));
  second.compact();
  expect(disk.names).toContain('000002.log');
  await expect(compacting).rejects.toMatchObject({ code: 'POISONED' });
  expect(() => first.close()).toThrow(expect.objectContaining({ code: 'POISONED' }));
  second.close();
  const reopened = openStore(disk.afterKill());
  expect(contentsOf(reopened).get('a')).toBe('of the second');
  expect(reopened.size).toBe(3);
});
