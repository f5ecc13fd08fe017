/*
 * Bits of a sample of the bytes of every file of a small store, in each of several states; `npm run test:corruption`
 * flips every bit. A flipped bit may cost entries. It must never prevent an open, restore a replaced or deleted entry, or leave a
 * store whose contents change later.
 */
import { describe, expect, test } from 'vitest';
import { flip } from '../store/log-records.ts';
import { contentsOf, openStore } from '../store/store-history.ts';
import type { TestDisk } from '../store/test-disk.ts';
import { expectHonest, expectNoLies } from './honest-store.ts';
import { smallStates } from './store-states.ts';

/** How much of an image is tried bit by bit: its header and the beginning of its state. */
const IMAGE_BYTES = 64;
const IMAGE_STEP = 397;

/** Where to flip: every byte of a log, or one in `step`; of an image the beginning and a sample of the rest. */
function* places(disk: TestDisk, step: number): Generator<{ name: string; at: number }> {
  for (const name of disk.names) {
    const length = disk.bytes(name).length;
    const everyByteUntil = name.endsWith('.log') ? length : IMAGE_BYTES;
    for (let at = 0; at < length; at += at < everyByteUntil ? step : IMAGE_STEP) yield { name, at };
  }
}

describe.each(smallStates())('a store $name', ({ disk, history }) => {
  const whole = contentsOf(openStore(disk.afterKill()));

  /** Flips one bit at a time in one of `files` and passes the result to `judge`; returns how often nothing was lost. */
  function flipEach(files: string, bits: readonly number[], judge: typeof expectHonest, step = 1): number {
    let unharmed = 0;
    for (const { name, at } of places(disk, step)) {
      if (!name.endsWith(files)) continue;
      for (const bit of bits) {
        const damaged = disk.afterKill();
        flip(damaged, name, at, 1 << ((at + bit) % 8));
        if (judge(damaged, history, `${name}, byte ${at}, bit ${bit}`).size === whole.size) unharmed += 1;
      }
    }
    return unharmed;
  }

  test('never lies with a flipped bit in every second byte of its log', () => {
    // A flip costs only what it reaches.
    expect(flipEach('.log', [2], expectNoLies, 2)).toBeGreaterThan(0);
  });

  test('still works and never lies with a flipped bit in one byte of eleven of any file', () => {
    expect(flipEach('', [0], expectHonest, 11)).toBeGreaterThan(0);
  });
});
