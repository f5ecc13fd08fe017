/*
 * A sample of the crash sweep: workloads on an engine with small pages, crashed at every operation, and in every way the
 * disk allows where that is few. Then the same on engines with one thing done wrong, each of which it must notice.
 */
import { describe, expect, test } from 'vitest';
import { BROKEN_FOR_CRASHES } from '../engines/broken-engines.ts';
import { smallEngine, smallEngineWith } from '../engines/small-engine.ts';
import { CrashSweep } from './crash-sweep.ts';
import { workloadOf } from './workload.ts';

const seedsMax = Number(process.env['CRASH_WORKLOADS'] ?? 2);
const stepsInSample = 24;

describe('the crash sweep', () => {
  test('finds no state lost and none that lies', async () => {
    const sweep = new CrashSweep({
      engine: await smallEngine(),
      combinationsMax: 32,
      tearsMax: 64,
      recoveryEvery: 100,
      recoveriesMax: 4,
    });
    for (let seed = 1; seed <= seedsMax; seed += 1) await sweep.run(workloadOf(seed, stepsInSample));
    expect(sweep.distinct).toBeGreaterThan(100);
    console.log(`${sweep.count.points} crash points, ${sweep.distinct} distinct states`);
  });

  test('notices an engine that drops the deletions written during a compaction', async () => {
    const broken = BROKEN_FOR_CRASHES.find(({ fault }) => fault.startsWith('a compaction drops'));
    const engine = await smallEngineWith(broken?.edits ?? []);
    const sweep = new CrashSweep({ engine, combinationsMax: 8, tearsMax: 8, recoveryEvery: 50, recoveriesMax: 2 });
    const runs = async (): Promise<void> => {
      for (let seed = 1; seed <= 40; seed += 1) await sweep.run(workloadOf(seed, 30));
    };
    await expect(runs()).rejects.toThrow();
  });
});
