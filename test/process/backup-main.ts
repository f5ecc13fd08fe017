/*
 * Kills processes while they back up a cache that they write to, and examines each copy; then backs up a large cache
 * under load: `npm run test:backups`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtScript } from '../scripts/built-script.ts';
import { runScript, type ScriptUsage } from '../scripts/script-arguments.ts';
import { backUpUnderLoad } from './backup-load.ts';
import { type KilledBackups, killBackups } from './killed-backup.ts';

const usage: ScriptUsage = {
  command: 'npm run test:backups',
  about:
    'Kills processes that back up a cache while they write to it.\nCompares each copy with the moment of its backup.',
  options: [
    { name: 'kills', meaning: 'how many processes to kill', byDefault: 200, min: 1, max: 1_000_000 },
    { name: 'entries', meaning: 'entries of the backup under load', byDefault: 200_000, min: 1, max: 10_000_000 },
  ],
};

/** About as long as one backup takes. */
const delayMsMax = 200;
/** The kill is in one of so many first backups. */
const backups = 3;

async function killAll(folder: string, kills: number): Promise<void> {
  const ends: Record<KilledBackups['last'], number> = { absent: 0, refused: 0, whole: 0, done: 0 };
  const started = performance.now();
  let [done, entries, replaced] = [0, 0, 0];
  const writer = await builtScript(new URL('./backup-writer.ts', import.meta.url));
  for (let kill = 0; kill < kills; kill += 1) {
    const directory = join(folder, `kill-${kill}`);
    const plan = { number: kill % backups, delayMs: Math.random() * delayMsMax };
    const found = await killBackups(writer, join(directory, 'cache'), plan);
    ends[found.last] += 1;
    done += found.done;
    entries += found.entries;
    replaced += found.generation > 1 ? 1 : 0;
    rmSync(directory, { recursive: true });
  }
  const seconds = (performance.now() - started) / 1000;
  console.log(`${kills} kills in ${seconds.toFixed(1)} s; in ${replaced} a compaction had replaced the log`);
  console.log(`the backup that was being made: absent ${ends.absent}, refused ${ends.refused}, whole ${ends.whole}`);
  console.log(`${done} backups done before, ${entries} entries compared, all of them right; no copy half made`);
}

await runScript(usage, async (number) => {
  const folder = mkdtempSync(join(tmpdir(), 'projection-cache-backups-'));
  try {
    await killAll(folder, number('kills'));
    const load = await backUpUnderLoad(folder, number('entries'));
    console.log(
      `${load.entries} entries backed up in ${load.seconds.toFixed(2)} s during ${load.puts} puts, all compared`,
    );
    console.log(
      `pause between two puts: median ${load.pauseMsMedian.toFixed(3)} ms, longest ${load.pauseMsMax.toFixed(1)} ms; ` +
        `longest sync of 4 MiB: ${load.syncMsMax.toFixed(1)} ms`,
    );
  } catch (error) {
    console.error(`What was left is in ${folder}`);
    throw error;
  }
  rmSync(folder, { recursive: true });
});
