// A caller may leave by its AbortSignal; the others who share its fold are left alone.
import { describe, expect, test, vi } from 'vitest';
import { ActiveFolds } from '../../src/projection/cached-states.ts';
import { Freshness } from '../../src/projection/freshness.ts';
import { GatedWorld, settle } from './gated-world.ts';
import { totals } from './totals.ts';

const gone = new Error('client gone');

/** A fold of three events that has read none yet, and who has asked for it. */
async function folding(callers: number) {
  const world = new GatedWorld();
  world.append('a', 1, 2, 3);
  world.events.close();
  const projector = world.projector();
  const controllers = Array.from({ length: callers }, () => new AbortController());
  const calls = controllers.map(({ signal }) => projector.project(totals, 'a', Freshness.consistent, { signal }));
  for (const call of calls) call.catch(() => {});
  await settle();
  return { world, projector, controllers, calls };
}

describe('one of several callers leaves', () => {
  test.each([
    ['the one that began the fold', 0],
    ['one that joined it', 1],
  ])('%s: rejected at once with the reason, the others are answered', async (_who, who) => {
    const { world, controllers, calls } = await folding(3);
    controllers[who]?.abort(gone);
    await expect(calls[who]).rejects.toBe(gone);
    expect(world.events.waiting).toBe(1);
    await world.events.open();
    const others = calls.filter((_call, at) => at !== who);
    expect(await Promise.all(others)).toEqual([1, 2].map(() => ({ sum: 6, count: 3 })));
    expect([world.log.reads.length, world.cache.calls.put]).toEqual([1, 1]);
  });

  test('and others may still join', async () => {
    const { world, projector, controllers } = await folding(2);
    controllers[0]?.abort(gone);
    await settle();
    const late = projector.projectWithReport(totals, 'a');
    await settle();
    await world.events.open();
    expect((await late).report.joined).toBe(true);
  });
});

describe('the last caller leaves', () => {
  test('the fold ends at once, is closed, and what was folded is cached for a retry', async () => {
    const { world, projector, controllers, calls } = await folding(2);
    await world.events.next();
    await world.events.next();
    for (const controller of controllers) controller.abort(gone);
    expect(await Promise.allSettled(calls)).toEqual([1, 2].map(() => ({ status: 'rejected', reason: gone })));
    const [[, entry] = []] = world.cache.inner.entries();
    expect(entry?.meta.watermark).toBe(20n);
    // A generator that waits for its third event is closed when that has come.
    expect(world.log.readsClosed).toBe(0);
    await world.events.next();
    expect([world.log.readsClosed, world.events.waiting]).toEqual([1, 0]);
    // Nobody has ever said that this was the newest state.
    const always = Freshness.bestEffort({ maxStaleMs: Number.MAX_SAFE_INTEGER });
    await world.events.open();
    const { state, report } = await projector.projectWithReport(totals, 'a', always);
    expect([state?.sum, report.outcome, report.eventsRead]).toEqual([6, 'delta', 1]);
  });

  test('nobody joins a fold that is given up: it may never get on', async () => {
    const { world, projector, controllers } = await folding(1);
    controllers[0]?.abort(gone);
    await settle();
    const next = projector.projectWithReport(totals, 'a');
    await settle();
    expect(world.events.waiting).toBe(2);
    await world.events.last();
    await world.events.last();
    await world.events.last();
    expect((await next).report).toMatchObject({ outcome: 'replay', joined: false, watermark: 30n });
    await world.events.open();
  });

  test('what a fold that was given up comes to later does not replace what the next one cached', async () => {
    const { world, projector, controllers } = await folding(1);
    controllers[0]?.abort(gone);
    await settle();
    const next = projector.project(totals, 'a');
    await settle();
    for (let i = 0; i < 3; i += 1) await world.events.last();
    await next;
    await world.events.open();
    expect(world.log.readsClosed).toBe(2);
    expect((await projector.projectWithReport(totals, 'a')).report.outcome).toBe('hit');
  });
});

describe('a caller leaves before it shares a fold', () => {
  test('with a signal that is aborted already: nothing is asked', async () => {
    const world = new GatedWorld();
    const call = world.projector().project(totals, 'a', Freshness.consistent, { signal: AbortSignal.abort(gone) });
    await expect(call).rejects.toBe(gone);
    expect([world.cache.calls.get, world.log.headsAsked]).toEqual([0, 0]);
  });

  test('while the head is read: nothing is folded', async () => {
    const world = new GatedWorld();
    world.append('a', 1);
    world.heads.close();
    const controller = new AbortController();
    const call = world.projector().project(totals, 'a', Freshness.consistent, controller);
    await settle();
    controller.abort(gone);
    await expect(call).rejects.toBe(gone);
    await world.heads.open();
    expect([world.log.reads, world.cache.calls.put]).toEqual([[], 0]);
  });

  test('while it waits for a fold that does not reach its head', async () => {
    const { world, projector, calls } = await folding(1);
    world.append('a', 4);
    const controller = new AbortController();
    const call = projector.project(totals, 'a', Freshness.consistent, controller);
    await settle();
    controller.abort(gone);
    await expect(call).rejects.toBe(gone);
    await world.events.open();
    expect(await calls[0]).toEqual({ sum: 6, count: 3 });
    expect(world.log.reads).toHaveLength(1);
  });
});

test('a signal that is aborted after the answer changes nothing, and is not listened to any more', async () => {
  const world = new GatedWorld();
  world.append('a', 1);
  const controller = new AbortController();
  let listeners = 0;
  const { signal } = controller;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners += 1;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners -= 1;
    remove(...args);
  };
  expect(await world.projector().project(totals, 'a', Freshness.consistent, { signal })).toEqual({ sum: 1, count: 1 });
  await settle();
  expect(listeners).toBe(0);
  controller.abort(gone);
});

test('however a call ends, it is no longer taken for under way', async () => {
  const begin = vi.spyOn(ActiveFolds.prototype, 'begin');
  const end = vi.spyOn(ActiveFolds.prototype, 'end');
  try {
    const { world, projector, controllers, calls } = await folding(3);
    world.append('a', 4);
    const behind = projector.project(totals, 'a');
    await settle();
    for (const controller of controllers) controller.abort(gone);
    await world.events.open();
    expect(await behind).toEqual({ sum: 10, count: 4 });
    expect(await Promise.allSettled(calls)).toHaveLength(3);
    await projector.project(totals, 'a');
    await expect(projector.project(totals, 'a\0')).rejects.toThrow(TypeError);
    world.log.failure = { afterEvents: world.log.eventsRead, error: new Error('connection lost') };
    world.append('a', 5);
    await expect(projector.project(totals, 'a')).rejects.toThrow('connection lost');
    await settle();
    const ended = end.mock.calls.map(([activeFold]) => activeFold);
    expect(new Set(ended).size).toBe(ended.length);
    expect(new Set(ended)).toEqual(new Set(begin.mock.results.map(({ value }) => value)));
  } finally {
    begin.mockRestore();
    end.mockRestore();
  }
});
