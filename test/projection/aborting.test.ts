// A caller may leave by its AbortSignal; the other callers of its fold are not affected.
import { describe, expect, test, vi } from 'vitest';
import { ActiveFolds } from '../../src/projection/cached-states.ts';
import { Freshness } from '../../src/projection/freshness.ts';
import { Projector } from '../../src/projection/projector.ts';
import { GatedSetup, settle } from './gated-setup.ts';
import { totals } from './totals.ts';

const gone = new Error('client gone');

/** A fold of three events that has read none yet, and its callers. */
async function folding(callers: number) {
  const setup = new GatedSetup();
  setup.append('a', 1, 2, 3);
  setup.events.close();
  const projector = setup.projector();
  const controllers = Array.from({ length: callers }, () => new AbortController());
  const calls = controllers.map(({ signal }) => projector.project(totals, 'a', Freshness.consistent, { signal }));
  for (const call of calls) call.catch(() => {});
  await settle();
  return { setup, projector, controllers, calls };
}

describe('one of several callers leaves', () => {
  test.each([
    ['the one that started the fold', 0],
    ['one that joined it', 1],
  ])('%s: rejected at once with the reason, the others get results', async (_who, who) => {
    const { setup, controllers, calls } = await folding(3);
    controllers[who]?.abort(gone);
    await expect(calls[who]).rejects.toBe(gone);
    expect(setup.events.waiting).toBe(1);
    await setup.events.open();
    const others = calls.filter((_call, at) => at !== who);
    expect(await Promise.all(others)).toEqual([1, 2].map(() => ({ sum: 6, count: 3 })));
    expect([setup.log.reads.length, setup.cache.calls.put]).toEqual([1, 1]);
  });

  test('and others may still join', async () => {
    const { setup, projector, controllers } = await folding(2);
    controllers[0]?.abort(gone);
    await settle();
    const late = projector.projectWithReport(totals, 'a');
    await settle();
    await setup.events.open();
    expect((await late).report.joined).toBe(true);
  });
});

describe('the last caller leaves', () => {
  test('the fold ends at once, is closed, and its progress is cached for a retry', async () => {
    const { setup, projector, controllers, calls } = await folding(2);
    await setup.events.next();
    await setup.events.next();
    for (const controller of controllers) controller.abort(gone);
    expect(await Promise.allSettled(calls)).toEqual([1, 2].map(() => ({ status: 'rejected', reason: gone })));
    const [[, entry] = []] = setup.cache.inner.entries();
    expect(entry?.meta.watermark).toBe(20n);
    // A generator that waits for its third event is closed when that event arrives.
    expect(setup.log.readsClosed).toBe(0);
    await setup.events.next();
    expect([setup.log.readsClosed, setup.events.waiting]).toEqual([1, 0]);
    // No head was ever read that says that this is the newest state.
    const always = Freshness.bestEffort({ maxStaleMs: Number.MAX_SAFE_INTEGER });
    await setup.events.open();
    const { state, report } = await projector.projectWithReport(totals, 'a', always);
    expect([state?.sum, report.outcome, report.eventsRead]).toEqual([6, 'delta', 1]);
  });

  test.each([
    ['from the first event', 0],
    ['onto a cached state', 1],
  ])('before any event was read, %s: nothing is cached', async (_what, cached) => {
    const setup = new GatedSetup();
    const projector = setup.projector();
    setup.append('a', 1);
    if (cached > 0) await projector.project(totals, 'a');
    setup.append('a', 2);
    setup.events.close();
    const controller = new AbortController();
    const call = projector.project(totals, 'a', Freshness.consistent, controller);
    await settle();
    controller.abort(gone);
    await expect(call).rejects.toBe(gone);
    await setup.events.open();
    expect([setup.cache.calls.put, projector.stats().cacheFailures]).toEqual([cached, 0]);
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('close failed');
      },
    ],
    ['rejects', () => Promise.reject(new Error('close failed'))],
  ])('its progress is cached even if closing the reader %s', async (_how, close) => {
    const setup = new GatedSetup();
    setup.append('a', 1, 2);
    const { source } = setup;
    const read: typeof source.read = (...args) => {
      const events = source.read(...args)[Symbol.asyncIterator]();
      return { [Symbol.asyncIterator]: () => ({ next: () => events.next(), return: close }) };
    };
    setup.events.close();
    const controller = new AbortController();
    const projector = setup.projector({ source: { ...source, read } });
    const call = projector.project(totals, 'a', Freshness.consistent, controller);
    call.catch(() => {});
    await settle();
    await setup.events.next();
    controller.abort(gone);
    await expect(call).rejects.toBe(gone);
    await settle();
    expect([...setup.cache.inner.entries()].map(([, { meta }]) => meta.watermark)).toEqual([10n]);
    await setup.events.open();
  });

  test('no caller joins an abandoned fold: it may never continue', async () => {
    const { setup, projector, controllers } = await folding(1);
    controllers[0]?.abort(gone);
    await settle();
    const next = projector.projectWithReport(totals, 'a');
    await settle();
    expect(setup.events.waiting).toBe(2);
    await setup.events.last();
    await setup.events.last();
    await setup.events.last();
    expect((await next).report).toMatchObject({ outcome: 'replay', joined: false, watermark: 30n });
    await setup.events.open();
  });

  test('the late result of an abandoned fold does not replace the state that the next fold cached', async () => {
    const { setup, projector, controllers } = await folding(1);
    controllers[0]?.abort(gone);
    await settle();
    const next = projector.project(totals, 'a');
    await settle();
    for (let i = 0; i < 3; i += 1) await setup.events.last();
    await next;
    await setup.events.open();
    expect(setup.log.readsClosed).toBe(2);
    expect((await projector.projectWithReport(totals, 'a')).report.outcome).toBe('hit');
  });
});

