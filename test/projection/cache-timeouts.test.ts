// A cache that does not answer costs its timeout once, and never a wrong state: results do not wait for writes, and a
// state that a late write restores after an invalidation is removed before it is read.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { StoreError } from '../../src/base/store-error.ts';
import type { AsyncProjectorOptions } from '../../src/projection/async-projector.ts';
import { Freshness } from '../../src/projection/freshness.ts';
import { GatedSetup, settle } from './gated-setup.ts';
import type { Change } from './memory-log.ts';
import { totals } from './totals.ts';

/** Timers that a test lets expire. */
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
  const setup = new GatedSetup();
  setup.append('a', ...amounts);
  const timers = new Timers();
  const projector = setup.projector({ cache: setup.asyncCache, startTimer: timers.startTimer });
  const report = async () => (await projector.projectWithReport(totals, 'a')).report;
  return { setup, timers, projector, report };
}

const always = Freshness.bestEffort({ maxStaleMs: Number.MAX_SAFE_INTEGER });

describe('a put that is not answered', () => {
  test('delays no caller: the result is returned first, and later calls find the state being written', async () => {
    const { setup, timers, projector } = timed(1);
    setup.puts.close();
    expect(await projector.project(totals, 'a')).toEqual({ sum: 1, count: 1 });
    expect([setup.puts.waiting, timers.running]).toEqual([1, 1]);
    expect((await projector.projectWithReport(totals, 'a')).report.outcome).toBe('hit');
    expect((await projector.projectWithReport(totals, 'a', always)).report.outcome).toBe('hit');
    setup.append('a', 2);
    const { state, report } = await projector.projectWithReport(totals, 'a');
    expect([state, report.outcome, report.eventsRead]).toEqual([{ sum: 3, count: 2 }, 'delta', 1]);
    expect(setup.log.reads).toEqual([undefined, 10n]);
    await setup.puts.open();
  });

  test('the next write of the key starts when it has ended, and only the newest waiting state is written', async () => {
    const { setup, timers, projector } = timed(1);
    setup.puts.close();
    for (const amount of [2, 3, 4]) {
      await projector.project(totals, 'a');
      setup.append('a', amount);
    }
    expect([setup.puts.waiting, setup.cache.calls.put]).toEqual([1, 0]);
    await setup.puts.next();
    // The second is under way, and the key is still read from the queue.
    expect([setup.puts.waiting, setup.cache.calls.put]).toEqual([1, 1]);
    expect(await projector.project(totals, 'a', always)).toEqual({ sum: 6, count: 3 });
    expect(setup.cache.calls.get).toBe(1);
    await setup.puts.open();
    await projector.flush();
    expect([setup.cache.calls.put, timers.running]).toEqual([2, 0]);
    expect([...setup.cache.inner.entries()].map(([, { meta }]) => meta.watermark)).toEqual([30n]);
  });

  test('a next write that throws at once is counted, and the key is read from the cache again', async () => {
    const { setup, projector, report } = timed(1);
    const cache = setup.asyncCache;
    const { put } = cache;
    const isRefused = { now: false };
    cache.put = (...args: Parameters<typeof put>) => {
      if (isRefused.now) throw new Error('closed');
      return put(...args);
    };
    const refused = setup.projector({ cache });
    setup.puts.close();
    await refused.project(totals, 'a');
    setup.append('a', 2);
    await refused.project(totals, 'a');
    isRefused.now = true;
    await setup.puts.open();
    expect(refused.stats().cacheFailures).toBe(1);
    expect((await refused.projectWithReport(totals, 'a')).report).toMatchObject({ outcome: 'delta', watermark: 20n });
    expect(projector.stats().cacheFailures).toBe(0);
    expect((await report()).outcome).toBe('delta');
  });

  test('a change by a caller to its state does not reach the state being written', async () => {
    const { setup, projector } = timed(1);
    setup.puts.close();
    const lazy = { encode: (state: Uint8Array) => state, decode: (bytes: Uint8Array) => bytes };
    const bytes = { name: 'bytes', initial: () => Uint8Array.of(1), apply: (state: Uint8Array) => state, codec: lazy };
    for (let i = 0; i < 3; i += 1) {
      const state = await projector.project(bytes, 'a');
      expect(state).toEqual(Uint8Array.of(1));
      state?.fill(9);
    }
    await setup.puts.open();
  });

  test('after its timeout it counts as failed, and the key is neither read nor written until it is settled', async () => {
    const { setup, timers, projector, report } = timed(1);
    setup.puts.close();
    await projector.project(totals, 'a');
    await timers.runOut();
    expect(projector.stats().cacheFailures).toBe(1);
    const { gets } = { gets: setup.cache.calls.get };
    const refused = await report();
    expect(refused).toMatchObject({ outcome: 'replay', refusal: 'cache-failed' });
    expect(refused.cacheFailures).toMatchObject([{ operation: 'get', error: { code: 'CACHE_FAILED' } }]);
    expect([setup.cache.calls.get, setup.puts.waiting]).toEqual([gets, 1]);
    await setup.puts.open();
    expect((await report()).outcome).toBe('hit');
    expect(setup.cache.calls.put).toBe(1);
  });

  test('that fails after its timeout counts as one failure', async () => {
    const { setup, timers, projector } = timed(1);
    setup.puts.close();
    await projector.project(totals, 'a');
    await timers.runOut();
    setup.cache.failing = ['put'];
    await setup.puts.open();
    expect([setup.cache.calls.put, projector.stats().cacheFailures]).toEqual([1, 1]);
  });

  test('other keys are not affected', async () => {
    const { setup, timers, projector } = timed(1);
    setup.append('b', 1);
    setup.puts.close();
    await projector.project(totals, 'a');
    await timers.runOut();
    setup.puts.isOpen = true;
    await projector.project(totals, 'b');
    await projector.flush();
    expect((await projector.projectWithReport(totals, 'b')).report.outcome).toBe('hit');
  });
});

