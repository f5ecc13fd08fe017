/*
 * Other stores had the bug that compacting made the file larger, or never ended: for a store without dead bytes, one
 * compacted again and again, and one that was written to meanwhile.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { LogStore } from '../../src/store/log-store.ts';
import { bytes, contentsOf, openStore } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

const ENTRIES = 300;

function filledStore(disk: TestDisk): LogStore {
  const store = openStore(disk);
  for (let i = 0; i < ENTRIES; i += 1) store.writer.put(bytes(`key ${i}`), new Uint8Array(500).fill(i));
  store.sync();
  return store;
}

test('a log without dead bytes is no larger after any number of compactions', () => {
  const store = filledStore(new TestDisk());
  const { logBytes } = store.stats();
  for (let i = 0; i < 20; i += 1) {
    store.compact();
    expect(store.stats().logBytes).toBeLessThanOrEqual(logBytes);
  }
  expect(contentsOf(store).size).toBe(ENTRIES);
});

test('a store that was opened and closed many times is no larger either', () => {
  const disk = new TestDisk();
  filledStore(disk).close();
  const { logBytes } = openStore(disk.afterKill()).stats();
  for (let i = 0; i < 20; i += 1) {
    const store = openStore(disk);
    store.compact();
    store.close();
  }
  expect(openStore(disk).stats().logBytes).toBeLessThanOrEqual(logBytes);
});

test('a compaction ends although every turn writes more than it copies', async () => {
  const store = filledStore(new TestDisk());
  let rounds = 0;
  let ended = false;
  const compaction = store.compactAsync().finally(() => {
    ended = true;
  });
  for (; !ended && rounds < 1_000; rounds += 1) {
    for (let i = 0; i < 50; i += 1)
      store.writer.put(bytes(`key ${(rounds * 50 + i) % ENTRIES}`), new Uint8Array(2_000));
    await nextTurn();
  }
  await compaction;
  expect(rounds).toBeLessThan(1_000);
  expect(store.stats().counters.compactions).toBeGreaterThan(0);
  expect(contentsOf(store).size).toBe(ENTRIES);
});
