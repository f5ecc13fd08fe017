// The second of two asynchronous syncs waits for the end of the turn in which the first one ended. If the store was
// closed before, the second sync rejected although closing had made everything durable. And with fake timers, as tests
// install them, the second sync never ended.
import { afterEach, expect, test, vi } from 'vitest';
import { bytes, contentsOf, openStore } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('a sync that was requested before close succeeds with it', async () => {
  const disk = new TestDisk();
  const store = openStore(disk);
  store.writer.put(bytes('a'), bytes('1'));
  await store.syncAsync();
  store.writer.put(bytes('b'), bytes('2'));
  const sync = store.syncAsync();
  store.close();
  await expect(sync).resolves.toBeUndefined();
  expect([...contentsOf(openStore(disk.afterCrash(() => 'none'))).keys()]).toEqual(['a', 'b']);
});

test('and fails if closing could not make everything durable', async () => {
  const disk = new TestDisk();
  const store = openStore(disk);
  store.writer.put(bytes('a'), bytes('1'));
  await store.syncAsync();
  store.writer.put(bytes('b'), bytes('2'));
  const sync = store.syncAsync();
  disk.before = ({ verb }) => {
    if (verb === 'sync') throw Object.assign(new Error('EIO'), { code: 'EIO' });
    return undefined;
  };
  expect(() => store.close()).toThrow();
  await expect(sync).rejects.toMatchObject({ name: 'StoreError' });
});

test('syncs end also with fake timers', async () => {
  vi.useFakeTimers();
  const store = openStore(new TestDisk());
  for (const key of ['a', 'b', 'c']) {
    store.writer.put(bytes(key), bytes('value'));
    await store.syncAsync();
  }
  expect(store.stats().counters.syncs).toBe(3);
});