describe('invalidate', () => {
  test('waits for a running put no longer than its timeout', async () => {
    const { setup, timers, projector } = timed(1);
    setup.puts.close();
    await projector.project(totals, 'a');
    const invalidation = projector.invalidate('a');
    await settle();
    expect(setup.cache.calls.deletePrefix).toBe(0);
    await timers.runOut();
    expect([await invalidation, setup.cache.calls.deletePrefix]).toEqual([0, 1]);
  });

  test.each(['before', 'after'] as const)('a put that timed out %s it restores nothing', async (when) => {
    const { setup, timers, projector, report } = timed(1);
    setup.puts.close();
    await projector.project(totals, 'a');
    if (when === 'before') await timers.runOut();
    const invalidation = projector.invalidate('a');
    await settle();
    if (when === 'after') await timers.runOut();
    await invalidation;
    expect((await report()).refusal).toBe('cache-failed');
    // It takes effect, and the key is removed again before it is read.
    setup.deletes.close();
    await setup.puts.next();
    expect([setup.cache.inner.size, setup.deletes.waiting]).toEqual([1, 1]);
    expect((await report()).refusal).toBe('cache-failed');
    await setup.deletes.open();
    expect(setup.cache.inner.size).toBe(0);
    expect((await report()).refusal).toBe('absent');
    setup.puts.isOpen = true;
  });

  test('the removal of a state that a late put restored is retried until it succeeds', async () => {
    const { setup, timers, projector, report } = timed(1);
    setup.puts.close();
    await projector.project(totals, 'a');
    await timers.runOut();
    await projector.invalidate('a');
    setup.cache.failing = ['deletePrefix'];
    await setup.puts.open();
    expect(projector.stats().cacheFailures).toBe(2);
    expect((await report()).refusal).toBe('cache-failed');
    setup.deletes.close();
    setup.cache.failing = [];
    await settle();
    expect((await report()).refusal).toBe('cache-failed');
    await timers.runOut();
    expect(setup.cache.inner.size).toBe(1);
    expect((await report()).refusal).toBe('cache-failed');
    await setup.deletes.open();
    expect((await report()).refusal).toBe('absent');
    expect((await report()).outcome).toBe('hit');
  });

  test('a removal that throws at once is retried too', async () => {
    const { setup, timers } = timed(1);
    const cache = setup.asyncCache;
    const { deletePrefix } = cache;
    const projector = setup.projector({ cache, startTimer: timers.startTimer });
    const refusal = async () => (await projector.projectWithReport(totals, 'a')).report.refusal;
    setup.puts.close();
    await projector.project(totals, 'a');
    await timers.runOut();
    await projector.invalidate('a');
    cache.deletePrefix = () => {
      throw new Error('busy');
    };
    await setup.puts.open();
    expect([projector.stats().cacheFailures, setup.cache.inner.size]).toEqual([2, 1]);
    cache.deletePrefix = deletePrefix;
    setup.deletes.close();
    expect(await refusal()).toBe('cache-failed');
    await setup.deletes.open();
    expect([await refusal(), setup.cache.calls.deletePrefix]).toEqual(['absent', 2]);
  });

  test('a put that waits for another is not started', async () => {
    const { setup, projector } = timed(1);
    setup.puts.close();
    await projector.project(totals, 'a');
    setup.append('a', 2);
    await projector.project(totals, 'a');
    const invalidation = projector.invalidate('a');
    await setup.puts.open();
    expect([await invalidation, setup.cache.calls.put, setup.cache.inner.size]).toEqual([1, 1, 0]);
  });

  test('does not wait for the puts of other streams, and drops none of them', async () => {
    const { setup, projector } = timed(1);
    setup.puts.close();
    await projector.project(totals, 'a');
    setup.append('a', 2);
    await projector.project(totals, 'a');
    let isDone = false;
    const invalidation = projector.invalidate('b').then(() => {
      isDone = true;
    });
    await settle();
    expect([isDone, setup.puts.waiting]).toEqual([true, 1]);
    await setup.puts.open();
    await invalidation;
    await projector.flush();
    expect([...setup.cache.inner.entries()].map(([, { meta }]) => meta.watermark)).toEqual([20n]);
  });

  test('a deletion that is not answered in time: CACHE_FAILED', async () => {
    const { setup, timers, projector } = timed(1);
    setup.deletes.close();
    const invalidation = projector.invalidate('a').catch((error: unknown) => error);
    await settle();
    await timers.runOut();
    expect(await invalidation).toMatchObject({
      name: 'StoreError',
      code: 'CACHE_FAILED',
    } satisfies Partial<StoreError>);
    await setup.deletes.open();
    // From here on states are cached again.
    await projector.project(totals, 'a');
    await projector.flush();
    expect(setup.cache.inner.size).toBe(1);
  });
});

