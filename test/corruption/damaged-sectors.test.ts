/*
 * Disks lose, repeat and exchange whole sectors. Here each sector of a log of a few sectors is zeroed, filled with
 * foreign bytes, copied over each other one, exchanged with it, or replaced by what the file held there earlier.
 */
import { describe, expect, test } from 'vitest';
import { bytes } from '../store/store-history.ts';
import type { TestDisk } from '../store/test-disk.ts';
import { damagedSectors, SECTOR_BYTES } from './damages.ts';
import { expectHonest } from './honest-store.ts';
import { type StoreState, someSectors } from './store-states.ts';

const states: readonly StoreState[] = [
  someSectors().killed('killed'),
  someSectors().closed('closed'),
  someSectors()
    .compact()
    .putMany(['key 4', 'after'], ['c', 'd'.repeat(700)])
    .deletePrefix('key 1')
    .sync()
    .killed('compacted'),
];

function logOf(disk: TestDisk): string {
  return disk.names.findLast((name) => name.endsWith('.log')) ?? '';
}

describe.each(states)('a store $name', ({ disk, history, endIsCovered }) => {
  test('has a log of several sectors', () => {
    expect(disk.bytes(logOf(disk)).length).toBeGreaterThan(2 * SECTOR_BYTES);
  });

  test('never lies after damage to a sector of its log', () => {
    for (const { name, contents, reachesEnd } of damagedSectors(logOf(disk), disk.bytes(logOf(disk)))) {
      const damaged = disk.afterKill();
      damaged.place(logOf(disk), contents ?? bytes(''));
      expectHonest(damaged, history, name, reachesEnd && !endIsCovered);
    }
  });

  test('never lies after damage to a sector of its image', () => {
    const image = disk.names.find((name) => name.endsWith('.index'));
    if (image === undefined) return;
    const whole = disk.bytes(image);
    for (const { name, contents } of damagedSectors(image, whole.slice(0, 6 * SECTOR_BYTES))) {
      const damaged = disk.afterKill();
      damaged.place(image, new Uint8Array([...(contents ?? []), ...whole.subarray(6 * SECTOR_BYTES)]));
      expectHonest(damaged, history, name);
    }
  });
});
