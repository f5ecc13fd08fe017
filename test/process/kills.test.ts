/*
 * Why this test: the other tests simulate a crash. Here a process is really killed, at random times: in the middle of a
 * put, a sync, a compaction, the writing of an image, an opening and the recovery from the previous kill. `npm run
 * test:kill` does it a thousand times.
 */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../cache/cache-fixtures.ts';
import { builtScript } from '../scripts/built-script.ts';
import { KilledStore } from './killed-store.ts';
import { phaseAfter } from './killed-writer.ts';
import type { WorkloadName } from './operations.ts';

const rounds = 2;
const furtherRoundsMax = 40;
const delayMsMax = 350;

const script: URL = await builtScript(new URL('./writer.ts', import.meta.url));

test.each<WorkloadName>(['growing', 'overwriting'])(
  'synced operations survive SIGKILL, and a prefix of the others: %s',
  async (name) => {
    const store = new KilledStore(join(temporaryDirectory(), 'cache'), name, script);
    // Squared, so that openings and recoveries, which are short, are hit too.
    const goOn = () => store.goOn({ delayMs: Math.random() ** 2 * delayMsMax });
    for (let round = 0; round < rounds; round += 1) await goOn();
    // A slow machine does less. The test continues until the kills have hit every phase.
    const hasSeenEnough = (): boolean => (name === 'growing' ? store.operations >= 4_000 : store.generation > 1);
    for (let round = 0; round < furtherRoundsMax && !hasSeenEnough(); round += 1) await goOn();
    expect(hasSeenEnough(), `${store.operations} operations, generation ${store.generation}`).toBe(true);
  },
  60_000 + (rounds + furtherRoundsMax) * 10_000,
);

test.each([
  [[], 'start'],
  [['opening'], 'open'],
  [['opening', 'open', 'synced 100'], 'append'],
  [['opening', 'open', 'compacting', 'synced 100'], 'compaction'],
  [['opening', 'open', 'compacting', 'synced 100', 'compacted'], 'append'],
  [['opening', 'open', 'compacting', 'closing'], 'image'],
  [['opening', 'open', 'compacting', 'closing', 'compacted', 'opening'], 'open'],
])('a writer that has written %j is in its %s', (lines, phase) => {
  expect(phaseAfter(lines)).toBe(phase);
});
