/*
 * `compactAsync` waited until its compaction was no longer the running one, and then resolved. So it also resolved if
 * the compaction had been abandoned, by a failed write in between or by another caller's abort. And it rejected as
 * aborted if the compaction had ended before the signal was aborted.
 */
import { expect, test } from 'vitest';
import { errnoError } from '../../src/storage/errno-error.ts';
import type { LogStore } from '../../src/store/log-store.ts';
import { bytes, openStore } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

function storeWithDeadBytes(disk: TestDisk): LogStore {
  const store = openStore(disk);
  for (let round = 0; round < 16; round += 1) {
    store.writer.put(bytes(`key ${round % 12}`), new Uint8Array(60_000).fill(round));
  }
  return store;
}

test('a compaction that a failed write abandoned is not reported as done', async () => {
  const disk = new TestDisk();
  const store = storeWithDeadBytes(disk);
  const compaction = store.compactAsync();
  disk.before = ({ verb, name }) => {
    if (verb === 'write' && name === '000002.log') throw errnoError('EIO', 'input/output error', verb, name);
    return undefined;
  };
  // This put advances the compaction by a step, and that step fails.
  store.writer.put(bytes('key 1'), new Uint8Array(60_000));
  disk.before = () => undefined;
  await expect(compaction).rejects.toMatchObject({ code: 'IO' });
  expect(store.stats()).toMatchObject({ generation: 1, counters: { compactions: 0 } });
});

test('an abort by one caller does not abort the compaction of the other', async () => {
  const store = storeWithDeadBytes(new TestDisk());
  const abort = new AbortController();
  const first = store.compactAsync({ signal: abort.signal });
  const second = store.compactAsync();
  abort.abort(new Error('no more'));
  await expect(first).rejects.toThrow('no more');
  await second;
  expect(store.stats()).toMatchObject({ generation: 2, counters: { compactions: 1 } });
});

test('an abort that comes after the end is too late', async () => {
  const store = storeWithDeadBytes(new TestDisk());
  const abort = new AbortController();
  const compaction = store.compactAsync({
    signal: abort.signal,
    onProgress: () => {
      if (store.stats().generation === 2) abort.abort(new Error('no more'));
    },
  });
  await compaction;
  expect(store.stats().generation).toBe(2);
});
