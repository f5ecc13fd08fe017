/*
 * Lets processes follow a cache whose writer is under load, compacts and is killed: `npm run test:followers`.
 * `follower.ts` says what they check.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtScript } from '../scripts/built-script.ts';
import { runScript, type ScriptUsage } from '../scripts/script-arguments.ts';
import { followWriter } from './followed-writer.ts';

const usage: ScriptUsage = {
  command: 'npm run test:followers',
  about: 'Kills a writing process again and again while others follow its cache.\nChecks every value they see.',
  options: [
    { name: 'seconds', meaning: 'how long', byDefault: 60, min: 1, max: 86_400 },
    { name: 'followers', meaning: 'how many processes follow', byDefault: 4, min: 1, max: 64 },
  ],
};

await runScript(usage, async (number) => {
  const directory = mkdtempSync(join(tmpdir(), 'projection-cache-followers-'));
  try {
    const following = await followWriter({
      writer: await builtScript(new URL('./writer.ts', import.meta.url)),
      follower: await builtScript(new URL('./follower.ts', import.meta.url)),
      directory: join(directory, 'cache'),
      followers: number('followers'),
      milliseconds: number('seconds') * 1000,
      killsMin: 1,
      lifeMsMax: 2500,
    });
    const { kills, looks, changes, replaced, scans, operations } = following;
    console.log(`${kills} writers killed, ${operations} operations reported as durable`);
    console.log(`${looks} refreshes, ${changes} with a change, ${replaced} of them to another log`);
    console.log(`${scans} scans lasted over many refreshes`);
    console.log('every value checked after each refresh: none wrong, none older than before or than reported');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
