/*
 * A projection that began after `invalidate` was called, and before the cache had removed the entries, still found the old
 * entry. What it folded onto that was cached when the entries were gone, so that the state that was to be forgotten lived
 * on. Only what was under way when `invalidate` was called had been kept from the cache.
 */
import { expect, test } from 'vitest';
import { GatedWorld, settle } from '../projection/gated-world.ts';
import { totals } from '../projection/totals.ts';

async function invalidatedSlowly() {
  const world = new GatedWorld();
  world.append('a', 1);
  const projector = world.projector({ cache: world.asyncCache });
  await projector.project(totals, 'a');
  world.deletes.close();
  const invalidation = projector.invalidate('a');
  await settle();
  return { world, projector, invalidation };
}

test('what is projected while the entries are removed is not cached', async () => {
  const { world, projector, invalidation } = await invalidatedSlowly();
  world.append('a', 2);
  const { report } = await projector.projectWithReport(totals, 'a');
  expect(report.outcome).toBe('delta');
  await world.deletes.open();
  expect([await invalidation, world.cache.inner.size]).toEqual([1, 0]);
});

test('nor is it when the fold ends later, and nobody joins that fold once the entries are gone', async () => {
  const { world, projector, invalidation } = await invalidatedSlowly();
  world.append('a', 2);
  world.events.close();
  const during = projector.projectWithReport(totals, 'a');
  await settle();
  await world.deletes.open();
  await invalidation;
  const after = projector.projectWithReport(totals, 'a');
  await settle();
  await world.events.open();
  expect((await during).report).toMatchObject({ outcome: 'delta', joined: false });
  expect((await after).report).toMatchObject({ outcome: 'replay', joined: false });
});

test('with a cache that removes at once there is no such moment', async () => {
  const world = new GatedWorld();
  world.append('a', 1);
  const projector = world.projector();
  await projector.project(totals, 'a');
  const invalidation = projector.invalidate('a');
  expect(world.cache.inner.size).toBe(0);
  await invalidation;
});
