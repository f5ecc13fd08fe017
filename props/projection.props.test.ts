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

test('with a cache in memory', { timeout }, () => {
  const property = fc.property(historySettings, history, (settings, commands) => {
    runHistory(settings, commands, { directory: 'cache', storage: new MemoryStorage() });
  });
  fc.assert(property, { numRuns: asked || runs(150) });
});

test('with a cache on disk', { timeout }, () => {
  const parent = mkdtempSync(join(tmpdir(), 'projection-histories-'));
  let count = 0;
  const property = fc.property(historySettings, history, (settings, commands) => {
    const directory = join(parent, `${count}`);
    count += 1;
    try {
      runHistory(settings, commands, { directory });
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
  try {
    fc.assert(property, { numRuns: asked || runs(20) });
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
});

test('without a cache', { timeout }, () => {
  const property = fc.property(historySettings, history, (settings, commands) =>
    runHistory(settings, commands, undefined),
  );
  fc.assert(property, { numRuns: asked || runs(50) });
});
