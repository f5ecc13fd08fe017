/**
 * Measures a LogCache and prints a table. Where to continue reading:
 * - `cache-works.ts` and `bare-works.ts` define the works, and the lower bounds they are compared with;
 * - `work.ts` measures: a whole work, or each of its steps;
 * - `benchmark.ts` runs them in order; `openings.ts` measures opening in separate processes.
 */
import { parseBenchArguments, UsageError, usage } from './bench-arguments.ts';
import { Benchmark } from './benchmark.ts';
import { thisMachine } from './machine.ts';
import { formatReport } from './report.ts';

async function main(args: readonly string[]): Promise<void> {
  const options = parseBenchArguments(args);
  if (options.help) {
    console.log(usage);
    return;
  }
  const onPhase = (phase: string): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${phase}`);
  };
  const benchmark = new Benchmark(options, onPhase);
  process.once('exit', () => benchmark.cleanUp());
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  const machine = thisMachine();
  const result = await benchmark.run();
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  if (options.json) console.log(JSON.stringify({ machine, options, ...result }, null, 2));
  else console.log(formatReport(options, machine, result));
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
