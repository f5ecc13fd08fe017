/*
 * `invalidate` closed the folds that were under way to later callers. A call that was still reading the head at that moment,
 * and had found the old entry before, began its fold only afterwards: that fold was open again, and a caller who came after
 * the invalidation joined it and was given state that rested on what had been removed. Found by the property of concurrent
 * callers, as an event log that is rewritten and invalidated.
 */
import { expect, test } from 'vitest';
import { GatedWorld, settle } from '../projection/gated-world.ts';
import { totals } from '../projection/totals.ts';

async function rewrittenWhileHeadIsRead() {
  const world = new GatedWorld();
  world.append('a', 1);
  const projector = world.projector();
  await projector.project(totals, 'a');
  world.append('a', 2);
  world.heads.close();
  world.events.close();
  const early = projector.projectWithReport(totals, 'a');
  await settle();
  const [first] = world.log.changes;
  if (first !== undefined) world.log.changes[0] = { ...first, event: { ...first.event, amount: 100 } };
  await projector.invalidate('a');
  return { world, projector, early };
}

test('a caller who came after the invalidation is given nothing from before it', async () => {
  const { world, projector, early } = await rewrittenWhileHeadIsRead();
  await world.heads.open();
  const late = projector.projectWithReport(totals, 'a');
  await settle();
  await world.events.open();
  expect((await late).state).toEqual({ sum: 102, count: 2 });
  expect(await projector.project(totals, 'a')).toEqual({ sum: 102, count: 2 });
  await early;
});

test('the call that was overtaken looks again, and shares its fold like any other', async () => {
  const { world, projector, early } = await rewrittenWhileHeadIsRead();
  await world.heads.open();
  const late = projector.projectWithReport(totals, 'a');
  await settle();
  await world.events.open();
  expect((await early).state).toEqual({ sum: 102, count: 2 });
  expect([(await early).report.joined, (await late).report.joined]).toEqual([false, true]);
  expect(world.log.reads).toEqual([undefined, undefined]);
});
