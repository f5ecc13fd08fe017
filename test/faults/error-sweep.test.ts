/*
 * Each storage call of a store fails here once, in every way known for such calls, and in another run permanently from
 * then on. `FaultyRun` documents what must hold. One call in twelve fails; `npm run test:errors` fails all.
 */
import { expect, test } from 'vitest';
import type { Step } from '../crash/workload.ts';
import { smallEngine } from '../engines/small-engine.ts';
import { sweepErrors } from './error-sweep.ts';
import { FAULT_STEPS } from './fault-steps.ts';

test('a store loses nothing to any error', async () => {
  const engine = await smallEngine();
  const count = await sweepErrors({ engine, durability: 'on-sync', steps: FAULT_STEPS, crashEvery: 40, callEvery: 12 });
  expect(count.calls).toBeGreaterThan(20);
  expect(count.runs).toBeGreaterThan(200);
  expect(count.failures).toBeGreaterThan(count.runs / 2);
  expect(count.crashes).toBeGreaterThan(100);
});

// What distinguishes a put that syncs is its writes and syncs; `npm run test:errors` fails its other calls, too.
test('a store with durable puts loses nothing to errors of its writes and syncs', async () => {
  const engine = await smallEngine();
  const verbs = ['write', 'sync'] as const;
  const count = await sweepErrors({
    engine,
    durability: 'on-put',
    steps: FAULT_STEPS,
    crashEvery: 40,
    callEvery: 9,
    verbs,
  });
  expect(count.runs).toBeGreaterThan(30);
  expect(count.failures).toBeGreaterThan(count.runs / 2);
});

// A counterexample to an earlier definition of `close`: if a background sync failed, it makes nothing durable.
test('a store that is closed after a background sync loses nothing', async () => {
  const put = (key: string): Step => ({ kind: 'put', key, length: 24 });
  const steps: Step[] = [
    put('abc'),
    { kind: 'sync-async' },
    put('abd'),
    { kind: 'turn' },
    { kind: 'reopen' },
    put('a'),
  ];
  const count = await sweepErrors({ engine: await smallEngine(), durability: 'on-sync', steps, verbs: ['sync'] });
  expect(count.failures).toBeGreaterThan(0);
});
