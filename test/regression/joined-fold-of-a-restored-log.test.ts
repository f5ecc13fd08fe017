/*
 * A caller joined any fold whose head was at or above the one it had read. When the log was restored to an older state
 * while such a fold was under way, a caller that came later, read the lower head and joined was given events that the log
 * had no more. Heads alone do not tell which was read first.
 */
import { expect, test } from 'vitest';
import { GatedWorld, settle } from '../projection/gated-world.ts';
import { totals } from '../projection/totals.ts';

test('a fold that began before the log was restored answers nobody who came after', async () => {
  const world = new GatedWorld();
  world.append('a', 1, 2, 3);
  world.puts.close();
  const projector = world.projector({ cache: world.asyncCache });
  // Folded to 30, and about to be cached.
  const before = projector.projectWithReport(totals, 'a');
  await settle();
  world.log.restoreTo(10n);
  const after = projector.projectWithReport(totals, 'a');
  await settle();
  await world.puts.open();
  expect((await before).state).toEqual({ sum: 6, count: 3 });
  const { state, report } = await after;
  expect(state).toEqual({ sum: 1, count: 1 });
  expect(report).toMatchObject({ outcome: 'replay', refusal: 'ahead', joined: false, watermark: 10n });
});

test('a fold with a higher head that began after the caller is joined', async () => {
  const world = new GatedWorld();
  world.append('a', 1, 2, 3);
  // The caller who asked first is given the head of before the last two events.
  const heads = [30n, 10n];
  world.log.head = () => heads.shift();
  world.heads.close();
  const projector = world.projector();
  const slow = projector.projectWithReport(totals, 'a');
  await settle();
  const fast = projector.projectWithReport(totals, 'a');
  await settle();
  world.events.close();
  await world.heads.last();
  await world.heads.open();
  await world.events.open();
  expect((await fast).report).toMatchObject({ joined: false, watermark: 30n });
  expect((await slow).report).toMatchObject({ joined: true, watermark: 30n, head: 30n });
});