describe('a caller leaves before it shares a fold', () => {
  test('with a signal that is already aborted: nothing is read', async () => {
    const setup = new GatedSetup();
    const call = setup.projector().project(totals, 'a', Freshness.consistent, { signal: AbortSignal.abort(gone) });
    await expect(call).rejects.toBe(gone);
    expect([setup.cache.calls.get, setup.log.headsAsked]).toEqual([0, 0]);
  });

  test('while the head is read: nothing is folded', async () => {
    const setup = new GatedSetup();
    setup.append('a', 1);
    setup.heads.close();
    const controller = new AbortController();
    const call = setup.projector().project(totals, 'a', Freshness.consistent, controller);
    await settle();
    controller.abort(gone);
    await expect(call).rejects.toBe(gone);
    await setup.heads.open();
    expect([setup.log.reads, setup.cache.calls.put]).toEqual([[], 0]);
  });

  test('while it waits for a fold that does not reach its head', async () => {
    const { setup, projector, calls } = await folding(1);
    setup.append('a', 4);
    const controller = new AbortController();
    const call = projector.project(totals, 'a', Freshness.consistent, controller);
    await settle();
    controller.abort(gone);
    await expect(call).rejects.toBe(gone);
    await setup.events.open();
    expect(await calls[0]).toEqual({ sum: 6, count: 3 });
    expect(setup.log.reads).toHaveLength(1);
  });
});

test('a fold that ends late, in whatever turn it was abandoned, does not replace what a newer one cached', async () => {
  const outcomes = new Set<unknown>();
  for (let turns = 0; turns < 20; turns += 1) {
    const setup = new GatedSetup();
    setup.append('a', 1, 2, 3);
    setup.events.close();
    const { source, log } = setup;
    let reads = 0;
    // The first read waits for its second event. Later ones answer at once.
    const read: typeof source.read = (stream, kinds, after) => {
      reads += 1;
      return reads === 1 ? source.read(stream, kinds, after) : (log.read(stream, kinds, after) as never);
    };
    const projector = setup.projector({ source: { ...source, read } });
    const controller = new AbortController();
    const abandoned = projector.project(totals, 'a', Freshness.consistent, controller).catch(() => 'left');
    await settle();
    await setup.events.next();
    setup.heads.close();
    const next = projector.projectWithReport(totals, 'a');
    await settle();
    const opened = setup.heads.open();
    for (let turn = 0; turn < turns; turn += 1) await null;
    controller.abort(gone);
    await opened;
    await setup.events.open();
    expect(await abandoned).toBe('left');
    outcomes.add((await next).report.joined);
    expect([...setup.cache.inner.entries()].map(([, { meta }]) => meta.watermark)).toEqual([30n]);
  }
  expect(outcomes).toEqual(new Set([false, true]));
});

test('a signal that is aborted after the result changes nothing, and has no listener left', async () => {
  const setup = new GatedSetup();
  setup.append('a', 1);
  const controller = new AbortController();
  let listeners = 0;
  const { signal } = controller;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    if (args[0] === 'abort') listeners += 1;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    if (args[0] === 'abort') listeners -= 1;
    remove(...args);
  };
  expect(await setup.projector().project(totals, 'a', Freshness.consistent, { signal })).toEqual({ sum: 1, count: 1 });
  await settle();
  expect(listeners).toBe(0);
  controller.abort(gone);
});

test('however a call of a Projector ends, it no longer counts as running', () => {
  const begin = vi.spyOn(ActiveFolds.prototype, 'begin');
  const end = vi.spyOn(ActiveFolds.prototype, 'end');
  try {
    const { cache, log } = new GatedSetup();
    const projector = new Projector({ cache, source: log });
    projector.project(totals, 'a');
    log.append('a', 1);
    for (let i = 0; i < 2; i += 1) projector.project(totals, 'a');
    log.failure = { afterEvents: log.eventsRead, error: new Error('connection lost') };
    log.append('a', 2);
    expect(() => projector.project(totals, 'a')).toThrow('connection lost');
    expect(end.mock.calls.map(([activeFold]) => activeFold)).toEqual(begin.mock.results.map(({ value }) => value));
    expect(end).toHaveBeenCalledTimes(4);
  } finally {
    begin.mockRestore();
    end.mockRestore();
  }
});

test('however a call ends, it no longer counts as running', async () => {
  const begin = vi.spyOn(ActiveFolds.prototype, 'begin');
  const end = vi.spyOn(ActiveFolds.prototype, 'end');
  try {
    const { setup, projector, controllers, calls } = await folding(3);
    setup.append('a', 4);
    const behind = projector.project(totals, 'a');
    await settle();
    for (const controller of controllers) controller.abort(gone);
    await setup.events.open();
    expect(await behind).toEqual({ sum: 10, count: 4 });
    expect(await Promise.allSettled(calls)).toHaveLength(3);
    await projector.project(totals, 'a');
    await expect(projector.project(totals, 'a\0')).rejects.toThrow(TypeError);
    setup.log.failure = { afterEvents: setup.log.eventsRead, error: new Error('connection lost') };
    setup.append('a', 5);
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
