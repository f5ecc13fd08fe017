// Why this test: the long sweep is run rarely. It must still run, and still report a violation.
import { describe, expect, test } from 'vitest';
import { BROKEN_FOR_ERRORS } from '../engines/broken-for-errors.ts';
import { builtScript, runBuilt, type ScriptRun } from '../scripts/built-script.ts';
import { readArguments, UsageError } from '../scripts/script-arguments.ts';
import { usage } from './sweep-arguments.ts';

const script: URL = await builtScript(new URL('./main.ts', import.meta.url));
/** One of a few steps. */
const SHORT_SEED = 8;

function run(...args: readonly string[]): ScriptRun {
  return runBuilt(script, args);
}

describe('npm run test:errors', () => {
  test('prints the totals of the workloads', () => {
    const { status, out } = run('--workloads', '1', '--seed', String(SHORT_SEED));
    expect(status).toBe(0);
    expect(out).toMatch(/^workloads +1$/m);
    for (const name of ['storage calls made to fail', 'runs, one for each way', 'store calls that threw']) {
      expect(out).toMatch(new RegExp(`^${name} +[1-9]`, 'm'));
    }
    expect(out).toMatch(/^seconds +\d+/m);
  });

  test('ends with code 1 and the counterexample if a store breaks its promise', () => {
    const known = BROKEN_FOR_ERRORS.findIndex(({ fault }) => fault === 'an open that fails keeps the lock') + 1;
    const { status, err } = run('--broken', String(known), '--seed', String(SHORT_SEED));
    expect(status).toBe(1);
    expect(err).toMatch(/^workload \{"seed":8,/m);
    expect(err).toMatch(/^call \d+, [a-z-]+ of .*: a failed open keeps the lock$/m);
    expect(err).toContain(`npm run test:errors -- --seed ${SHORT_SEED} --workloads 1 --broken ${known}`);
  });
});

describe('its arguments', () => {
  const numbers = (...args: readonly string[]) => Object.fromEntries(readArguments(usage, args) ?? []);

  test('has defaults', () => {
    expect(numbers()).toEqual({ workloads: 100, seed: 1, broken: 0 });
  });

  test.each([
    ['--workloads', '0'],
    ['--workloads', ''],
    ['--seed', 'first'],
    ['--broken', '1000'],
    ['--states', '5'],
    ['x'],
  ])('refuses %s %s', (...args) => {
    expect(() => numbers(...args)).toThrow(UsageError);
  });
});
