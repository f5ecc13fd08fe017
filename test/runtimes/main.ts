/*
 * Runs the built package on Node 20, 22, 24 and 26, Bun and Deno, and prints a table: `npm run test:runtimes`.
 */
import { fileURLToPath } from 'node:url';
import { SeparatePackage } from '../../bench/separate-package.ts';
import { formatTable } from '../../bench/table.ts';
import { PackedPackage } from '../scripts/packed-package.ts';
import { runScript, type ScriptUsage } from '../scripts/script-arguments.ts';
import { installedRuntimes } from './installed-runtimes.ts';
import { runCheck, runtimeChecks } from './runtime-checks.ts';
import { ProgramStarter } from './runtime-program.ts';

const usage: ScriptUsage = {
  command: 'npm run test:runtimes',
  about: `Packs and installs the package, and runs it on Node, Bun and Deno.
The first run installs these into test/runtimes/installed: 930 MB.

  suite      the conformance suite, on files and in memory
  kill       a killed writer loses nothing that a sync covered
  syncAsync  what it covered survives a kill
  lock       a second process is refused; a killed owner is not waited for
  image      after a close, opening reads the index image
  refresh    a read-only cache follows its writer
  timers     none of them keeps the process alive
  freeze     stopped for longer than its lease, with a clock that jumps
  projector  a replay, a hit, a delta
  require    CommonJS gets the same package
  exchange   Node 20 reads the files of the runtime, and respects its lock`,
  options: [],
};

await runScript(usage, async () => {
  const installed = new SeparatePackage('test/runtimes/installed');
  installed.install();
  const runtimes = installedRuntimes(installed);
  const [reference] = runtimes;
  if (reference === undefined) throw new Error('there are no runtimes');
  const packed = new PackedPackage();
  const programs = new ProgramStarter(packed.add(fileURLToPath(new URL('./program.mjs', import.meta.url))));
  const failures: string[] = [];
  try {
    const rows: string[][] = [];
    for (const runtime of runtimes) {
      const cells: string[] = [];
      for (const check of runtimeChecks) {
        const { cell, failure } = await runCheck(check, runtime, reference, programs);
        cells.push(cell);
        if (failure !== undefined) failures.push(`${runtime.name}, ${check.name}: ${failure}`);
      }
      rows.push([runtime.name, runtime.version, ...cells]);
    }
    console.log(formatTable(['runtime', 'version', ...runtimeChecks.map(({ name }) => name)], rows));
  } finally {
    await programs.end();
    packed.remove();
  }
  if (failures.length > 0) throw new Error(`\n${failures.join('\n')}`);
});
