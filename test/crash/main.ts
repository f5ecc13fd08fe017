/**
 * The long crash sweep, `npm run test:crash`: a million crash states and more, in several processes. What is checked of
 * each is told at `CrashSweep`; which workloads are swept how, in `sweep-worker.ts`.
 */
import { formatCount } from '../../bench/table.ts';
import { UsageError } from './number-options.ts';
import { parseSweepArguments, type SweepArguments, usage } from './sweep-arguments.ts';
import { SweepPool, Violation } from './sweep-pool.ts';
import { SweepTotals } from './sweep-totals.ts';

const PROGRESS_MS = 30_000;

async function sweep({ states, workers, seed, broken }: SweepArguments): Promise<void> {
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
    await new SweepPool({ workers, seed, broken, onSwept }).run();
  } finally {
    clearInterval(progress);
    console.log(totals.format(seconds()));
  }
}

async function main(args: readonly string[]): Promise<void> {
  const options = parseSweepArguments(args);
  if (options.help) {
    console.log(usage);
    return;
  }
  try {
    await sweep(options);
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    const fault = options.broken > 0 ? ` --broken ${options.broken}` : '';
    console.error(`\nA violation.\n${error.message}\n`);
    console.error(`To see it again: npm run test:crash -- --seed ${error.seed} --states 1 --workers 1${fault}`);
    process.exitCode = 1;
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
