// A cache that does not answer costs its time once, and never a wrong state: results do not wait for writes, and what a
// late write brings back after an invalidation is removed before anybody reads it.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { StoreError } from '../../src/base/store-error.ts';
import type { AsyncProjectorOptions } from '../../src/projection/async-projector.ts';
import { Freshness } from '../../src/projection/freshness.ts';
import { GatedWorld, settle } from './gated-world.ts';
import type { Change } from './memory-log.ts';
import { totals } from './totals.ts';

/** Timers that a test lets run out. */
class Timers {
  readonly #running = new Set<() => void>();
  readonly lengthsMs: number[] = [];

  get startTimer(): NonNullable<AsyncProjectorOptions<Change>['startTimer']> {
    return (act, ms) => {
      const timer = (): void => act();
      this.#running.add(timer);
      this.lengthsMs.push(ms);
      return () => this.#running.delete(timer);
    };
  }

  get running(): number {
    return this.#running.size;
  }

  async runOut(): Promise<void> {
    for (const timer of [...this.#running]) {
      this.#running.delete(timer);
      timer();
    }
    await settle();
  }
}

function timed(...amounts: readonly number[]) {
  const world = new GatedWorld();
  world.append('a', ...amounts);
  const timers = new Timers();
  const projector = world.projector({ cache: world.asyncCache, startTimer: timers.startTimer });
  const report = async () => (await projector.projectWithReport(totals, 'a')).report;
  return { world, timers, projector, report };
}

const always = Freshness.bestEffort({ maxStaleMs: Number.MAX_SAFE_INTEGER });

describe('a put that is not answered', () => {
  test('holds no caller: the result goes out first, and what is on its way is found by later calls', async () => {
    const { world, timers, projector } = timed(1);
    world.puts.close();
    expect(await projector.project(totals, 'a')).toEqual({ sum: 1, count: 1 });
    expect([world.puts.waiting, timers.running]).toEqual([1, 1]);
    expect((await projector.projectWithReport(totals, 'a')).report.outcome).toBe('hit');
    expect((await projector.projectWithReport(totals, 'a', always)).report.outcome).toBe('hit');
    world.append('a', 2);
    const { state, report } = await projector.projectWithReport(totals, 'a');
    expect([state, report.outcome, report.eventsRead]).toEqual([{ sum: 3, count: 2 }, 'delta', 1]);
    expect(world.log.reads).toEqual([undefined, 10n]);
    await world.puts.open();
  });

  test('the next write of the key begins when it has ended, and of those that wait the newest is written', async () => {
    const { world, timers, projector } = timed(1);
    world.puts.close();
    for (const amount of [2, 3, 4]) {
      await projector.project(totals, 'a');
      world.append('a', amount);
    }
    expect([world.puts.waiting, world.cache.calls.put]).toEqual([1, 0]);
    await world.puts.open();
    await projector.flush();
    expect([world.cache.calls.put, timers.running]).toEqual([2, 0]);
    expect([...world.cache.inner.entries()].map(([, { meta }]) => meta.watermark)).toEqual([30n]);
  });

  test('what a caller does to its state does not reach the one that is on its way', async () => {
    const { world, projector } = timed(1);
    world.puts.close();
    const lazy = { encode: (state: Uint8Array) => state, decode: (bytes: Uint8Array) => bytes };
    const bytes = { name: 'bytes', initial: () => Uint8Array.of(1), apply: (state: Uint8Array) => state, codec: lazy };
    for (let i = 0; i < 3; i += 1) {
      const state = await projector.project(bytes, 'a');
      expect(state).toEqual(Uint8Array.of(1));
      state?.fill(9);
    }
    await world.puts.open();
  });

  test('beyond its time it is a failure of the cache, and the key is neither read nor written until it is settled', async () => {
    const { world, timers, projector, report } = timed(1);
    world.puts.close();
    await projector.project(totals, 'a');
    await timers.runOut();
    expect(projector.stats().cacheFailures).toBe(1);
    const { gets } = { gets: world.cache.calls.get };
    const refused = await report();
    expect(refused).toMatchObject({ outcome: 'replay', refusal: 'cache-failed' });
    expect(refused.cacheFailures).toMatchObject([{ operation: 'get', error: { code: 'CACHE_FAILED' } }]);
    expect([world.cache.calls.get, world.puts.waiting]).toEqual([gets, 1]);
    await world.puts.open();
    expect((await report()).outcome).toBe('hit');
    expect(world.cache.calls.put).toBe(1);
  });

  test('other keys are not concerned', async () => {
    const { world, timers, projector } = timed(1);
    world.append('b', 1);
    world.puts.close();
    await projector.project(totals, 'a');
    await timers.runOut();
    world.puts.isOpen = true;
    await projector.project(totals, 'b');
    await projector.flush();
    expect((await projector.projectWithReport(totals, 'b')).report.outcome).toBe('hit');
  });
});

describe('invalidate', () => {
  test('waits for a put that is under way no longer than its time', async () => {
    const { world, timers, projector } = timed(1);
    world.puts.close();
    await projector.project(totals, 'a');
    const invalidation = projector.invalidate('a');
    await settle();
    expect(world.cache.calls.deletePrefix).toBe(0);
    await timers.runOut();
    expect([await invalidation, world.cache.calls.deletePrefix]).toEqual([0, 1]);
  });

  test.each(['before', 'after'] as const)('a put whose time was over %s it brings nothing back', async (when) => {
    const { world, timers, projector, report } = timed(1);
    world.puts.close();
    await projector.project(totals, 'a');
    if (when === 'before') await timers.runOut();
    const invalidation = projector.invalidate('a');
    await settle();
    if (when === 'after') await timers.runOut();
    await invalidation;
    expect((await report()).refusal).toBe('cache-failed');
    // It lands, and the key is removed again before it is read.
    world.deletes.close();
    await world.puts.next();
    expect([world.cache.inner.size, world.deletes.waiting]).toEqual([1, 1]);
    expect((await report()).refusal).toBe('cache-failed');
    await world.deletes.open();
    expect(world.cache.inner.size).toBe(0);
    expect((await report()).refusal).toBe('absent');
    world.puts.isOpen = true;
  });

  test('a removal of what a late put brought back is tried again until it succeeds', async () => {
    const { world, timers, projector, report } = timed(1);
    world.puts.close();
    await projector.project(totals, 'a');
    await timers.runOut();
    await projector.invalidate('a');
    world.cache.failing = ['deletePrefix'];
    await world.puts.open();
    expect((await report()).refusal).toBe('cache-failed');
    world.deletes.close();
    world.cache.failing = [];
    await settle();
    expect((await report()).refusal).toBe('cache-failed');
    await timers.runOut();
    expect(world.cache.inner.size).toBe(1);
    expect((await report()).refusal).toBe('cache-failed');
    await world.deletes.open();
    expect((await report()).refusal).toBe('absent');
    expect((await report()).outcome).toBe('hit');
  });

  test('a put that waits for another is not begun', async () => {
    const { world, projector } = timed(1);
    world.puts.close();
    await projector.project(totals, 'a');
    world.append('a', 2);
    await projector.project(totals, 'a');
    const invalidation = projector.invalidate('a');
    await world.puts.open();
    expect([await invalidation, world.cache.calls.put, world.cache.inner.size]).toEqual([1, 1, 0]);
  });

  test('a deletion that is not answered in time: CACHE_FAILED', async () => {
    const { world, timers, projector } = timed(1);
    world.deletes.close();
    const invalidation = projector.invalidate('a').catch((error: unknown) => error);
    await settle();
    await timers.runOut();
    expect(await invalidation).toMatchObject({
      name: 'StoreError',
      code: 'CACHE_FAILED',
    } satisfies Partial<StoreError>);
    await world.deletes.open();
    // What is projected from here on is cached again.
    await projector.project(totals, 'a');
    await projector.flush();
    expect(world.cache.inner.size).toBe(1);
  });
});

test('a get that is not answered in time is one that failed', async () => {
  const { world, timers, report } = timed(1);
  world.gets.close();
  const asked = report();
  await settle();
  await timers.runOut();
  expect(await asked).toMatchObject({
    outcome: 'replay',
    refusal: 'cache-failed',
    cacheFailures: [{ operation: 'get' }],
  });
  await world.gets.open();
});

test('a removal that is not answered holds no caller', async () => {
  const { world, projector, report } = timed(1);
  await projector.project(totals, 'a');
  await projector.flush();
  world.log.restoreTo(0n);
  world.deletes.close();
  expect((await report()).outcome).toBe('empty');
  // It is on its way: the state is not found any more.
  expect(await report()).toMatchObject({ outcome: 'empty', refusal: 'absent' });
  await world.deletes.open();
  expect(world.cache.inner.size).toBe(0);
});

test('sweep rejects when a deletion is not answered in time', async () => {
  const { world, timers, projector } = timed(1);
  await projector.project(totals, 'a');
  await projector.flush();
  const cache = { ...world.asyncCache, keys: () => world.cache.keys() };
  world.deletes.close();
  const sweeping = world.projector({ cache, startTimer: timers.startTimer }).sweep([]);
  const outcome = sweeping.catch((error: unknown) => error);
  await settle();
  await timers.runOut();
  expect(await outcome).toMatchObject({ code: 'CACHE_FAILED' });
});

test('a warm-up waits for its writes: there are no more at once than streams', async () => {
  const { world, projector } = timed(1);
  for (const stream of ['b', 'c', 'd']) world.append(stream, 1);
  world.puts.close();
  const warming = projector.warm(['a', 'b', 'c', 'd'], totals, { concurrency: 2 });
  await settle();
  expect([world.puts.waiting, world.log.reads.length]).toEqual([2, 2]);
  await world.puts.open();
  expect(await warming).toEqual({ done: 4, failures: [] });
  expect(world.cache.inner.size).toBe(4);
});

test('a signal frees a caller whatever hangs', async () => {
  const gone = new Error('client gone');
  for (const what of ['gets', 'puts', 'heads', 'events'] as const) {
    const { world, projector } = timed(1);
    world[what].close();
    const controller = new AbortController();
    const call = projector.project(totals, 'a', Freshness.consistent, controller);
    const outcome = call.catch((error: unknown) => error);
    await settle();
    controller.abort(gone);
    expect(await outcome).toEqual(what === 'puts' ? { sum: 1, count: 1 } : gone);
    await world[what].open();
  }
});

describe('with the timers of the platform', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each([
    [undefined, 5_000],
    [50, 50],
  ])('cacheTimeoutMs %s: %s ms, and no timer is left', async (cacheTimeoutMs, ms) => {
    const world = new GatedWorld();
    world.append('a', 1);
    world.gets.close();
    const options = cacheTimeoutMs === undefined ? {} : { cacheTimeoutMs };
    const projector = world.projector({ cache: world.asyncCache, ...options });
    let answer: unknown;
    const call = projector.project(totals, 'a').then((state) => {
      answer = state;
    });
    await vi.advanceTimersByTimeAsync(ms - 1);
    expect(answer).toBe(undefined);
    await vi.advanceTimersByTimeAsync(1);
    await call;
    expect([answer, vi.getTimerCount()]).toEqual([{ sum: 1, count: 1 }, 0]);
  });
});

test.each([0, -1, 1.5, Number.NaN, 2 ** 31, '5', null])('cacheTimeoutMs %s is refused', (cacheTimeoutMs) => {
  const world = new GatedWorld();
  expect(() => world.projector({ cacheTimeoutMs: cacheTimeoutMs as number })).toThrow(RangeError);
  expect(() => world.projector({ startTimer: 5 as never })).toThrow(/startTimer must be a function/);
});
