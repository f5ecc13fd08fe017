import { describe, expect, test } from 'vitest';
import { CommitLog } from '../../docs/examples/git-history/commit-log.ts';
import { parseDemoArguments } from '../../docs/examples/git-history/demo-arguments.ts';
import { formatResult } from '../../docs/examples/git-history/demo-report.ts';
import type { DemoResult } from '../../docs/examples/git-history/history-demo.ts';
import type { PhaseReport } from '../../docs/examples/git-history/phase-report.ts';
import { Progress } from '../../docs/examples/git-history/progress.ts';
import { Stopwatch } from '../../docs/examples/git-history/stopwatch.ts';
import { formatCount, formatDay, formatPath, formatTable } from '../../docs/examples/git-history/table.ts';

describe('formatTable', () => {
  test('aligns text at the left and numbers at the right, in columns as wide as their longest cell', () => {
    const columns = [
      { heading: 'name', align: 'left' },
      { heading: 'n', align: 'right' },
    ] as const;
    const table = formatTable(columns, [
      ['a', '1'],
      ['longer', '1,000'],
    ]);
    expect(table).toBe(['  name        n', '  a           1', '  longer  1,000'].join('\n'));
  });
});

describe('formats', () => {
  test('counts have commas and no fraction', () => {
    expect([0, 999.6, 1_234_567].map(formatCount)).toEqual(['0', '1,000', '1,234,567']);
  });

  test('days are in UTC, and seconds beyond any calendar stay seconds', () => {
    expect(formatDay(Date.parse('2024-02-29T23:59:59Z') / 1000)).toBe('2024-02-29');
    expect(formatDay(1e15)).toBe('1000000000000000');
  });

  test('paths are plain unless they would break the table or control the terminal', () => {
    expect(formatPath('größe/a b')).toBe('größe/a b');
    expect(formatPath('new\nline')).toBe('"new\\nline"');
    expect(formatPath('\u001b[31mred')).toBe('"\\u001b[31mred"');
  });
});

describe('formatResult', () => {
  const phase = { replays: 0, deltas: 0, hits: 0, entries: 1_000_000, diskBytes: 999_999_999 };
  const named = (name: string, events: number): PhaseReport => ({ ...phase, name, events, ms: 999_999 });
  const activity = { commits: 9, linesAdded: 1_234_567, linesRemoved: 7_654_321, firstChange: 0, lastChange: 0 };
  const result: DemoResult = {
    events: 10_000_000,
    readMs: 999_999,
    readLaterMs: 1,
    phases: [named('cold', 40_000_000), named('warm', 0), named('earlier', 1), named('delta', 1)],
    earlierCommits: 900_000,
    busiest: [{ path: `${'deep/'.repeat(20)}file.ts`, activity: { ...activity, lastCommit: 9 } }],
    fingerprint: '0123456789abcdef',
  };
  const log = new CommitLog('.', 'f'.repeat(40), 1_000_000);

  test('fits 80 columns, begins with the point, and has bars only on a terminal', () => {
    const lines = formatResult(log, result, true).split('\n');
    expect(lines[0]).toBe('With a cache 100,000 commits behind, 1 of 40,000,000 events are folded.');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines.filter((line) => line.includes('#')).map((line) => line.slice(line.indexOf('#')))).toEqual([
      '#'.repeat(12),
      '#',
    ]);
    expect(formatResult(log, result, false)).not.toContain('#');
  });

  test('keeps the end of a long path', () => {
    expect(formatResult(log, result, false)).toMatch(/ {2}\.\.\.eep\/deep\/deep\/deep\/deep\/file\.ts\n/);
  });
});

describe('Progress', () => {
  function recorded(isTTY: boolean): { texts: string[]; progress: Progress; at: (ms: number) => void } {
    const texts: string[] = [];
    let nowMs = 0;
    const progress = new Progress({ isTTY, write: (text) => texts.push(text) }, () => nowMs);
    return { texts, progress, at: (ms) => (nowMs = ms) };
  }

  test('rewrites one line at most ten times a second and removes it', () => {
    const { texts, progress, at } = recorded(true);
    progress.show('cold', 1, 200);
    progress.show('cold', 2, 200);
    at(100);
    progress.show('cold', 50, 200);
    progress.clear();
    progress.clear();
    const erase = '\r\u001b[K';
    expect(texts).toEqual([`${erase}cold: 1 of 200 (0 %)`, `${erase}cold: 50 of 200 (25 %)`, erase]);
  });

  test('is silent without a terminal', () => {
    const { texts, progress } = recorded(false);
    progress.show('cold', 1, 2);
    progress.clear();
    expect(texts).toEqual([]);
  });
});

describe('Stopwatch', () => {
  test('adds up the time between starts and stops', () => {
    let nowMs = 0;
    const watch = new Stopwatch(() => nowMs);
    watch.start();
    nowMs = 5;
    watch.stop();
    nowMs = 100;
    watch.stop();
    watch.start();
    nowMs = 102;
    watch.stop();
    expect(watch.ms).toBe(7);
  });
});

describe('parseDemoArguments', () => {
  test('uses the current directory and a temporary one by default', () => {
    expect(parseDemoArguments([])).toEqual({ repository: '.', cacheDirectory: undefined, help: false });
  });

  test('accepts a path, a directory for the caches and --help', () => {
    const given = parseDemoArguments(['../other', '--cache', 'dir', '--help']);
    expect(given).toEqual({ repository: '../other', cacheDirectory: 'dir', help: true });
  });

  test('refuses anything else and shows the usage', () => {
    expect(() => parseDemoArguments(['--speed'])).toThrow(/--speed[\s\S]*Usage: npm run demo/);
    expect(() => parseDemoArguments(['--cache'])).toThrow(/Usage: npm run demo/);
    expect(() => parseDemoArguments(['--cache='])).toThrow(/a directory after --cache[\s\S]*Usage/);
    expect(() => parseDemoArguments(['a', 'b'])).toThrow(/one PATH, not 2: a b[\s\S]*Usage/);
  });
});
