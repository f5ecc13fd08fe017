/*
 * Two facts that a call lost. A call that waited for another caller's fold and tried again started a new report,
 * without the failures of its first cache lookup. And a call that joined a fold which a budget stopped, and asked for a
 * stale state, got the partial state of that fold, although it had found a newer state in the cache than the caller
 * that started the fold.
 */
import { expect, test } from 'vitest';
import { Freshness } from '../../src/projection/freshness.ts';
import { GatedSetup, settle } from '../projection/gated-setup.ts';
import { totals } from '../projection/totals.ts';

test('a call that tried again reports the failures of its first try', async () => {
  const setup = new GatedSetup();
  setup.append('a', 1);
  setup.events.close();
  const projector = setup.projector();
  const first = projector.project(totals, 'a');
  await settle();
  setup.append('a', 2);
  setup.cache.failing = ['get'];
  const second = projector.projectWithReport(totals, 'a');
  await settle();
  setup.cache.failing = [];
  await setup.events.open();
  await first;
  const { state, report } = await second;
  expect([state, report.outcome, report.refusal]).toEqual([{ sum: 3, count: 2 }, 'delta', 'behind']);
  expect(report.cacheFailures).toEqual([{ operation: 'get', error: new Error('get failed') }]);
});

test('the stale state for a caller that joined is the newest one that it knows', async () => {
  const setup = new GatedSetup();
  setup.append('a', 1, 2);
  await setup.projector().project(totals, 'a');
  setup.append('a', 3);
  setup.events.close();
  const projector = setup.projector({ replayBudget: { events: 1 } });
  const stale = () => projector.projectWithReport(totals, 'a', Freshness.consistent, { onBudget: 'stale' });
  // The first one finds nothing and replays from the first event.
  setup.cache.failing = ['get'];
  const leading = stale();
  await settle();
  setup.cache.failing = [];
  const joining = stale();
  await settle();
  await setup.events.open();
  expect((await leading).report).toMatchObject({ joined: false, stale: true, watermark: 10n });
  const { state, report } = await joining;
  expect(state).toEqual({ sum: 3, count: 2 });
  expect(report).toMatchObject({ joined: true, stale: true, watermark: 20n, outcome: 'hit', refusal: 'behind' });
});
