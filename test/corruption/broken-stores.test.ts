/*
 * A sweep that finds nothing proves nothing unless it is known to detect faults. Each of these stores has one fault,
 * built from the sources with one edit, and the corruption sweep must detect it.
 */
import { expect, test } from 'vitest';
import { BROKEN_FOR_CORRUPTION } from '../engines/broken-for-corruption.ts';
import { brokenSample } from '../engines/broken-sample.ts';
import { smallEngine, smallEngineWith } from '../engines/small-engine.ts';
import { CorruptionSweep, sweptStates } from './corruption-sweep.ts';

test.each(brokenSample(BROKEN_FOR_CORRUPTION))('the corruption sweep detects that $fault', async ({ edits }) => {
  const engine = await smallEngineWith(edits);
  const sweepAll = (): void => {
    const sweep = new CorruptionSweep(engine);
    sweep.runMixtures();
    // Coarse samples first, so that faults that are easy to find cost little.
    for (const every of [211, 31, 7, 1]) for (const state of sweptStates(engine)) sweep.run(state, every);
  };
  expect(sweepAll).toThrow(/^a (?:store|directory) /);
});

test('the corruption sweep finds nothing in a sample on the correct engine', async () => {
  const engine = await smallEngine();
  const sweep = new CorruptionSweep(engine);
  sweep.runMixtures();
  for (const state of sweptStates(engine)) sweep.run(state, 211);
  expect(sweep.count.damages).toBeGreaterThan(300);
  expect(sweep.count.forgot).toBeGreaterThan(30);
});
