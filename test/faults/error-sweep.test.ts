/*
 * A sample of the error sweep: each call of a workload to the storage fails in turn, with each error such a call can have.
 */
import { expect, test } from 'vitest';
import { workloadOf } from '../crash/workload.ts';
import { BROKEN_FOR_ERRORS } from '../engines/broken-for-errors.ts';
import { smallEngine, smallEngineWith } from '../engines/small-engine.ts';
import { sweepErrors } from './error-sweep.ts';

const seedsMax = Number(process.env['FAULT_WORKLOADS'] ?? 2);
const stepsInSample = 10;

test('no failing call of the storage loses what was accepted, leaks a file or keeps the lock', async () => {
  const engine = await smallEngine();
  for (let seed = 1; seed <= seedsMax; seed += 1) {
    const { durability, steps } = workloadOf(seed, stepsInSample);
    const count = await sweepErrors({ engine, durability, steps, crashEvery: 50 });
    expect(count.runs).toBeGreaterThan(50);
    console.log(`${count.calls} calls, ${count.runs} runs, ${count.failures} failures, ${count.crashes} crashes`);
  }
});

test('an engine that goes on after a failed sync is noticed', async () => {
  const broken = BROKEN_FOR_ERRORS.find(({ fault }) => fault.includes('sync'));
  const engine = await smallEngineWith(broken?.edits ?? []);
  const runs = async (): Promise<void> => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const { durability, steps } = workloadOf(seed, stepsInSample);
      await sweepErrors({ engine, durability, steps, crashEvery: 50 });
    }
  };
  await expect(runs()).rejects.toThrow();
});
