/*
 * Projections against their definition. A history is any order of events recorded, projections asked for with any freshness
 * and budget, clocks that jump, restarts and crashes, deployments of new versions, prefixes deleted, entries lost and
 * garbled, calls of the cache and of the event log that fail, and logs restored from a backup; of projections and codecs
 * that use all they are allowed (`hostile-projections.ts`), and of identities that are alike. A consistent projection must
 * be the full replay; one by best effort the full replay of a head no older than it allows; one that its budget stopped the
 * replay of the head it names.
 *
 * `PROJECTION_HISTORIES=10000 npm run test:projections` follows so many of each kind.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryStorage } from '../src/storage/memory-storage.ts';
import { follow, history, historySettings } from './projection/histories.ts';

const asked = Number(process.env['PROJECTION_HISTORIES'] ?? 0);
const timeout = 3_600_000;

test('the number of histories is one', () => {
  expect(asked).toBeGreaterThanOrEqual(0);
});

test('with a cache in memory', { timeout }, () => {
  const property = fc.property(historySettings, history, (settings, commands) => {
    follow(settings, commands, { directory: 'cache', storage: new MemoryStorage() });
  });
  fc.assert(property, { numRuns: asked || 300 });
});

test('with a cache on disk', { timeout }, () => {
  const parent = mkdtempSync(join(tmpdir(), 'projection-histories-'));
  let count = 0;
  const property = fc.property(historySettings, history, (settings, commands) => {
    const directory = join(parent, `${count}`);
    count += 1;
    try {
      follow(settings, commands, { directory });
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
  try {
    fc.assert(property, { numRuns: asked || 40 });
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
});

test('without a cache', { timeout }, () => {
  const property = fc.property(historySettings, history, (settings, commands) => follow(settings, commands, undefined));
  fc.assert(property, { numRuns: asked || 100 });
});
