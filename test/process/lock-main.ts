/*
 * Lets processes compete for one lock, for ten thousand rounds by default, and checks that no two ever hold it: `npm
 * run test:locks`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtScript } from '../scripts/built-script.ts';
import { runScript, type ScriptUsage } from '../scripts/script-arguments.ts';
import { LockFight } from './lock-fight.ts';

const usage: ScriptUsage = {
  command: 'npm run test:locks',
  about: 'Lets processes compete for one lock, and kills holders among them.\nChecks that no two ever hold it.',
  options: [
    { name: 'rounds', meaning: 'how many times the lock is taken', byDefault: 10_000, min: 10, max: 100_000_000 },
    { name: 'processes', meaning: 'how many processes compete', byDefault: 2, min: 2, max: 64 },
    { name: 'rounds-a-kill', meaning: 'rounds between two kills of a holder', byDefault: 100, min: 10, max: 1_000_000 },
  ],
};

await runScript(usage, async (number) => {
  const directory = mkdtempSync(join(tmpdir(), 'projection-cache-locks-'));
  try {
    const started = performance.now();
    const fight = new LockFight(await builtScript(new URL('./lock-fighter.ts', import.meta.url)), directory);
    const result = await fight.run(number('processes'), number('rounds'), number('rounds-a-kill'));
    const seconds = (performance.now() - started) / 1000;
    const { rounds, kills, takeovers, lies } = result;
    console.log(`${rounds} rounds in ${seconds.toFixed(1)} s, ${(rounds / seconds).toFixed(0)} a second`);
    console.log(`${kills} holders killed, ${takeovers} stale locks taken over`);
    if (lies.length > 0) throw new Error(lies.join('\n'));
    console.log('never two holders');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
