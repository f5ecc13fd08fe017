/*
 * Why this test: the sweep of test/crash lets a reader look between any two changes of the disk, but a real reader runs at the
 * same time as its writer and sees a file in the middle of a write. `npm run test:followers` does it for a minute.
 */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../cache/cache-fixtures.ts';
import { builtScript } from '../scripts/built-script.ts';
import { followWriter } from './followed-writer.ts';

test('two processes follow a writer that compacts and is killed, and see nothing wrong', async () => {
  const { kills, looks, changes, replaced } = await followWriter({
    writer: await builtScript(new URL('./writer.ts', import.meta.url)),
    follower: await builtScript(new URL('./follower.ts', import.meta.url)),
    directory: join(temporaryDirectory(), 'cache'),
    followers: 2,
    milliseconds: 2_000,
    killsMin: 3,
    lifeMsMax: 1_000,
  });
  expect(kills).toBeGreaterThanOrEqual(3);
  expect(looks).toBeGreaterThan(changes);
  expect(replaced).toBeGreaterThan(0);
}, 120_000);
