import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HistoryLog } from '../../docs/examples/git-history/history-log.ts';
import type { PhaseTools } from '../../docs/examples/git-history/phase-report.ts';
import { type PhaseResult, projectPhase } from '../../docs/examples/git-history/project-phase.ts';

const tools: PhaseTools = { nowUs: () => 0n, nowMs: () => 0, onProgress: () => {} };

let directory: string;
const history = new HistoryLog('test');

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'git-history-test-'));
  const paths = ['src/a.ts', 'src/b.ts', 'src/a.ts', 'src/a.ts'];
  for (const [index, path] of paths.entries()) {
    const commit = Math.max(1, index);
    const event = { commit, committedAt: commit, path, linesAdded: 1, linesRemoved: 0 };
    history.append({ sequence: (BigInt(commit) << 32n) | BigInt(index), event });
  }
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

function projected(name: string, cacheDirectory: string, throughCommit: number): PhaseResult {
  return projectPhase({ name, directory: cacheDirectory, source: history.until(throughCommit) }, tools);
}

/** Flips a bit in the value stored for a stream. */
function damageValue(cacheDirectory: string, stream: string): void {
  const name = readdirSync(cacheDirectory).find((file) => file.endsWith('.log')) ?? '';
  const bytes = readFileSync(join(cacheDirectory, name));
  const value = bytes.indexOf('{"commits"', bytes.lastIndexOf(`${stream}\0`));
  bytes[value + 12] = (bytes[value + 12] as number) ^ 1;
  writeFileSync(join(cacheDirectory, name), bytes);
}

describe('a cache that continues an earlier one', () => {
  // A damaged entry is a miss, and replayed from its first event; the others continue from their watermarks.
  test.each(['file:src/a.ts', 'file:src/b.ts', 'directory:src/', 'directory:/'])(
    'is correct when %s is lost',
    (stream) => {
      const damaged = mkdtempSync(join(directory, 'damaged-'));
      const expected = projected('cold', mkdtempSync(join(directory, 'whole-')), 3);
      projected('earlier', damaged, 2);
      damageValue(damaged, stream);
      const delta = projected('delta', damaged, 3);
      delta.snapshot.mustEqual(expected.snapshot, 'delta', 'cold');
      expect(delta.report.replays).toBe(1);
      expect(delta.report.deltas + delta.report.hits).toBe(3);
    },
  );

  test('folds no event when there is no new one', () => {
    const cacheDirectory = mkdtempSync(join(directory, 'whole-'));
    const first = projected('first', cacheDirectory, 3);
    const second = projected('second', cacheDirectory, 3);
    expect([first.report.events, second.report.events, second.report.hits]).toEqual([12, 0, 4]);
    second.snapshot.mustEqual(first.snapshot, 'second', 'first');
  });
});
