/*
 * Why this test: processes are really killed in the middle of a backup, and a real disk is written to while it is made.
 * `npm run test:backups` does it 200 times, and with 200,000 entries.
 */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../cache/cache-fixtures.ts';
import { builtScript } from '../scripts/built-script.ts';
import { backUpUnderLoad } from './backup-load.ts';
import { killBackups } from './killed-backup.ts';

const script: URL = await builtScript(new URL('./backup-writer.ts', import.meta.url));

test('a process killed in the middle of a backup leaves a copy that is whole, refused or absent', async () => {
  const folder = temporaryDirectory();
  let entries = 0;
  for (let kill = 0; kill < 5; kill += 1) {
    const found = await killBackups(script, join(folder, `cache-${kill}`), { number: kill % 2, delayMs: 25 * kill });
    entries += found.entries;
  }
  expect(entries).toBeGreaterThan(300);
});

test('a backup during a load holds the moment of its call', async () => {
  const { puts } = await backUpUnderLoad(temporaryDirectory(), 20_000);
  expect(puts).toBeGreaterThan(100);
});
