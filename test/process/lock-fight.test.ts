import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../cache/cache-fixtures.ts';
import { builtScript } from '../scripts/built-script.ts';
import { LockFight } from './lock-fight.ts';

const script: URL = await builtScript(new URL('./lock-fighter.ts', import.meta.url));

test('processes that compete for a lock never hold it together, whichever of them are killed', async () => {
  const result = await new LockFight(script, temporaryDirectory()).run(3, 120, 40);
  expect(result.lies).toEqual([]);
  expect(result.rounds).toBeGreaterThanOrEqual(120);
  expect(result.kills).toBeGreaterThan(0);
});

// Otherwise the test above could not fail.
test('a second holder is detected', async () => {
  const directory = temporaryDirectory();
  const fight = new LockFight(script, directory);
  // This process states that it holds the lock, and is alive.
  writeFileSync(join(directory, 'marker'), String(process.pid).padEnd(16));
  const { lies } = await fight.run(2, 1_000_000, 1_000_000);
  expect(lies[0]).toMatch(new RegExp(`^LIE [0-9]+ holds the lock, and so does ${process.pid}$`));
});
