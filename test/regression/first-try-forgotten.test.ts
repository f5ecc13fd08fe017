/*
 * Two things that a call knew and lost. A call that waited for the fold of another and tried again began a new report, in
 * which the failures of its first look at the cache were missing. And a call that joined a fold
 * which a budget stopped was answered, where it asked for a stale state, with what that fold had come to, though it had
 * found a newer state in the cache than the caller that began the fold.
 */
import { expect, test } from 'vitest';
import { Freshness } from '../../src/projection/freshness.ts';
import { GatedWorld, settle } from '../projection/gated-world.ts';
import { totals } from '../projection/totals.ts';

test('a call that tried again reports what its first try met', async () => {
  const world = new GatedWorld();
  world.append('a', 1);
  world.events.close();
  const projector = world.projector();
  const first = projector.project(totals, 'a');
  await settle();
  world.append('a', 2);
  world.cache.failing = ['get'];
  const second = projector.projectWithReport(totals, 'a');
  await settle();
  world.cache.failing = [];
  await world.events.open();
  await first;
  const { state, report } = await second;
  expect([state, report.outcome, report.refusal]).toEqual([{ sum: 3, count: 2 }, 'delta', 'behind']);
  expect(report.cacheFailures).toEqual([{ operation: 'get', error: new Error('get failed') }]);
});

test('the stale state for a caller that joined is the newest that it knows of', async () => {
  const world = new GatedWorld();
  world.append('a', 1, 2);
  await world.projector().project(totals, 'a');
  world.append('a', 3);
  world.events.close();
  const projector = world.projector({ replayBudget: { events: 1 } });
  const stale = () => projector.projectWithReport(totals, 'a', Freshness.consistent, { onBudget: 'stale' });
  // The first finds nothing and replays from the first event.
  world.cache.failing = ['get'];
  const leading = stale();
  await settle();
  world.cache.failing = [];
  const joining = stale();
  await settle();
  await world.events.open();
  expect((await leading).report).toMatchObject({ joined: false, stale: true, watermark: 10n });
  const { state, report } = await joining;
  expect(state).toEqual({ sum: 3, count: 2 });
  expect(report).toMatchObject({ joined: true, stale: true, watermark: 20n, outcome: 'hit', refusal: 'behind' });
});
