/*
 * Folds kept to a replay budget, but shadow checks did not, so a hit of a long stream could take as long as the replay
 * that the budget prevents. And a projection that is not incremental, asked for a stale state, returned the partial
 * fold of the first events although a much newer state was in the cache.
 */
import { expect, test } from 'vitest';
import { Freshness } from '../../src/projection/freshness.ts';
import { Projector } from '../../src/projection/projector.ts';
import { totals } from '../projection/totals.ts';
import { ProjectorSetup } from '../projection/ways.ts';

function cachedLongStream(incremental: boolean): ProjectorSetup {
  const setup = new ProjectorSetup();
  for (let i = 0; i < 1000; i += 1) setup.log.append('a', 1);
  new Projector({ cache: setup.cache, source: setup.log }).project({ ...totals, incremental }, 'a');
  setup.log.eventsRead = 0;
  return setup;
}

test('a shadow check reads no more events than the budget allows', () => {
  const setup = cachedLongStream(true);
  const projector = new Projector({
    cache: setup.cache,
    source: setup.log,
    verifyEvery: 1,
    replayBudget: { events: 50 },
  });
  expect(projector.projectWithReport(totals, 'a').report).toMatchObject({ outcome: 'hit', shadow: 'unfinished' });
  expect(setup.log.eventsRead).toBe(50);
});

test('the stale state is the newest known one', () => {
  const setup = cachedLongStream(false);
  setup.log.append('a', 1);
  const projector = new Projector({ cache: setup.cache, source: setup.log, replayBudget: { events: 50 } });
  const projection = { ...totals, incremental: false };
  const { state, report } = projector.projectWithReport(projection, 'a', Freshness.consistent, { onBudget: 'stale' });
  expect([state?.count, report.stale]).toEqual([1000, true]);
});
