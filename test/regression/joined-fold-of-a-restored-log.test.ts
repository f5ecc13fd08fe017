/*
 * A caller joined any fold whose head was at or above the one it had read. If the log was restored to an older state
 * during such a fold, a caller that came later, read the lower head and joined got events that the log no longer had.
 * The heads alone do not show which was read first.
 */
import { expect, test } from 'vitest';
import { GatedSetup, settle } from '../projection/gated-setup.ts';
import { totals } from '../projection/totals.ts';

test('a fold that started before the log was restored answers no later caller', async () => {
  const setup = new GatedSetup();
  setup.append('a', 1, 2, 3);
  setup.puts.close();
  const projector = setup.projector({ cache: setup.asyncCache });
  // Folded to 30, and not cached yet.
  const before = projector.projectWithReport(totals, 'a');
  await settle();
  setup.log.restoreTo(10n);
  const after = projector.projectWithReport(totals, 'a');
  await settle();
  await setup.puts.open();
  expect((await before).state).toEqual({ sum: 6, count: 3 });
  const { state, report } = await after;
  expect(state).toEqual({ sum: 1, count: 1 });
  expect(report).toMatchObject({ outcome: 'replay', refusal: 'ahead', joined: false, watermark: 10n });
});

test('a caller joins a fold with a higher head that started after it', async () => {
  const setup = new GatedSetup();
  setup.append('a', 1, 2, 3);
  // The caller that asked first gets the head from before the last two events.
  const heads = [30n, 10n];
  setup.log.head = () => heads.shift();
  setup.heads.close();
  const projector = setup.projector();
  const slow = projector.projectWithReport(totals, 'a');
  await settle();
  const fast = projector.projectWithReport(totals, 'a');
  await settle();
  setup.events.close();
  await setup.heads.last();
  await setup.heads.open();
  await setup.events.open();
  expect((await fast).report).toMatchObject({ joined: false, watermark: 30n });
  expect((await slow).report).toMatchObject({ joined: true, watermark: 30n, head: 30n });
});
