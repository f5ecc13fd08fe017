/*
 * Why this test: a backup is needed on the worst day. Each of its storage calls is made to fail, and it is crashed at
 * each point, in the states that a disk may be left in. Whatever happens, the copy is whole, refused or absent, and the
 * store that was copied is unharmed.
 */
import { expect, test } from 'vitest';
import { sweepBackup } from './backup-sweep.ts';

test('a backup whose storage fails or crashes anywhere is whole, refused or absent', () => {
  const count = sweepBackup({ bodyBytes: 20, compacts: false, callEvery: 1, crashEvery: 4, combinationsMax: 32 });
  expect(count.runs).toBeGreaterThan(200);
  expect(count.failures).toBeGreaterThan(150);
  expect(count.whole).toBeGreaterThan(20);
  expect(count.crashes - count.whole).toBeGreaterThan(500);
});

test('and so is one in whose middle a compaction replaces the log', () => {
  const count = sweepBackup({ bodyBytes: 30_000, compacts: true, callEvery: 15, crashEvery: 1000, combinationsMax: 3 });
  expect(count.runs).toBeGreaterThan(40);
  expect(count.failures).toBeGreaterThan(10);
  expect(count.whole).toBeGreaterThan(2);
});
