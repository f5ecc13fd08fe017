/*
 * A projection that started after `invalidate` was called, and before the cache had removed the entries, still found
 * the old entry. The state that it folded onto that entry was cached after the removal, so the invalidated state came
 * back. Only calls that were running when `invalidate` was called had been kept from caching.
 */
import { expect, test } from 'vitest';
import { GatedSetup, settle } from '../projection/gated-setup.ts';
import { totals } from '../projection/totals.ts';

async function invalidatedSlowly() {
  const setup = new GatedSetup();
  setup.append('a', 1);
  const projector = setup.projector({ cache: setup.asyncCache });
  await projector.project(totals, 'a');
  setup.deletes.close();
  const invalidation = projector.invalidate('a');
  await settle();
  return { setup, projector, invalidation };
}

test('a projection during the removal is not cached', async () => {
  const { setup, projector, invalidation } = await invalidatedSlowly();
  setup.append('a', 2);
  const { report } = await projector.projectWithReport(totals, 'a');
  expect(report.outcome).toBe('delta');
  await setup.deletes.open();
  expect([await invalidation, setup.cache.inner.size]).toEqual([1, 0]);
});

test('nor is it if the fold ends later, and no caller joins that fold after the removal', async () => {
  const { setup, projector, invalidation } = await invalidatedSlowly();
  setup.append('a', 2);
  setup.events.close();
  const during = projector.projectWithReport(totals, 'a');
  await settle();
  await setup.deletes.open();
  await invalidation;
  const after = projector.projectWithReport(totals, 'a');
  await settle();
  await setup.events.open();
  expect((await during).report).toMatchObject({ outcome: 'delta', joined: false });
  expect((await after).report).toMatchObject({ outcome: 'replay', joined: false });
});

test('with a synchronous cache there is no such interval', async () => {
  const setup = new GatedSetup();
  setup.append('a', 1);
  const projector = setup.projector();
  await projector.project(totals, 'a');
  const invalidation = projector.invalidate('a');
  expect(setup.cache.inner.size).toBe(0);
  await invalidation;
});