describe('flush', () => {
  async function flushing() {
    const { setup, timers, projector } = timed(1);
    setup.append('b', 1);
    setup.puts.close();
    for (const stream of ['a', 'b']) await projector.project(totals, stream);
    let isDone = false;
    const flushed = projector.flush().then(() => {
      isDone = true;
    });
    await settle();
    return { setup, timers, flushed, isDone: () => isDone };
  }

  test('waits for the writes of all streams', async () => {
    const { setup, flushed, isDone } = await flushing();
    await setup.puts.next();
    expect(isDone()).toBe(false);
    await setup.puts.open();
    await flushed;
    expect(setup.cache.inner.size).toBe(2);
  });

  test('waits no longer than their timeout', async () => {
    const { setup, timers, flushed } = await flushing();
    await timers.runOut();
    await flushed;
    expect(setup.cache.inner.size).toBe(0);
    await setup.puts.open();
  });
});

test('a get that is not answered in time counts as failed', async () => {
  const { setup, timers, report } = timed(1);
  setup.gets.close();
  const asked = report();
  await settle();
  await timers.runOut();
  expect(await asked).toMatchObject({
    outcome: 'replay',
    refusal: 'cache-failed',
    cacheFailures: [{ operation: 'get' }],
  });
  await setup.gets.open();
});

test('a removal that is not answered delays no caller', async () => {
  const { setup, projector, report } = timed(1);
  await projector.project(totals, 'a');
  await projector.flush();
  setup.log.restoreTo(0n);
  setup.deletes.close();
  expect((await report()).outcome).toBe('empty');
  // The removal is running: the state is no longer found.
  expect(await report()).toMatchObject({ outcome: 'empty', refusal: 'absent' });
  await setup.deletes.open();
  expect(setup.cache.inner.size).toBe(0);
});

test('sweep rejects when a deletion is not answered in time', async () => {
  const { setup, timers, projector } = timed(1);
  await projector.project(totals, 'a');
  await projector.flush();
  const cache = { ...setup.asyncCache, keys: () => setup.cache.keys() };
  setup.deletes.close();
  const sweeping = setup.projector({ cache, startTimer: timers.startTimer }).sweep([]);
  const outcome = sweeping.catch((error: unknown) => error);
  await settle();
  await timers.runOut();
  expect(await outcome).toMatchObject({ code: 'CACHE_FAILED' });
});

test('a warm-up waits for its writes: there are at most as many at once as streams', async () => {
  const { setup, projector } = timed(1);
  for (const stream of ['b', 'c', 'd']) setup.append(stream, 1);
  setup.puts.close();
  const warming = projector.warm(['a', 'b', 'c', 'd'], totals, { concurrency: 2 });
  await settle();
  expect([setup.puts.waiting, setup.log.reads.length]).toEqual([2, 2]);
  await setup.puts.open();
  expect(await warming).toEqual({ done: 4, failures: [] });
  expect(setup.cache.inner.size).toBe(4);
});

test('a signal releases a caller whatever hangs', async () => {
  const gone = new Error('client gone');
  for (const what of ['gets', 'puts', 'heads', 'events'] as const) {
    const { setup, projector } = timed(1);
    setup[what].close();
    const controller = new AbortController();
    const call = projector.project(totals, 'a', Freshness.consistent, controller);
    const outcome = call.catch((error: unknown) => error);
    await settle();
    controller.abort(gone);
    expect(await outcome).toEqual(what === 'puts' ? { sum: 1, count: 1 } : gone);
    await setup[what].open();
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
    const setup = new GatedSetup();
    setup.append('a', 1);
    setup.gets.close();
    const options = cacheTimeoutMs === undefined ? {} : { cacheTimeoutMs };
    const projector = setup.projector({ cache: setup.asyncCache, ...options });
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

test.each([1, 2 ** 31 - 1])('cacheTimeoutMs %s is accepted', (cacheTimeoutMs) => {
  expect(() => new GatedSetup().projector({ cacheTimeoutMs })).not.toThrow();
});

test.each([0, -1, 1.5, Number.NaN, 2 ** 31, '5', null])('cacheTimeoutMs %s is refused', (cacheTimeoutMs) => {
  const setup = new GatedSetup();
  const create = () => setup.projector({ cacheTimeoutMs: cacheTimeoutMs as number });
  expect(create).toThrow(RangeError);
  expect(create).toThrow(`cacheTimeoutMs must be a positive integer up to 2147483647, not ${cacheTimeoutMs}`);
  expect(() => setup.projector({ startTimer: 5 as never })).toThrow(/startTimer must be a function/);
});
