import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CommitLog } from '../../docs/examples/git-history/commit-log.ts';
import { type DemoResult, runDemo } from '../../docs/examples/git-history/history-demo.ts';
import type { PhaseReport } from '../../docs/examples/git-history/phase-report.ts';
import { ThrowawayRepository } from './git-history-repository.ts';

const commitCount = 600;
const firstCommitSeconds = 1_600_000_000;

interface Expected {
  commits: number;
  linesAdded: number;
  linesRemoved: number;
  firstChange: number;
  lastChange: number;
  lastCommit: number;
}

/**
 * A generated history: commit `c` rewrites up to three of 40 files, and every line is new, so that git must count all
 * old lines as removed and all new ones as added. The expected totals are computed here a second time.
 */
function generatedHistory(): { commands: string; events: number; files: Map<string, Expected> } {
  const files = new Map<string, Expected>();
  const lineCounts = new Map<string, number>();
  const commands: string[] = [];
  let events = 0;
  for (let commit = 1; commit <= commitCount; commit += 1) {
    const seconds = firstCommitSeconds + commit * 60;
    commands.push(`commit refs/heads/main\nmark :${commit}\ncommitter A <a@example.org> ${seconds} +0000\ndata 1\nx\n`);
    if (commit > 1) commands.push(`from :${commit - 1}\n`);
    const numbers = new Set([(commit * 7) % 40, (commit * commit) % 40, commit % 3]);
    for (const number of numbers) {
      const path = `part-${number % 4}/deep/file-${number}.txt`;
      const lineCount = 1 + ((commit + number) % 9);
      const content = Array.from({ length: lineCount }, (_, line) => `${commit} ${number} ${line}\n`).join('');
      commands.push(`M 100644 inline ${path}\ndata ${content.length}\n${content}\n`);
      const before = files.get(path);
      files.set(path, {
        commits: (before?.commits ?? 0) + 1,
        linesAdded: (before?.linesAdded ?? 0) + lineCount,
        linesRemoved: (before?.linesRemoved ?? 0) + (lineCounts.get(path) ?? 0),
        firstChange: before?.firstChange ?? seconds,
        lastChange: seconds,
        lastCommit: commit,
      });
      lineCounts.set(path, lineCount);
      events += 1;
    }
  }
  return { commands: commands.join(''), events, files };
}

const history = generatedHistory();
let repository: ThrowawayRepository;
let directory: string;
let result: DemoResult;
const progress: string[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'git-history-test-'));
  repository = new ThrowawayRepository();
  repository.fastImport(history.commands);
  let ticks = 0;
  result = await runDemo(await CommitLog.open(repository.path), directory, {
    nowUs: () => 5n,
    nowMs: () => ticks++,
    onProgress: (phase, done, of) => progress.push(`${phase} ${done}/${of}`),
  });
});

afterAll(() => {
  repository.remove();
  rmSync(directory, { recursive: true, force: true });
});

describe('runDemo on a generated history', () => {
  test('counts events and entries of each phase', () => {
    const { events, files } = history;
    // Each file, two directories above each of the four parts, and the root.
    const entries = files.size + 8 + 1;
    expect(result.events).toBe(events);
    expect(result.earlierCommits).toBe(540);
    const [cold, warm, earlier, delta] = result.phases.map(({ ms, diskBytes, ...counts }) => counts);
    const none = { replays: 0, deltas: 0, hits: 0 };
    // Each event is folded for its file, two directories and the root.
    expect(cold).toEqual({ ...none, name: 'cold', events: events * 4, replays: entries, entries });
    expect(warm).toEqual({ ...none, name: 'warm', events: 0, hits: entries, entries });
    expect(earlier).toEqual({ ...none, name: 'earlier', events: earlier?.events, replays: entries, entries });
    expect(delta).toMatchObject({ name: 'delta', events: events * 4 - (earlier?.events ?? 0), replays: 0, entries });
    expect((delta?.deltas ?? 0) + (delta?.hits ?? 0)).toBe(entries);
    expect((earlier?.events ?? 0) / (events * 4)).toBeCloseTo(0.9, 1);
  });

  test('finds the ten busiest files with their exact totals', () => {
    const lines = (activity: Expected): number => activity.linesAdded + activity.linesRemoved;
    const expected = [...history.files].sort(
      ([pathA, a], [pathB, b]) => b.commits - a.commits || lines(b) - lines(a) || (pathA < pathB ? -1 : 1),
    );
    expect(result.busiest.map(({ path, activity }) => [path, activity])).toEqual(expected.slice(0, 10));
  });

  test('reports the progress and the cost of each phase', () => {
    const { entries } = result.phases[0] as PhaseReport;
    expect(progress[0]).toBe(`git 1/${commitCount}`);
    expect(progress).toContain(`git ${commitCount}/${commitCount}`);
    for (const name of ['cold', 'warm', 'earlier', 'delta']) expect(progress).toContain(`${name} 1/${entries}`);
    expect(progress.at(-1)).toBe(`delta ${entries}/${entries}`);
    for (const { ms, diskBytes } of result.phases) expect(Math.min(ms, diskBytes, result.readMs)).toBeGreaterThan(0);
  });
});
