/**
 * The long crash sweep, `npm run test:crash`: a million crash states and more, in several processes. `CrashSweep`
 * documents what is checked of each; `sweep-worker.ts` decides which workloads are swept how.
 */
import { formatCount } from '../../bench/table.ts';
import { runScript } from '../scripts/script-arguments.ts';
import { usage } from './sweep-arguments.ts';
import { SweepPool, Violation } from './sweep-pool.ts';
import { SweepTotals } from './sweep-totals.ts';

const PROGRESS_MS = 30_000;

interface Work {
  readonly workers: number;
  readonly seed: number;
  /** A fault of `BROKEN_FOR_CRASHES`, counted from 1; 0: none. */
  readonly broken: number;
}

async function sweep(states: number, work: Work): Promise<void> {
  const begun = performance.now();
  const seconds = (): number => (performance.now() - begun) / 1000;
  const totals = new SweepTotals();
  const onSwept = (swept: Parameters<SweepTotals['add']>[0]): boolean => {
    totals.add(swept);
    return totals.distinct < states;
  };
  const progress = setInterval(() => {
    const done = `${formatCount(totals.distinct)} of ${formatCount(states)} distinct crash states`;
    console.error(`${done}, ${totals.workloads} workloads, ${formatCount(seconds())} s`);
  }, PROGRESS_MS);
  try {
    await new SweepPool({ ...work, onSwept }).run();
  } finally {
    clearInterval(progress);
    console.log(totals.format(seconds()));
  }
}

await runScript(usage, async (number) => {
  const broken = number('broken');
  try {
    await sweep(number('states'), { workers: number('workers'), seed: number('seed'), broken });
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    const fault = broken > 0 ? ` --broken ${broken}` : '';
    console.error(`\nA violation.\n${error.message}\n`);
    console.error(`To see it again: npm run test:crash -- --seed ${error.seed} --states 1 --workers 1${fault}`);
    process.exitCode = 1;
  }
});
