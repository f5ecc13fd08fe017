import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../bench/bench-arguments.ts';
import { commitNamed } from '../../bench/commit-build.ts';
import { parseCompareArguments } from '../../bench/compare-arguments.ts';
import { compareRounds, formatComparison } from '../../bench/comparison.ts';
import { temporaryDirectory } from '../cache/cache-fixtures.ts';
import { builtScript, runBuilt, type ScriptRun } from '../scripts/built-script.ts';

const script: URL = await builtScript(new URL('../../bench/compare.ts', import.meta.url));

function run(temporary: string, ...args: readonly string[]): ScriptRun {
  return runBuilt(script, args, { env: { ...process.env, TMPDIR: temporary, TEMP: temporary } });
}

describe('npm run bench:compare', () => {
  test('compares a commit with itself, and leaves nothing behind', ({ skip }) => {
    skip(commitNamed('HEAD') === undefined, 'there is no commit here to build');
    const temporary = temporaryDirectory();
    const { status, out } = run(temporary, '--entries', '200', '--rounds', '1', 'HEAD', 'HEAD');
    expect(status).toBe(0);
    const works = ['load', 'overwrite', 'get hit', 'get miss', 'scan', 'deletePrefix', 'durable put', 'mixed'];
    for (const work of [...works, 'open by image', 'open by replay']) {
      expect(out).toMatch(new RegExp(`^${work} +[\\d.,]+ +[\\d.,]+ +\\d+\\.\\d\\d +\\+-`, 'm'));
    }
    expect(out).not.toMatch(/NaN|undefined|Infinity/);
    expect(readdirSync(temporary).filter((name) => name.startsWith('projection-cache'))).toEqual([]);
  });

  test('names the commit that it does not find', () => {
    const { status, err } = run(temporaryDirectory(), 'HEAD', 'no-such-commit');
    expect(status).toBe(1);
    expect(err).toMatch(/^There is no commit \S+ here: give a commit, a tag or a branch\n$/);
  });
});

describe('parseCompareArguments', () => {
  test('accepts two commits, and has defaults', () => {
    const defaults = { entries: 100_000, rounds: 7, failAbove: undefined, help: false };
    expect(parseCompareArguments(['a', 'b'])).toEqual({ commits: ['a', 'b'], ...defaults });
    expect(parseCompareArguments(['a', 'b', '--fail-above', '1.1']).failAbove).toBe(1.1);
    expect(parseCompareArguments(['--help']).help).toBe(true);
  });

  test.each([
    [[]],
    [['a']],
    [['a', 'b', 'c']],
    [['a', 'b', '--rounds', '0']],
    [['a', 'b', '--entries', '1.5']],
    [['a', 'b', '--fail-above', 'much']],
    [['a', 'b', '--fast']],
  ])('refuses %j', (args) => {
    expect(() => parseCompareArguments(args)).toThrow(UsageError);
  });
});

describe('compareRounds', () => {
  const rounds = (...us: number[]): { readonly get: number }[] => us.map((get) => ({ get }));

  test('reports a work as slower if it is slower by more than a tenth beyond the spread', () => {
    expect(compareRounds(rounds(10, 10, 10, 10), rounds(12, 12, 12, 12))).toEqual([
      { work: 'get', before: 10, after: 12, ratio: 1.2, spread: 0, slower: true },
    ]);
    expect(compareRounds(rounds(10, 10, 10, 10), rounds(10.5, 10.5, 10.5, 10.5))[0]?.slower).toBe(false);
    const restless = compareRounds(rounds(10, 10, 10, 10), rounds(10, 9, 16, 16))[0];
    expect(restless).toMatchObject({ ratio: 1.3, slower: false });
  });

  test('computes ratios round by round: a round that is slow for both does not count', () => {
    expect(compareRounds(rounds(10, 50, 10), rounds(10, 50, 10))[0]).toMatchObject({ ratio: 1, spread: 0 });
  });

  test('prints a table, how to read it, and a verdict', () => {
    const slower = formatComparison(compareRounds(rounds(10), rounds(20)), ['v1', 'v2']).split('\n');
    expect(slower.slice(0, 2).map((line) => line.trim().replaceAll(/ +/g, ' '))).toEqual([
      'work, us each v1 v2 ratio spread',
      'get 10.0 20.0 2.00 +-0.00 slower',
    ]);
    expect(slower[3]).toMatch(/^ratio: the time of v2 as a multiple of that of v1/);
    expect(slower.at(-1)).toBe('Verdict: v2 is slower than v1 at 1 of 1: get.');
    const same = formatComparison(compareRounds(rounds(10), rounds(10.5)), ['v1', 'v2']);
    expect(same).toMatch(/\nVerdict: beyond the noise, v2 is nowhere slower than v1\.$/);
  });
});
