/*
 * Concurrent callers of an AsyncProjector, in any order of their steps. Each gets the full replay of a head that the
 * log had during the call, or, by best effort, of one within its window. Callers that leave, a cache that fails or
 * hangs, an event log that hangs, a stream that is rewritten and invalidated, and a log that is restored meanwhile must
 * not change that. `PROJECTION_HISTORIES=10000 npm run test:projections` runs so many of each kind.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConcurrentHistory } from './projection/concurrent-history.ts';
import {
  aroundInvalidation,
  aroundRestores,
  type ConcurrentSettings,
  type ConcurrentStep,
  concurrentSettings,
  concurrentSteps,
  invalidationSettings,
  restoreSettings,
} from './projection/concurrent-steps.ts';
import { projectionMakers } from './projection/history-projections.ts';
import { runs } from './runs.ts';

const asked = Number(process.env['PROJECTION_HISTORIES'] ?? 0);
const timeout = 3_600_000;

async function follow(
  history: ConcurrentHistory,
  scheduler: fc.Scheduler,
  all: readonly ConcurrentStep[],
): Promise<void> {
  scheduler.scheduleSequence(
    all.map((step) => ({
      label: step.what,
      builder: () => Promise.resolve(history.run(step)),
    })),
  );
  await scheduler.waitIdle();
  history.dependencies.resume();
  await scheduler.waitFor(history.ended());
}

/** At the end, with no running call and a working cache: each stream is its replay, and no reader is left open. */
async function finish(history: ConcurrentHistory, scheduler: fc.Scheduler): Promise<void> {
  history.dependencies.work();
  for (const stream of ['a', 'a:1']) {
    for (const which of [0, 1]) {
      history.run({ what: 'call', stream, which, freshness: { kind: 'consistent' }, leaves: false });
    }
  }
  await scheduler.waitFor(history.ended());
  await scheduler.waitIdle();
  expect(history.dependencies.readsOpen).toBe(0);
}

/** Memory that is weakly referenced, as that of a store, is released between turns of the event loop only. */
async function release(history: ConcurrentHistory): Promise<void> {
  history.dependencies.close();
  await new Promise((resolve) => setImmediate(resolve));
}

test('concurrent callers', { timeout }, async () => {
  const property = fc.asyncProperty(
    fc.scheduler(),
    concurrentSettings,
    concurrentSteps,
    async (scheduler, settings, all) => {
      const history = new ConcurrentHistory(scheduler, settings);
      await follow(history, scheduler, all);
      await finish(history, scheduler);
      // A key whose write never settles is not read any more.
      if (!settings.timesOut) await scheduler.waitFor(history.answersWithoutLog('a'));
      await release(history);
    },
  );
  await fc.assert(property, { numRuns: asked || runs(150), timeout: 60_000 });
});

/** Histories that are followed to their end, one after the other. */
function followed(
  settings: fc.Arbitrary<ConcurrentSettings>,
  steps: fc.Arbitrary<ConcurrentStep[]>,
): fc.IAsyncProperty<unknown> {
  return fc.asyncProperty(fc.scheduler(), settings, steps, async (scheduler, chosen, all) => {
    const history = new ConcurrentHistory(scheduler, chosen);
    await follow(history, scheduler, all);
    await finish(history, scheduler);
    await release(history);
  });
}

test('callers around an invalidation: later ones neither join nor find an overtaken fold', {
  timeout,
}, async () => {
  const property = followed(invalidationSettings, aroundInvalidation);
  await fc.assert(property, { numRuns: asked || runs(350), timeout: 60_000 });
});

test('callers around restores: no state has events of two logs', { timeout }, async () => {
  const property = followed(restoreSettings, aroundRestores);
  await fc.assert(property, { numRuns: asked || runs(200), timeout: 60_000 });
});

test('without leaving callers and invalidations, a key has one fold at a time', { timeout }, async () => {
  const property = fc.asyncProperty(
    fc.scheduler(),
    fc.boolean(),
    concurrentSteps,
    async (scheduler, answersLater, all) => {
      const history = new ConcurrentHistory(scheduler, {
        makers: projectionMakers,
        answersLater,
        timesOut: false,
        verifyEvery: undefined,
        hasCheckpoints: false,
      });
      const calm = all.filter(({ what }) => ['append', 'call', 'clock', 'fault'].includes(what));
      await follow(
        history,
        scheduler,
        calm.map((step) => (step.what === 'call' ? { ...step, which: 0, leaves: false } : step)),
      );
      expect(history.dependencies.readsAtOnceMax).toBeLessThanOrEqual(1);
      await release(history);
    },
  );
  await fc.assert(property, { numRuns: asked || runs(80), timeout: 60_000 });
});
