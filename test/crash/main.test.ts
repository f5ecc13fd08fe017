// Why this test: the long sweep is run rarely. It must still run, and still report a violation.
import { describe, expect, test } from 'vitest';
import { BROKEN_FOR_CRASHES } from '../engines/broken-for-crashes.ts';
import { builtScript, runBuilt, type ScriptRun } from '../scripts/built-script.ts';
import { readArguments, UsageError } from '../scripts/script-arguments.ts';
import { usage } from './sweep-arguments.ts';

const script: URL = await builtScript(new URL('./main.ts', import.meta.url));

function run(...args: readonly string[]): ScriptRun {
  return runBuilt(script, args);
}

describe('npm run test:crash', () => {
  test('distributes workloads over processes and prints the totals', () => {
    const { status, out } = run('--states', '300', '--workers', '2', '--seed', '300');
    expect(status).toBe(0);
    const figure = (name: string): number => {
      const line = out.split('\n').find((text) => text.startsWith(`${name}  `)) ?? '';
      return Number(line.slice(name.length).trim().replaceAll(',', '') || Number.NaN);
    };
    expect(figure('workloads')).toBeGreaterThanOrEqual(1);
    expect(figure('distinct crash states, each opened')).toBeGreaterThanOrEqual(300);
    expect(figure('crash states tried')).toBeGreaterThan(figure('distinct crash states, each opened'));
    expect(figure('seconds')).toBeGreaterThanOrEqual(1);
  });

  test('ends with code 1 and the counterexample if a store breaks its promise', () => {
    const known = BROKEN_FOR_CRASHES.findIndex(({ fault }) => fault === 'a torn tail is not cut') + 1;
    const { status, err } = run('--broken', String(known), '--workers', '1');
    expect(status).toBe(1);
    expect(err).toMatch(/^workload \{"seed":1,/m);
    expect(err).toMatch(/^crash after change \d+$/m);
    expect(err).toContain(`npm run test:crash -- --seed 1 --states 1 --workers 1 --broken ${known}`);
  });
});

describe('its arguments', () => {
  const numbers = (...args: readonly string[]) => Object.fromEntries(readArguments(usage, args) ?? []);

  test('has defaults', () => {
    expect(numbers()).toMatchObject({ states: 1_000_000, seed: 1, broken: 0 });
    expect(numbers('--states', '5', '--workers', '3')).toMatchObject({ states: 5, workers: 3 });
  });

  test.each([
    ['--states', '0'],
    ['--states', '1e99'],
    ['--states', ''],
    ['--states', 'many'],
    ['--workers', '1.5'],
    ['--workers', '0'],
    ['--seed', '-1'],
    ['--broken', '1000'],
    ['--fast'],
    ['x'],
  ])('refuses %s %s', (...args) => {
    expect(() => numbers(...args)).toThrow(UsageError);
  });

  test('lists its options', () => {
    expect(() => numbers('--workers', 'all')).toThrow(
      /^Give a whole number from 1 to 256 after --workers, not all\n\nUsage: npm run test:crash/,
    );
  });
});
