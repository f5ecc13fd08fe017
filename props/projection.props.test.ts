/*
 * Projections against their definition. A history is any order of recorded events, projections with any freshness and
 * budget, clock jumps, restarts and crashes, deployments of new versions, deleted prefixes, lost and garbled entries,
 * failing calls of the cache and of the event log, and logs restored from a backup. Its projections and codecs do
 * everything that is allowed (`hostile-projections.ts`), and its identities are similar. A consistent projection must
 * be the full replay; a best-effort one the full replay of a head that is not older than allowed; one that a budget
 * stopped the replay of the head it names. `PROJECTION_HISTORIES=10000 npm run test:projections` runs so many of each
 * kind.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryStorage } from '../src/storage/memory-storage.ts';
import { history, historySettings, runHistory } from './projection/histories.ts';
import { runs } from './runs.ts';

const asked = Number(process.env['PROJECTION_HISTORIES'] ?? 0);
const timeout = 3_600_000;

test('the number of histories is valid', () => {
  expect(asked).toBeGreaterThanOrEqual(0);
});

/** Lets the loop turn after each history: memory that is weakly referenced, as that of a store, is released only then. */
function histories(place: () => Parameters<typeof runHistory>[2], forget: () => void = () => {}) {
  return fc.asyncProperty(historySettings, history, async (settings, commands) => {
    try {
      runHistory(settings, commands, place());
    } finally {
      forget();
    }
    await new Promise((resolve) => setImmediate(resolve));
  });
}

test('with a cache in memory', { timeout }, async () => {
  const property = histories(() => ({ directory: 'cache', storage: new MemoryStorage() }));
  await fc.assert(property, { numRuns: asked || runs(150) });
});

test('with a cache on disk', { timeout }, async () => {
  const parent = mkdtempSync(join(tmpdir(), 'projection-histories-'));
  const directory = join(parent, 'cache');
  const property = histories(
    () => ({ directory }),
    () => rmSync(directory, { recursive: true, force: true }),
  );
  try {
    await fc.assert(property, { numRuns: asked || runs(20) });
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
});

test('without a cache', { timeout }, async () => {
  await fc.assert(
    histories(() => undefined),
    { numRuns: asked || runs(50) },
  );
});
