import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CommitLog } from '../../docs/examples/git-history/commit-log.ts';
import { foldPhase } from '../../docs/examples/git-history/fold-phase.ts';
import type { PhaseTools } from '../../docs/examples/git-history/phase-report.ts';
import { ThrowawayRepository } from './git-history-repository.ts';

const tools: PhaseTools = { nowUs: () => 0n, nowMs: () => 0, onProgress: () => {} };

let repository: ThrowawayRepository;
let directory: string;
let log: CommitLog;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'git-history-test-'));
  repository = new ThrowawayRepository();
  repository.commit('2024-01-01T00:00:00Z', { 'src/a.ts': 'a\n', 'src/b.ts': 'b\n' });
  repository.commit('2024-01-02T00:00:00Z', { 'src/a.ts': 'a\na\n' });
  repository.commit('2024-01-03T00:00:00Z', { 'src/a.ts': 'a\na\na\n' });
  log = await CommitLog.open(repository.path);
});

afterAll(() => {
  repository.remove();
  rmSync(directory, { recursive: true, force: true });
});

/** Flips a bit in the newest value stored under `key`. */
function damageValue(cacheDirectory: string, key: string): void {
  const name = readdirSync(cacheDirectory).find((file) => file.endsWith('.log')) ?? '';
  const bytes = readFileSync(join(cacheDirectory, name));
  const value = bytes.indexOf('{"commits"', bytes.lastIndexOf(key));
  bytes[value + 12] = (bytes[value + 12] as number) ^ 1;
  writeFileSync(join(cacheDirectory, name), bytes);
}

describe('a fold that goes on from an earlier one', () => {
  // An entry lost to damage is a miss, which looks like a file that is new. Folding later events onto nothing would
  // give a state with too few commits: a cache that forgets must not make its user lie.
  test.each(['file:src/a.ts', 'file:src/b.ts', 'directory:src/', 'directory:/'])(
    'is right when %s is lost',
    async (key) => {
      const damaged = mkdtempSync(join(directory, 'damaged-'));
      const whole = mkdtempSync(join(directory, 'whole-'));
      const expected = await foldPhase({ name: 'cold', directory: whole, throughCommit: 3 }, log, tools);

      await foldPhase({ name: 'earlier', directory: damaged, throughCommit: 2 }, log, tools);
      damageValue(damaged, key);
      const delta = await foldPhase({ name: 'delta', directory: damaged, throughCommit: 3 }, log, tools);
      delta.snapshot.mustEqual(expected.snapshot, 'delta', 'cold');
    },
  );

  test('folds nothing when there is nothing new', async () => {
    const cacheDirectory = mkdtempSync(join(directory, 'whole-'));
    const first = await foldPhase({ name: 'first', directory: cacheDirectory, throughCommit: 3 }, log, tools);
    const second = await foldPhase({ name: 'second', directory: cacheDirectory, throughCommit: 3 }, log, tools);
    expect([first.report.events, second.report.events]).toEqual([4, 0]);
    second.snapshot.mustEqual(first.snapshot, 'second', 'first');
  });
});
