/*
 * `invalidate` made running folds unavailable to later callers. A call that was still reading the head at that time,
 * and had found the old entry before, started its fold only afterwards. That fold could be joined, so a caller that
 * came after the invalidation got a state based on the removed entry. Found by the property of concurrent callers, as
 * an event log that is rewritten and invalidated.
 */
import { expect, test } from 'vitest';
import { GatedSetup, settle } from '../projection/gated-setup.ts';
import { totals } from '../projection/totals.ts';

async function rewrittenWhileHeadIsRead() {
  const setup = new GatedSetup();
  setup.append('a', 1);
  const projector = setup.projector();
  await projector.project(totals, 'a');
  setup.append('a', 2);
  setup.heads.close();
  setup.events.close();
  const early = projector.projectWithReport(totals, 'a');
  await settle();
  const [first] = setup.log.changes;
  if (first !== undefined) setup.log.changes[0] = { ...first, event: { ...first.event, amount: 100 } };
  await projector.invalidate('a');
  return { setup, projector, early };
}

test('a caller that comes after the invalidation gets no state from before it', async () => {
  const { setup, projector, early } = await rewrittenWhileHeadIsRead();
  await setup.heads.open();
  const late = projector.projectWithReport(totals, 'a');
  await settle();
  await setup.events.open();
  expect((await late).state).toEqual({ sum: 102, count: 2 });
  expect(await projector.project(totals, 'a')).toEqual({ sum: 102, count: 2 });
  await early;
});

test('the overtaken call looks up the cache again, and shares its fold like any other', async () => {
  const { setup, projector, early } = await rewrittenWhileHeadIsRead();
  await setup.heads.open();
  const late = projector.projectWithReport(totals, 'a');
  await settle();
  await setup.events.open();
  expect((await early).state).toEqual({ sum: 102, count: 2 });
  expect([(await early).report.joined, (await late).report.joined]).toEqual([false, true]);
  expect(setup.log.reads).toEqual([undefined, undefined]);
});
