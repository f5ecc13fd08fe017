/*
 * Disks lose, repeat and exchange whole sectors. Here each sector of a log of a few sectors is zeroed, filled with what no
 * store wrote, put in place of each other one, exchanged with it, or replaced by what the file held there earlier.
 */
import { describe, expect, test } from 'vitest';
import type { TestDisk } from '../store/test-disk.ts';
import { expectHonest, HistoryWriter, type StoreState } from './store-states.ts';

const SECTOR_BYTES = 512;

function someSectors(): HistoryWriter {
  const writer = new HistoryWriter();
  for (let round = 0; round < 4; round += 1) {
    // The same lengths in every round, so that a sector of one round fits into the next one's place.
    for (let i = 0; i < 5; i += 1) writer.put(`key ${i}`, `round ${round} of key ${i} `.padEnd(60, '.'));
    writer.putMany(['a', `batch ${round}`], ['b', `batch ${round}`]).delete(`key ${round}`);
    writer.sync();
  }
  return writer;
}

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

interface Damage {
  readonly name: string;
  readonly contents: Uint8Array;
  /** Whether the end of the file, and with it its last marks, may be gone. */
  readonly reachesEnd: boolean;
}

function* damages(file: string, whole: Uint8Array): Generator<Damage> {
  const sectors = Math.ceil(whole.length / SECTOR_BYTES);
  const sector = (number: number): Uint8Array => whole.slice(number * SECTOR_BYTES, (number + 1) * SECTOR_BYTES);
  const replaced = (number: number, by: Uint8Array): Uint8Array => {
    const contents = whole.slice();
    contents.set(by.subarray(0, whole.length - number * SECTOR_BYTES), number * SECTOR_BYTES);
    return contents;
  };
  const damage = (name: string, contents: Uint8Array, ...hit: number[]): Damage => {
    return { name: `${file}: ${name}`, contents, reachesEnd: hit.includes(sectors - 1) };
  };
  for (let i = 0; i < sectors; i += 1) {
    yield damage(`sector ${i} zeroed`, replaced(i, new Uint8Array(SECTOR_BYTES)), i);
    yield damage(`sector ${i} foreign`, replaced(i, new Uint8Array(SECTOR_BYTES).fill(0x5a)), i);
    const rest = whole.map((byte, at) => (at < i * SECTOR_BYTES ? byte : 0));
    yield damage(`from sector ${i} zeroed`, rest, sectors - 1);
    for (let j = 0; j < sectors; j += 1) {
      if (j === i) continue;
      yield damage(`sector ${j} also in place of ${i}`, replaced(i, sector(j)), i);
      if (j < i) continue;
      const exchanged = replaced(i, sector(j));
      exchanged.set(sector(i).subarray(0, whole.length - j * SECTOR_BYTES), j * SECTOR_BYTES);
      yield damage(`sectors ${i} and ${j} exchanged`, exchanged, i, j);
    }
  }
}

function logOf(disk: TestDisk): string {
  return disk.names.findLast((name) => name.endsWith('.log')) ?? '';
}

describe.each(states)('a store $name', ({ disk, history, endIsCovered }) => {
  test('has a log of some sectors', () => {
    expect(disk.bytes(logOf(disk)).length).toBeGreaterThan(2 * SECTOR_BYTES);
  });

  test('is honest whatever becomes of a sector of its log', () => {
    for (const { name, contents, reachesEnd } of damages(logOf(disk), disk.bytes(logOf(disk)))) {
      const damaged = disk.afterKill();
      damaged.place(logOf(disk), contents);
      expectHonest(damaged, history, name, reachesEnd && !endIsCovered);
    }
  });

  test('is honest whatever becomes of a sector of its image', () => {
    const image = disk.names.find((name) => name.endsWith('.index'));
    if (image === undefined) return;
    const whole = disk.bytes(image);
    for (const { name, contents } of damages(image, whole.slice(0, 6 * SECTOR_BYTES))) {
      const damaged = disk.afterKill();
      damaged.place(image, new Uint8Array([...contents, ...whole.subarray(contents.length)]));
      expectHonest(damaged, history, name);
    }
  });
});
