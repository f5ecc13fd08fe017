/*
 * Every call that a store makes of its storage fails here once, in every way that is known of such calls, and in another
 * run from then on for ever. What must hold is told at `FaultyRun`.
 */
import { expect, test } from 'vitest';
import { smallEngine } from '../engines/small-engine.ts';
import { sweepErrors } from './error-sweep.ts';
import { FAULT_STEPS } from './fault-steps.ts';

test.each(['on-sync', 'on-put'] as const)(
  'a store that is durable %s loses nothing to any error',
  async (durability) => {
    const engine = await smallEngine();
    const count = await sweepErrors({ engine, durability, steps: FAULT_STEPS, crashEvery: 40 });
    expect(count.calls).toBeGreaterThan(250);
    expect(count.runs).toBeGreaterThan(2500);
    expect(count.failures).toBeGreaterThan(count.runs / 2);
    expect(count.crashes).toBeGreaterThan(2000);
  },
);
