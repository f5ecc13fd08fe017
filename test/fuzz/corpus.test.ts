/*
 * Files that once mattered: the shortest that reach each path of recovery, and all findings of `npm run fuzz`. The
 * field `story` describes each case.
 */
import { describe, expect, test } from 'vitest';
import { BROKEN_FOR_CORRUPTION } from '../engines/broken-for-corruption.ts';
import { smallEngine, smallEngineWith } from '../engines/small-engine.ts';
import { keptCases, play } from './fuzz-case.ts';
import { Fuzzer } from './fuzzer.ts';

const cases = [...keptCases()].map(([name, fuzzCase]) => ({ name, fuzzCase }));

describe('a recorded case', () => {
  test.each(cases)('$name is opened correctly', async ({ fuzzCase }) => {
    // Images are those of the small engine, whose index is small.
    const contents = play(fuzzCase, await smallEngine());
    if (fuzzCase.holds !== undefined) expect(Object.fromEntries(contents)).toEqual(fuzzCase.holds);
    else expect(contents.size).toBeLessThanOrEqual(Object.keys(fuzzCase.allowed).length);
  });

  test('reaches each path of recovery', () => {
    expect(cases.length).toBeGreaterThanOrEqual(8);
  });
});

describe('the fuzzer', () => {
  test('finds nothing in a sample of its cases, and generates the same ones again', async () => {
    const engine = await smallEngine();
    const [one, other] = [new Fuzzer(engine, 7), new Fuzzer(engine, 7)];
    for (let number = 0; number < 400; number += 1) expect(one.execute(number)).toBeUndefined();
    for (let number = 0; number < 20; number += 1) other.execute(number);
    expect(one.count.held).toBeGreaterThan(100);
    expect(one.count.forgot).toBeGreaterThan(50);
  });

  // Otherwise the test above could not fail.
  test.each(BROKEN_FOR_CORRUPTION.filter(({ fault }) => /body is not|older$/.test(fault)))(
    'finds that $fault',
    async ({ edits }) => {
      const fuzzer = new Fuzzer(await smallEngineWith(edits), 7);
      const found = (): boolean => {
        for (let number = 0; number < 20_000; number += 1) if (fuzzer.execute(number) !== undefined) return true;
        return false;
      };
      expect(found()).toBe(true);
    },
  );
});
