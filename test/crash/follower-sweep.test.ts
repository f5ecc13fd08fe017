/*
 * A read-only store that follows its writer has no lock: it looks at a disk that changes under it. Here it looks before every
 * change that the writer makes to the disk, in its own process, while the writer compacts, closes and is killed.
 */
import { expect, test } from 'vitest';
import { BROKEN_FOR_FOLLOWERS } from '../engines/broken-for-followers.ts';
import { brokenSample } from '../engines/broken-sample.ts';
import { SHIPPED_ENGINE, smallEngine, smallEngineWith } from '../engines/small-engine.ts';
import { FollowerSweep } from './follower-sweep.ts';
import { workloadOf } from './workload.ts';

test('a follower sees states of its writer only, and never an older one', async () => {
  const sweep = new FollowerSweep(await smallEngine());
  for (let seed = 1; seed <= 10; seed += 1) await sweep.run(workloadOf(seed, 40));
  expect(sweep.extensions).toBeGreaterThan(100);
  expect(sweep.replacements).toBeGreaterThan(20);
  expect(sweep.scans).toBeGreaterThan(20);
});

test('so does a follower of the shipped engine', async () => {
  const sweep = new FollowerSweep(SHIPPED_ENGINE);
  for (let seed = 1; seed <= 3; seed += 1) await sweep.run(workloadOf(seed, 40));
  expect(sweep.looks).toBeGreaterThan(200);
});

test.each(brokenSample(BROKEN_FOR_FOLLOWERS))('the sweep detects that $fault', async ({ edits }) => {
  const sweep = new FollowerSweep(await smallEngineWith(edits));
  const sweepAll = async (): Promise<void> => {
    for (let seed = 1; seed <= 12; seed += 1) await sweep.run(workloadOf(seed, 40));
  };
  await expect(sweepAll()).rejects.toThrow();
});
