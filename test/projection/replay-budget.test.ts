// A mass miss must not become an outage: a fold stops where its budget ends, and retries get further.
import { describe, expect, test } from 'vitest';
import type { StoreError } from '../../src/base/store-error.ts';
import { Freshness } from '../../src/projection/freshness.ts';
import type { Projection } from '../../src/projection/projection.ts';
import type { Change } from './memory-log.ts';
import { type Totals, totals } from './totals.ts';
import { type AnyProjector, World, ways } from './ways.ts';

const events = 25;

function filled(): World {
  const world = new World();
  for (let i = 0; i < events; i += 1) world.log.append('a', 1);
  return world;
}

async function codeOf(projector: AnyProjector, projection: Projection<Totals, Change> = totals): Promise<string> {
  try {
    return `sum ${(await projector.project(projection, 'a'))?.sum}`;
  } catch (error) {
    return (error as StoreError).code;
  }
}

describe.each(ways)('$way', ({ make }) => {
  test('events: beyond them REPLAY_BUDGET, and retries converge', async () => {
    const world = filled();
    const projector = make(world, { replayBudget: { events: 10 } });
    expect(await codeOf(projector)).toBe('REPLAY_BUDGET');
    expect(await codeOf(projector)).toBe('REPLAY_BUDGET');
    expect(await codeOf(projector)).toBe(`sum ${events}`);
    expect(world.log.reads).toEqual([undefined, 100n, 200n]);
    expect([world.log.eventsRead, world.log.readsClosed]).toEqual([events, 3]);
  });

  test('as many events as the budget has are no more than it has', async () => {
    expect(await codeOf(make(filled(), { replayBudget: { events } }))).toBe(`sum ${events}`);
    expect(await codeOf(make(filled(), { replayBudget: { events: events - 1 } }))).toBe('REPLAY_BUDGET');
  });

  test('ms: beyond them REPLAY_BUDGET, and a retry folds at least one event', async () => {
    const world = filled();
    const slow = {
      ...totals,
      apply: (state: Totals, change: Change) => {
        world.elapsedMs += 5;
        return totals.apply(state, change);
      },
    };
    const projector = make(world, { replayBudget: { ms: 20 } });
    expect(await codeOf(projector, slow)).toBe('REPLAY_BUDGET');
    expect(world.log.eventsRead).toBe(4);
    world.elapsedMs = 0;
    const tiny = make(world, { replayBudget: { ms: 0.001 } });
    expect(await codeOf(tiny, slow)).toBe('REPLAY_BUDGET');
    expect(world.log.eventsRead).toBe(5);
  });

  test('ms that are over before the first event: it is folded all the same, or a retry would get nowhere', async () => {
    const world = filled();
    const projector = make(world, { replayBudget: { ms: 1 }, elapsed: () => (world.elapsedMs += 5) });
    for (let attempt = 1; attempt < events; attempt += 1) {
      expect([await codeOf(projector), world.log.eventsRead]).toEqual(['REPLAY_BUDGET', attempt]);
    }
    expect(await codeOf(projector)).toBe(`sum ${events}`);
  });

  test('a state that was folded part of the way is no fresh one', async () => {
    const world = filled();
    const projector = make(world, { replayBudget: { events: 10 } });
    await codeOf(projector);
    const always = Freshness.bestEffort({ maxStaleMs: Number.MAX_SAFE_INTEGER });
    const { state, report } = await projector.projectWithReport(totals, 'a', always, { onBudget: 'stale' });
    expect([state?.sum, report.outcome, report.stale]).toEqual([20, 'delta', true]);
  });

  test('a state that was folded part of the way has no age', async () => {
    const world = new World();
    for (const amount of [1, 2, 3]) world.log.append('a', amount);
    await expect((async () => make(world, { replayBudget: { events: 2 } }).project(totals, 'a'))()).rejects.toThrow();
    const { report } = await make(world).projectWithReport(totals, 'a');
    expect([report.outcome, report.eventsRead, 'ageUs' in report]).toEqual(['delta', 1, false]);
    expect((await make(world).projectWithReport(totals, 'a')).report.ageUs).toBe(0n);
  });

  test('a state that was folded part of the way is as fresh as the one it was folded onto', async () => {
    const world = filled();
    await make(world).project(totals, 'a');
    for (let i = 0; i < events; i += 1) world.log.append('a', 1);
    world.advanceMs(10);
    const projector = make(world, { replayBudget: { events: 10 } });
    expect(await codeOf(projector)).toBe('REPLAY_BUDGET');
    world.advanceMs(9);
    const within = (maxStaleMs: number) => projector.project(totals, 'a', Freshness.bestEffort({ maxStaleMs }));
    expect((await within(20))?.sum).toBe(35);
    await expect((async () => within(19))()).rejects.toMatchObject({ code: 'REPLAY_BUDGET' });
  });

  test('the stale state, where projectWithReport is told to give it, marked as such', async () => {
    const world = filled();
    const projector = make(world, { replayBudget: { events: 10 } });
    const ask = () => projector.projectWithReport(totals, 'a', Freshness.consistent, { onBudget: 'stale' });
    const first = await ask();
    expect(first.state).toEqual({ sum: 10, count: 10 });
    expect(first.report).toMatchObject({ outcome: 'replay', stale: true, watermark: 100n, head: 250n, eventsRead: 10 });
    const second = await ask();
    expect(second.report).toMatchObject({ outcome: 'delta', stale: true, watermark: 200n });
    const third = await ask();
    expect(third.state?.sum).toBe(events);
    expect(third.report).toMatchObject({ outcome: 'delta', stale: false, watermark: 250n });
  });

  test('not incremental: nothing is cached on the way, and the stale state is the newest there is', async () => {
    const world = filled();
    const projection = { ...totals, incremental: false };
    await make(world).project(projection, 'a');
    world.log.append('a', 1);
    const projector = make(world, { replayBudget: { events: 10 } });
    expect(await codeOf(projector, projection)).toBe('REPLAY_BUDGET');
    expect(await codeOf(projector, projection)).toBe('REPLAY_BUDGET');
    const { state, report } = await projector.projectWithReport(projection, 'a', Freshness.consistent, {
      onBudget: 'stale',
    });
    expect(state?.sum).toBe(events);
    expect(report).toMatchObject({
      outcome: 'hit',
      refusal: 'behind-not-incremental',
      stale: true,
      watermark: 250n,
      head: 260n,
      eventsRead: 10,
    });

    await projector.invalidate('a');
    const folded = await projector.projectWithReport(projection, 'a', Freshness.consistent, { onBudget: 'stale' });
    expect([folded.state?.sum, folded.report.outcome, folded.report.stale]).toEqual([10, 'replay', true]);
  });

  test('the message says how far it got and what to do', async () => {
    const projector = make(filled(), { replayBudget: { events: 10 } });
    await expect((async () => projector.project(totals, 'a'))()).rejects.toThrow(
      "projecting 'totals' of 'a' was stopped after 10 events by its replay budget",
    );
  });
});
