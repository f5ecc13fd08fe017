/*
 * Callers of an AsyncProjector that overlap, in any order of their steps. Each is answered with the full replay of a head
 * that the log had while the call was under way, or, by best effort, of one within its window; others that leave, a cache
 * that fails or hangs, an event log that hangs, a stream that is rewritten and invalidated and a log that is restored under
 * it change nothing about that.
 *
 * `PROJECTION_HISTORIES=10000 npm run test:projections` follows so many of each kind.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConcurrentHistory } from './projection/concurrent-history.ts';
import {
  aroundInvalidation,
  concurrentSettings,
  type Happening,
  happenings,
  invalidationSettings,
} from './projection/happenings.ts';
import { projectionMakers } from './projection/history-projections.ts';

const asked = Number(process.env['PROJECTION_HISTORIES'] ?? 0);
const timeout = 3_600_000;

async function follow(history: ConcurrentHistory, scheduler: fc.Scheduler, all: readonly Happening[]): Promise<void> {
  scheduler.scheduleSequence(
    all.map((happening) => ({
      label: happening.what,
      builder: () => Promise.resolve(history.happen(happening)),
    })),
  );
  await scheduler.waitIdle();
  history.world.resume();
  await scheduler.waitFor(history.ended());
}

/** In the end, with nothing under way and a cache that works: each stream is its replay, and no reader is left open. */
async function finish(history: ConcurrentHistory, scheduler: fc.Scheduler): Promise<void> {
  history.world.work();
  for (const stream of ['a', 'a:1']) {
    for (const which of [0, 1]) {
      history.happen({ what: 'call', stream, which, freshness: { kind: 'consistent' }, leaves: false });
    }
  }
  await scheduler.waitFor(history.ended());
  await scheduler.waitIdle();
  expect(history.world.readsOpen).toBe(0);
}

test('callers that overlap', { timeout }, async () => {
  const property = fc.asyncProperty(
    fc.scheduler(),
    concurrentSettings,
    happenings,
    async (scheduler, settings, all) => {
      const history = new ConcurrentHistory(scheduler, settings);
      await follow(history, scheduler, all);
      await finish(history, scheduler);
      // A key whose write is never settled is not read any more.
      if (!settings.timesOut) await scheduler.waitFor(history.answersWithoutLog('a'));
    },
  );
  await fc.assert(property, { numRuns: asked || 300, timeout: 60_000 });
});

test('callers about an invalidation: what it overtook is neither joined nor found by later ones', {
  timeout,
}, async () => {
  const property = fc.asyncProperty(
    fc.scheduler(),
    invalidationSettings,
    aroundInvalidation,
    async (scheduler, settings, all) => {
      const history = new ConcurrentHistory(scheduler, settings);
      await follow(history, scheduler, all);
      await finish(history, scheduler);
    },
  );
  await fc.assert(property, { numRuns: asked || 700, timeout: 60_000 });
});

test('while nobody leaves and nothing is invalidated, a key is folded by one at a time', { timeout }, async () => {
  const property = fc.asyncProperty(fc.scheduler(), fc.boolean(), happenings, async (scheduler, answersLater, all) => {
    const history = new ConcurrentHistory(scheduler, {
      makers: projectionMakers,
      answersLater,
      timesOut: false,
      verifyEvery: undefined,
    });
    const calm = all.filter(({ what }) => ['append', 'call', 'clock', 'fault'].includes(what));
    await follow(
      history,
      scheduler,
      calm.map((happening) => (happening.what === 'call' ? { ...happening, which: 0, leaves: false } : happening)),
    );
    expect(history.world.readsAtOnceMax).toBeLessThanOrEqual(1);
  });
  await fc.assert(property, { numRuns: asked || 150, timeout: 60_000 });
});
