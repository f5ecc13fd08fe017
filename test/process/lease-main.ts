/*
 * Lets two processes in two pid namespaces compete for a store whose lock has a lease, stops and kills the holder, and
 * checks that the log never has records of two writers that alternate: `npm run test:leases`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtScript } from '../scripts/built-script.ts';
import { runScript, type ScriptUsage } from '../scripts/script-arguments.ts';
import { LeaseFight, noNamespaces } from './lease-fight.ts';

const usage: ScriptUsage = {
  command: 'npm run test:leases',
  about: 'Stops and kills holders of a lease, and looks for two writers in one log.',
  options: [
    { name: 'takeovers', meaning: 'how many times the lock is taken over', byDefault: 500, min: 1, max: 1_000_000 },
    { name: 'lease', meaning: 'the lease in milliseconds', byDefault: 300, min: 100, max: 60_000 },
  ],
};

await runScript(usage, async (number) => {
  const directory = mkdtempSync(join(tmpdir(), 'projection-cache-leases-'));
  try {
    const started = performance.now();
    const fight = new LeaseFight(
      await builtScript(new URL('./lease-writer.ts', import.meta.url)),
      directory,
      number('lease'),
    );
    const { lies, lost, ...result } = await fight.run(number('takeovers'));
    const seconds = (performance.now() - started) / 1000;
    console.log(
      noNamespaces === undefined ? 'each writer in a pid namespace of its own' : `one namespace: ${noNamespaces}`,
    );
    console.log(`${result.takeovers} takeovers in ${seconds.toFixed(0)} s`);
    console.log(`${result.killed} holders killed, ${result.stopped} stopped, of these ${result.kept} kept the lock`);
    for (const [code, times] of Object.entries(lost)) console.log(`${times} stopped holders ended with ${code}`);
    console.log(`up to ${result.records} records in a log`);
    if (lies.length > 0) throw new Error(lies.join('\n'));
    console.log('never two writers in one log');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
