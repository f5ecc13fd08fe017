/*
 * A sweep that finds nothing proves nothing unless it is known to detect faults. Each of these stores has one fault,
 * built from the sources with one edit, and the crash sweep must detect it.
 */
import { expect, test } from 'vitest';
import { BROKEN_FOR_CRASHES } from '../engines/broken-for-crashes.ts';
import { brokenSample } from '../engines/broken-sample.ts';
import { smallEngineWith } from '../engines/small-engine.ts';
import { CrashSweep } from './crash-sweep.ts';
import { workloadOf } from './workload.ts';

const WORKLOADS_MAX = 8;

test.each(brokenSample(BROKEN_FOR_CRASHES))('the crash sweep detects that $fault', async ({ edits, seed = 1 }) => {
  const engine = await smallEngineWith(edits);
  const sweep = new CrashSweep({ engine, combinationsMax: 32, tearsMax: 64, recoveryEvery: 20, recoveriesMax: 6 });
  const sweepAll = async (): Promise<void> => {
    for (let i = 0; i < WORKLOADS_MAX; i += 1) await sweep.run(workloadOf(seed + i, 30));
  };
  await expect(sweepAll()).rejects.toThrow(/^workload /);
});
