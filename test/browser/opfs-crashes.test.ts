/*
 * The names of files are in a table here, not in a directory of the operating system, and files are used again under other
 * names. So each crash of a workload is tried on it: between any two writes, truncations and flushes of pool files and table,
 * with everything that no flush covered kept, lost or torn.
 */
import { describe, expect, test } from 'vitest';
import { crashStates } from '../../src/testing/index.ts';
import { type Step, workloadOf } from '../crash/workload.ts';
import { smallEngine } from '../engines/small-engine.ts';
import { FakeOrigin } from './fake-origin.ts';
import { checkCrash, OpfsRun } from './opfs-run.ts';

const put = (key: string, length: number): Step => ({ kind: 'put', key, length });
const sync: Step = { kind: 'sync' };
const after: readonly Step[] = [put('a', 24), { kind: 'compact' }, put('b', 100)];

async function crashEverywhere(seed: number, steps: readonly Step[], every: number): Promise<number> {
  const engine = await smallEngine();
  const origin = new FakeOrigin();
  const run = await OpfsRun.open({ engine, seed, origin });
  for (const step of steps) await run.perform(step);
  const { journal } = origin.files;
  let count = 0;
  let tried = 0;
  for (const { image, changes, describe: describeState } of crashStates(journal, {
    combinationsMax: 6,
    tearsMax: 4,
    seed,
  })) {
    count += 1;
    if (count % every !== 0) continue;
    tried += 1;
    const starts = run.history.allowed(changes);
    const options = { engine, seed: count, origin: new FakeOrigin(image), starts, firstOperation: 1000 };
    try {
      await checkCrash(options, tried % 4 === 0 ? after : []);
    } catch (error) {
      throw new Error(`seed ${seed}, ${JSON.stringify(steps)}\n${describeState()}\n${(error as Error).message}`, {
        cause: error,
      });
    }
  }
  return tried;
}

describe('a store on OpfsStorage', () => {
  test('holds what it promised after a crash while files get new names', async () => {
    const round = (key: string): Step[] => [put(key, 100), put(key, 24), { kind: 'compact' }, put(key, 40)];
    const steps: Step[] = [put('a', 24), sync, ...round('a'), ...round('b'), { kind: 'reopen' }, ...round('ab'), sync];
    expect(await crashEverywhere(1, steps, 3)).toBeGreaterThan(200);
  });

  test.each([1, 2, 3])('holds what it promised after a crash anywhere in workload %i', async (seed) => {
    expect(await crashEverywhere(seed, workloadOf(seed, 20).steps, 3)).toBeGreaterThan(20);
  });
});
