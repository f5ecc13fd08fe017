/**
 * The long error sweep, `npm run test:errors`: like `error-sweep.test.ts`, for generated workloads. `FaultyRun`
 * documents what is checked.
 */
import { formatCount, formatTable } from '../../bench/table.ts';
import { type Workload, workloadOf } from '../crash/workload.ts';
import { BROKEN_FOR_ERRORS } from '../engines/broken-for-errors.ts';
import type { Engine } from '../engines/engine-source.ts';
import { smallEngineWith } from '../engines/small-engine.ts';
import { runScript } from '../scripts/script-arguments.ts';
import { type ErrorCount, sweepErrors } from './error-sweep.ts';
import { usage } from './sweep-arguments.ts';

const PROGRESS_MS = 30_000;
/** In one run of so many the crashes after the fault are tried as well. */
const CRASH_EVERY = 4;

/** The totals of all workloads. */
class ErrorTotals {
  readonly #count: ErrorCount = { calls: 0, runs: 0, failures: 0, crashes: 0 };
  workloads = 0;

  add(count: ErrorCount): void {
    for (const name of Object.keys(count) as (keyof ErrorCount)[]) this.#count[name] += count[name];
    this.workloads += 1;
  }

  format(seconds: number): string {
    const { calls, runs, failures, crashes } = this.#count;
    const rows: readonly (readonly [string, number])[] = [
      ['workloads', this.workloads],
      ['storage calls made to fail', calls],
      ['runs, one for each way', runs],
      ['store calls that threw', failures],
      ['crash states opened', crashes],
      ['seconds', seconds],
      ['processor seconds', process.cpuUsage().user / 1e6],
    ];
    return formatTable(
      ['error sweep', ''],
      rows.map(([name, figure]) => [name, formatCount(figure)]),
    );
  }
}

async function sweepWorkload(engine: Engine, { seed, durability, steps }: Workload): Promise<ErrorCount> {
  try {
    return await sweepErrors({ engine, durability, steps, crashEvery: CRASH_EVERY });
  } catch (error) {
    const workload = JSON.stringify({ seed, durability, steps });
    throw new Error(`workload ${workload}\n${(error as Error).message}`, { cause: error });
  }
}

/** `broken`: a fault of `BROKEN_FOR_ERRORS`, counted from 1; 0: none. */
async function sweep(workloads: number, seed: number, broken: number): Promise<void> {
  const engine = await smallEngineWith(BROKEN_FOR_ERRORS[broken - 1]?.edits ?? []);
  const begun = performance.now();
  const seconds = (): number => (performance.now() - begun) / 1000;
  const totals = new ErrorTotals();
  const progress = setInterval(() => {
    console.error(`${totals.workloads} of ${formatCount(workloads)} workloads, ${formatCount(seconds())} s`);
  }, PROGRESS_MS);
  let current = seed;
  try {
    for (; current < seed + workloads; current += 1) totals.add(await sweepWorkload(engine, workloadOf(current)));
  } catch (error) {
    const fault = broken > 0 ? ` --broken ${broken}` : '';
    console.error(`A violation.\n${(error as Error).message}\n`);
    console.error(`To see it again: npm run test:errors -- --seed ${current} --workloads 1${fault}\n`);
    process.exitCode = 1;
  } finally {
    clearInterval(progress);
    console.log(totals.format(seconds()));
  }
}

await runScript(usage, (number) => sweep(number('workloads'), number('seed'), number('broken')));
