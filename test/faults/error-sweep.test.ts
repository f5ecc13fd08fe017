/*
 * Each storage call of a store fails here once, in every way known for such calls, and in another run permanently from
 * then on. `FaultyRun` documents what must hold. One call in twelve fails; `npm run test:errors` fails all.
 */
import { expect, test } from 'vitest';
import type { Step } from '../crash/workload.ts';
import { smallEngine } from '../engines/small-engine.ts';
import { sweepErrors } from './error-sweep.ts';
import { FAULT_STEPS } from './fault-steps.ts';

function put(key: string, length = 24): Step {
  return { kind: 'put', key, length };
}

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

// A counterexample to the expectation that a poisoned store has all entries: more was not durable than memory holds, and the disk
// dropped it.
test('a store whose disk drops bytes that are no longer in memory has misses, and no older values', async () => {
  const steps: Step[] = [
    { kind: 'kill' },
    { kind: 'sync' },
    {
      kind: 'batch',
      puts: [
        { key: '', length: 24 },
        { key: 'ab', length: 24 },
        { key: 'kÿÿ', length: 1500 },
        { key: 'ÿ', length: 24 },
      ],
    },
    { kind: 'sync-async' },
    { kind: 'turn' },
    { kind: 'delete', key: 'ab' },
    { kind: 'compact' },
    put('a', 1500),
    { kind: 'reader' },
    put('a', 24),
    put('b', 1500),
    put('kÿ', 600),
    { kind: 'turn' },
    put('ba', 1500),
    { kind: 'reader' },
    { kind: 'delete-prefix', prefix: 'kÿ' },
    {
      kind: 'batch',
      puts: [
        { key: '', length: 24 },
        { key: 'kÿÿ', length: 24 },
        { key: 'abc', length: 24 },
        { key: 'ÿ', length: 1500 },
      ],
    },
    { kind: 'sync' },
    { kind: 'delete', key: 'kÿ' },
  ];
  const engine = await smallEngine();
  const only = { verbs: ['sync'], file: '000002.log', crashEvery: 10 } as const;
  const count = await sweepErrors({ engine, durability: 'on-sync', steps, ...only });
  expect(count.failures).toBeGreaterThan(0);
});

// A counterexample to an earlier definition of `close`: if a background sync failed, it makes nothing durable.
test('a store that is closed after a background sync loses nothing', async () => {
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
