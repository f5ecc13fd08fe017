// Why this test: a benchmark is run rarely, and breaks unnoticed. The measured figures are not checked.
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseBenchArguments, UsageError } from '../../bench/bench-arguments.ts';
import type { BenchResult } from '../../bench/benchmark.ts';
import { temporaryDirectory } from '../cache/cache-fixtures.ts';
import { builtScript, runBuilt, type ScriptRun } from '../scripts/built-script.ts';

const script: URL = await builtScript(new URL('../../bench/main.ts', import.meta.url));

const works = [
  'nothing but preparing key and value',
  'put, random key order, sync at the end',
  'get, hit, resident',
  'get, miss',
  'ordered scan',
  'get, hit, not resident',
  'bare positional read',
  'get, hit, default page cache',
  'overwrite, random order, sync at the end',
  'overwrite, compactions included',
  'deletePrefix, runs of 100',
  'put and sync, each durable',
  'bare append and fdatasync',
];

function run(...args: readonly string[]): ScriptRun {
  return runBuilt(script, args);
}

describe('npm run bench', () => {
  test('prints a row for each work, opening, size and pause, and leaves nothing on the disk', () => {
    const directory = temporaryDirectory();
    const { status, out } = run('--entries', '2000', '--rounds', '1', '--directory', directory);
    expect(status).toBe(0);
    const lines = out.split('\n');
    for (const work of works) {
      expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^${work} +[\\d,]+ +[\\d,]+ `)));
    }
    for (const fact of [
      /^open with image +[\d.]/,
      /^open without image .* GB\/s/,
      /^index memory a key +\d+\.\d bytes/,
    ]) {
      expect(lines).toContainEqual(expect.stringMatching(fact));
    }
    expect(out).toContain(`Node ${process.version}`);
    expect(out).toMatch(/^longest put while overwriting +[\d.,]+ ms/m);
    for (const explained of [
      /^ops\/s: the median of the rounds/,
      /^A durable put is [\d.]+x as fast as a bare append/,
      /^A get from disk takes [\d.]+x the time of a bare read/,
      /^An image makes opening [\d.]+x as fast/,
      /^Noise: rounds of one work differ by 1\.00x in the middle, 1\.00x at most/,
    ]) {
      expect(lines).toContainEqual(expect.stringMatching(explained));
    }
    expect(out).not.toMatch(/NaN|undefined|Infinity/);
    expect(readdirSync(directory)).toEqual([]);
  });

  test('prints the same figures as JSON', () => {
    const { status, out } = run('--entries', '500', '--value-bytes', '64', '--rounds', '2', '--json');
    expect(status).toBe(0);
    const { figures, openings, sizes } = JSON.parse(out) as BenchResult;
    expect(figures.map(({ work }) => work)).toEqual(works);
    for (const { perSecond, microseconds } of figures) {
      expect(perSecond.min).toBeLessThanOrEqual(perSecond.median);
      expect(perSecond.median).toBeLessThanOrEqual(perSecond.max);
      expect(microseconds?.p50).toBeLessThanOrEqual(microseconds?.max ?? 0);
    }
    expect(openings.map(({ work }) => work)).toEqual([
      'open with image',
      'first put with image',
      'open after a kill',
      'open without image',
    ]);
    expect(sizes.payloadBytes).toBe(500 * (32 + 64 + 16));
  });

  test('lists its options', () => {
    expect(run('--help').out).toContain('--entries N');
    const { status, err } = run('--entries', 'many');
    expect(status).toBe(1);
    expect(err).toMatch(/^Give a whole number from 200 to 100000000 after --entries, not many\n\nUsage: /);
  });
});

describe('parseBenchArguments', () => {
  test('has defaults', () => {
    expect(parseBenchArguments([])).toMatchObject({ entries: 200_000, valueBytes: 256, rounds: 5, json: false });
  });

  test.each([
    ['--entries', '0'],
    ['--entries', '1e99'],
    ['--rounds', '0'],
    ['--value-bytes', '1.5'],
    ['--fast'],
    ['x'],
  ])('refuses %s %s', (...args) => {
    expect(() => parseBenchArguments(args)).toThrow(UsageError);
  });
});
