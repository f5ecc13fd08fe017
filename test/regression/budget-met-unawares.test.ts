/*
 * A replay budget was kept by folds and not by shadow checks, so that a hit of a long stream could take as long as the
 * replay that the budget was there to prevent. And a projection that is not incremental, asked for a stale state, gave
 * what the budget had let it fold of the first events, though a much newer state was in the cache.
 */
import { expect, test } from 'vitest';
import { Freshness } from '../../src/projection/freshness.ts';
import { Projector } from '../../src/projection/projector.ts';
import { totals } from '../projection/totals.ts';
import { World } from '../projection/ways.ts';

function cachedLongStream(incremental: boolean): World {
  const world = new World();
  for (let i = 0; i < 1000; i += 1) world.log.append('a', 1);
  new Projector({ cache: world.cache, source: world.log }).project({ ...totals, incremental }, 'a');
  world.log.eventsRead = 0;
  return world;
}

test('a shadow check reads no more events than the budget has', () => {
  const world = cachedLongStream(true);
  const projector = new Projector({
    cache: world.cache,
    source: world.log,
    verifyEvery: 1,
    replayBudget: { events: 50 },
  });
  expect(projector.projectWithReport(totals, 'a').report).toMatchObject({ outcome: 'hit', shadow: 'unfinished' });
  expect(world.log.eventsRead).toBe(50);
});

test('the stale state is the newest there is', () => {
  const world = cachedLongStream(false);
  world.log.append('a', 1);
  const projector = new Projector({ cache: world.cache, source: world.log, replayBudget: { events: 50 } });
  const projection = { ...totals, incremental: false };
  const { state, report } = projector.projectWithReport(projection, 'a', Freshness.consistent, { onBudget: 'stale' });
  expect([state?.count, report.stale]).toEqual([1000, true]);
});
