// The rules of freshness, one by one, for every way to project.
import { describe, expect, test } from 'vitest';
import { Freshness } from '../../src/projection/freshness.ts';
import { totals } from './totals.ts';
import { ProjectorSetup, ways } from './ways.ts';

const within1s = Freshness.bestEffort({ maxStaleMs: 1000 });

/** Three events, the last at 30, of one stream; projected once. */
async function projectedOnce(make: (typeof ways)[number]['make']) {
  const setup = new ProjectorSetup();
  for (const amount of [1, 2, 3]) setup.log.append('a', amount);
  const projector = make(setup);
  await projector.project(totals, 'a');
  return { setup, projector };
}

describe.each(ways)('$way', ({ make }) => {
  test('watermark equal to the head: used as it is, no event read', async () => {
    const { setup, projector } = await projectedOnce(make);
    const { state, report } = await projector.projectWithReport(totals, 'a');
    expect(state).toEqual({ sum: 6, count: 3 });
    expect(report).toMatchObject({ outcome: 'hit', watermark: 30n, head: 30n, eventsRead: 0 });
    expect([setup.log.eventsRead, setup.cache.calls.put]).toEqual([3, 1]);
  });

  test('watermark below the head: only the events after it are read', async () => {
    const { setup, projector } = await projectedOnce(make);
    setup.log.append('b', 100);
    setup.log.append('a', 4);
    const { state, report } = await projector.projectWithReport(totals, 'a');
    expect(state).toEqual({ sum: 10, count: 4 });
    expect(report).toMatchObject({ outcome: 'delta', refusal: 'behind', watermark: 50n, head: 50n, eventsRead: 1 });
    expect(setup.log.reads).toEqual([undefined, 30n]);
  });

  test('watermark above the head: the log was restored, everything is replayed', async () => {
    const { setup, projector } = await projectedOnce(make);
    setup.log.restoreTo(20n);
    const { state, report } = await projector.projectWithReport(totals, 'a');
    expect(state).toEqual({ sum: 3, count: 2 });
    expect(report).toMatchObject({ outcome: 'replay', refusal: 'ahead', watermark: 20n, head: 20n, eventsRead: 2 });
    expect((await projector.projectWithReport(totals, 'a')).report.outcome).toBe('hit');
  });

  test('watermark above the head: not stamped again, even if it is too old for best effort', async () => {
    const { setup, projector } = await projectedOnce(make);
    setup.log.restoreTo(20n);
    setup.advanceMs(1000);
    expect(await projector.project(totals, 'a', within1s)).toEqual({ sum: 3, count: 2 });
  });

  test('watermark above a head that is gone: no state is left that could be fresh enough later', async () => {
    const { setup, projector } = await projectedOnce(make);
    setup.log.restoreTo(0n);
    const { state, report } = await projector.projectWithReport(totals, 'a');
    expect([state, report.outcome, report.refusal]).toEqual([undefined, 'empty', 'ahead']);
    expect(await projector.project(totals, 'a', within1s)).toBe(undefined);
    expect(setup.cache.inner.size).toBe(0);
  });

  test('best effort, within the window: used without touching the source', async () => {
    const { setup, projector } = await projectedOnce(make);
    setup.log.append('a', 4);
    const asked = setup.log.headsAsked;
    setup.advanceMs(999);
    const { state, report } = await projector.projectWithReport(totals, 'a', within1s);
    expect(state).toEqual({ sum: 6, count: 3 });
    expect(report).toMatchObject({ outcome: 'hit', watermark: 30n, ageUs: 999_000n });
    expect('head' in report).toBe(false);
    expect(setup.log.headsAsked).toBe(asked);
  });

  test('best effort, at the end of the window: refreshed', async () => {
    const { setup, projector } = await projectedOnce(make);
    setup.log.append('a', 4);
    setup.advanceMs(1000);
    const { state, report } = await projector.projectWithReport(totals, 'a', within1s);
    expect(state).toEqual({ sum: 10, count: 4 });
    expect(report).toMatchObject({ outcome: 'delta', refusal: 'behind', ageUs: 1_000_000n });
  });

  test('best effort with a window of zero: the source is read each time', async () => {
    const { setup, projector } = await projectedOnce(make);
    setup.log.append('a', 4);
    const never = Freshness.bestEffort({ maxStaleMs: 0 });
    expect(await projector.project(totals, 'a', never)).toEqual({ sum: 10, count: 4 });
  });

  test('best effort, too old but at the head: used, and stamped again', async () => {
    const { setup, projector } = await projectedOnce(make);
    setup.advanceMs(5000);
    expect((await projector.projectWithReport(totals, 'a', within1s)).report).toMatchObject({
      outcome: 'hit',
      ageUs: 5_000_000n,
      head: 30n,
    });
    setup.log.append('a', 4);
    setup.advanceMs(999);
    expect(await projector.project(totals, 'a', within1s)).toEqual({ sum: 6, count: 3 });
    expect(setup.log.eventsRead).toBe(3);
  });

  test('the clock steps back: an age below zero is stale, and at the head stamped again', async () => {
    const { setup, projector } = await projectedOnce(make);
    setup.log.append('a', 4);
    setup.advanceMs(-1);
    const { state, report } = await projector.projectWithReport(totals, 'a', within1s);
    expect(state).toEqual({ sum: 10, count: 4 });
    expect(report).toMatchObject({ outcome: 'delta', ageUs: -1000n });

    setup.advanceMs(-60_000);
    await projector.project(totals, 'a', within1s);
    const again = await projector.projectWithReport(totals, 'a', within1s);
    expect(again.report).toMatchObject({ outcome: 'hit', ageUs: 0n });
  });

  test('the clock jumps far forward: stale', async () => {
    const { setup, projector } = await projectedOnce(make);
    setup.log.append('a', 4);
    setup.nowUs = 2n ** 62n;
    expect(await projector.project(totals, 'a', within1s)).toEqual({ sum: 10, count: 4 });
  });

  test('the stamp is the time before the head was read, so that an age is never understated', async () => {
    const setup = new ProjectorSetup();
    setup.log.append('a', 1);
    const slow = Object.create(setup.log) as typeof setup.log;
    // While the head is read, half a second passes, and an event is recorded that the head does not include.
    slow.head = (stream, kinds) => {
      const head = setup.log.head(stream, kinds);
      setup.advanceMs(500);
      return head;
    };
    slow.read = (stream, kinds, after) => setup.log.read(stream, kinds, after);
    const projector = make(setup, {}, slow);
    await projector.project(totals, 'a');
    setup.advanceMs(500);
    expect((await projector.projectWithReport(totals, 'a', within1s)).report.ageUs).toBe(1_000_000n);
  });

  test('not incremental: replayed from the first event', async () => {
    const setup = new ProjectorSetup();
    const projection = { ...totals, incremental: false };
    for (const amount of [1, 2, 3]) setup.log.append('a', amount);
    const projector = make(setup);
    await projector.project(projection, 'a');
    expect((await projector.projectWithReport(projection, 'a')).report.outcome).toBe('hit');
    setup.log.append('a', 4);
    const { state, report } = await projector.projectWithReport(projection, 'a');
    expect(state).toEqual({ sum: 10, count: 4 });
    expect(report).toMatchObject({ outcome: 'replay', refusal: 'behind-not-incremental', eventsRead: 4 });
    expect(setup.log.reads).toEqual([undefined, undefined]);
  });

  test('a read ends at the head of the call, and is closed', async () => {
    const setup = new ProjectorSetup();
    setup.log.append('a', 1);
    const projector = make(
      setup,
      {},
      Object.assign(Object.create(setup.log), {
        head: () => 10n,
        read: (...args: Parameters<typeof setup.log.read>) => setup.log.read(...args),
      }),
    );
    setup.log.append('a', 2);
    expect(await projector.project(totals, 'a')).toEqual({ sum: 1, count: 1 });
    expect([setup.log.eventsRead, setup.log.readsClosed]).toEqual([1, 1]);
  });
});
