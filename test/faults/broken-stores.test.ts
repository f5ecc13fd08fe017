/* The error sweep against stores with one fault each: it must detect every fault. */
import { expect, test } from 'vitest';
import { BROKEN_FOR_ERRORS } from '../engines/broken-for-errors.ts';
import { brokenSample } from '../engines/broken-sample.ts';
import { smallEngineWith } from '../engines/small-engine.ts';
import { sweepErrors } from './error-sweep.ts';
import { FAULT_STEPS } from './fault-steps.ts';

test.each(brokenSample(BROKEN_FOR_ERRORS))('the error sweep detects that $fault', async ({ edits, verbs, file }) => {
  const engine = await smallEngineWith(edits);
  const where = file === undefined ? { verbs } : { verbs, file };
  const sweep = sweepErrors({ engine, durability: 'on-sync', steps: FAULT_STEPS, crashEvery: 4, ...where });
  await expect(sweep).rejects.toThrow();
});
