// Mistakes in arguments: an error that names the argument, before anything is read or cached.
import { describe, expect, test } from 'vitest';
import { AsyncProjector } from '../../src/projection/async-projector.ts';
import { Freshness } from '../../src/projection/freshness.ts';
import { jsonCodec } from '../../src/projection/json-codec.ts';
import type { Projection } from '../../src/projection/projection.ts';
import { Projector, type ProjectorOptions } from '../../src/projection/projector.ts';
import { answeringLater, type Change } from './memory-log.ts';
import { cacheAnsweringLater } from './test-cache.ts';
import { open, type Totals, totals } from './totals.ts';
import { ProjectorSetup, ways } from './ways.ts';

describe('Freshness.bestEffort', () => {
  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '5', undefined])('refuses %s', (maxStaleMs) => {
    expect(() => Freshness.bestEffort({ maxStaleMs: maxStaleMs as number })).toThrow(RangeError);
    expect(() => Freshness.bestEffort({ maxStaleMs: maxStaleMs as number })).toThrow(/safe non-negative integer/);
  });

  test('accepts 0 and the greatest safe integer', () => {
    expect(Freshness.bestEffort({ maxStaleMs: 0 })).toEqual({ kind: 'bestEffort', maxStaleMs: 0 });
    const maxStaleMs = Number.MAX_SAFE_INTEGER;
    expect(Freshness.bestEffort({ maxStaleMs })).toEqual({ kind: 'bestEffort', maxStaleMs });
  });
});

describe.each(ways)('$way', ({ make }) => {
  const rejection = (act: () => unknown): Promise<unknown> => (async () => act())().catch((error: unknown) => error);

  test.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /must be an object with `name`, `initial` and `apply`; got undefined/],
    [
      'without apply',
      { name: 'p', initial: () => 0 },
      /TypeError: apply of the projection 'p' must be a function; got undefined/,
    ],
    ['without a name', { ...totals, name: undefined }, /name must be a string; got undefined/],
    ['with an empty name', { ...totals, name: '' }, /must not be empty/],
    ['with a NUL in its name', { ...totals, name: 'a\0b' }, /must not contain NUL/],
    ['with a version that is not an integer', { ...totals, version: 1.5 }, /version must be an integer/],
    ['with a version below zero', { ...totals, version: -1 }, /version must be an integer/],
    ['with kinds that are not an array', { ...totals, kinds: 'added' }, /kinds of the projection 'totals'/],
    ['with kinds that are not strings', { ...totals, kinds: [1] }, /kinds of the projection 'totals'/],
    ['with incremental that is not a boolean', { ...totals, incremental: 'no' }, /incremental of the projection/],
    ['with an invalid codec', { ...totals, codec: { encode: () => 1 } }, /codec of the projection/],
    [
      'with a codec whose normalize is no function',
      { ...totals, codec: { ...jsonCodec(), normalize: 5 } },
      /normalize of/,
    ],
    ['with a codec of null', { ...totals, codec: null }, /codec of the projection/],
  ])('a projection %s', async (_what, projection, message) => {
    const setup = new ProjectorSetup();
    const projector = make(setup);
    for (const act of [
      () => projector.project(projection as typeof totals, 'a'),
      () => projector.warm(['a'], projection as typeof totals),
      () => projector.sweep([projection as typeof totals]),
    ]) {
      const error = await rejection(act);
      expect(String(error)).toMatch(message);
      expect(error instanceof TypeError || error instanceof RangeError).toBe(true);
    }
    expect([setup.log.headsAsked, setup.cache.calls.get]).toEqual([0, 0]);
  });

  test.each<[string, unknown]>([
    ['no string', 5],
    ['nothing', undefined],
    ['with a NUL', 'a\0b'],
    ['with a lone surrogate', 'a\udc00'],
  ])('a stream: %s', async (_what, stream) => {
    const setup = new ProjectorSetup();
    const projector = make(setup);
    for (const act of [
      () => projector.project(totals, stream as string),
      () => projector.invalidate(stream as string),
    ]) {
      const error = await rejection(act);
      expect(error).toBeInstanceOf(TypeError);
      expect(String(error)).toMatch(/stream must/);
    }
    expect([setup.log.headsAsked, setup.cache.calls.get, setup.cache.calls.deletePrefix]).toEqual([0, 0, 0]);
  });

  test.each<[unknown, new (message: string) => Error]>([
    [null, TypeError],
    ['consistent', TypeError],
    [{}, TypeError],
    [{ kind: 'eventual' }, TypeError],
    [{ kind: 'bestEffort' }, RangeError],
    [{ kind: 'bestEffort', maxStaleMs: -1 }, RangeError],
  ])('a freshness: %j', async (freshness, kind) => {
    const projector = make(new ProjectorSetup());
    const error = await rejection(() => projector.project(totals, 'a', freshness as Freshness));
    expect(error).toBeInstanceOf(kind);
    expect(String(error)).toMatch(/freshness must be Freshness\.consistent, |maxStaleMs must be/);
  });

  test('onBudget that is neither throw nor stale', async () => {
    const projector = make(new ProjectorSetup());
    const options = { onBudget: 'stael' as 'stale' };
    const error = await rejection(() => projector.projectWithReport(totals, 'a', Freshness.consistent, options));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toContain("onBudget must be 'throw' or 'stale', not stael");
  });

  test.each([0, -1, 1.5, Number.NaN, '8'])('a concurrency of %s', async (concurrency) => {
    const projector = make(new ProjectorSetup());
    const error = await rejection(() => projector.warm([], totals, { concurrency: concurrency as number }));
    expect(error).toBeInstanceOf(RangeError);
    expect(String(error)).toContain(`concurrency must be a positive integer, not ${concurrency}`);
  });

  test('a clock that later returns milliseconds as a number', async () => {
    const setup = new ProjectorSetup();
    let nowUs: unknown = setup.nowUs;
    const projector = make(setup, { nowUs: () => nowUs as bigint });
    nowUs = 5;
    expect(String(await rejection(() => projector.project(totals, 'a')))).toMatch(
      /microseconds .* as a bigint; got number/,
    );
  });
});

describe('options', () => {
  const { cache, log: source } = new ProjectorSetup();

  test.each<[object, RegExp]>([
    [{}, /cache has no method `capabilities`/],
    [{ cache: new Map(), source }, /cache has no method `capabilities`: pass a ProjectionCache/],
    [{ cache: null, source }, /cache has no method/],
    [{ cache }, /source has no method `head`: pass an event reader/],
    [{ cache, source: { head: () => 0n } }, /source has no method `read`/],
    [{ cache, source, verifyEvery: 0 }, /verifyEvery must be a positive integer, not 0/],
    [{ cache, source, verifyEvery: 1.5 }, /verifyEvery must be a positive integer/],
    [{ cache, source, replayBudget: { events: 0 } }, /replayBudget\.events must be a positive integer, not 0/],
    [{ cache, source, replayBudget: { events: 2.5 } }, /replayBudget\.events must be a positive integer/],
    [{ cache, source, replayBudget: { ms: 0 } }, /replayBudget\.ms must be a positive number, not 0/],
    [{ cache, source, replayBudget: { ms: '5' } }, /replayBudget\.ms must be a positive number, not 5/],
    [{ cache, source, replayBudget: { events: '5' } }, /replayBudget\.events must be a positive integer/],
    [{ cache, source, replayBudget: 5 }, /replayBudget must be an object .*; got number/],
    [{ cache, source, replayBudget: null }, /replayBudget must be an object .*; got null/],
    [{ cache, source, replayBudget: [5] }, /replayBudget must be an object .*; got Array/],
    [{ cache, source, nowUs: 5n }, /nowUs must be a function; got bigint/],
    [{ cache, source, nowUs: null }, /nowUs must be a function; got null/],
    [{ cache, source, nowUs: () => 5 }, /nowUs must return microseconds .* as a bigint; got number/],
    [{ cache, source, nowUs: () => BigInt(Date.now()) }, /nowUs must return microseconds .*looks like another/],
    [{ cache, source, nowUs: () => BigInt(Date.now()) / 1000n }, /nowUs must return microseconds .*looks like another/],
    [{ cache, source, nowUs: () => -1n }, /nowUs must return microseconds .*looks like another/],
    [{ cache, source, nowUs: () => BigInt(Date.now()) * 10n ** 6n }, /nowUs must return micro.* another/],
    [{ cache, source, elapsed: 5 }, /elapsed must be a function; got number/],
    [{ cache, source, elapsed: () => 5n }, /elapsed must return milliseconds as a finite number; got 5 \(bigint\)/],
    [{ cache, source, elapsed: () => Number.NaN }, /elapsed must return milliseconds as a finite number; got NaN/],
    [{ cache, source, replayBudget: { ms: Number.NaN } }, /replayBudget\.ms must be a positive number, not NaN/],
  ])('options %#', (options, message) => {
    expect(() => new Projector(options as ProjectorOptions<Change>)).toThrow(message);
    expect(() => new AsyncProjector(options as ProjectorOptions<Change>)).toThrow(message);
  });

  test('a budget that is changed later keeps its first value', () => {
    const setup = new ProjectorSetup();
    setup.log.append('a', 1);
    setup.log.append('a', 1);
    const replayBudget = { events: 2 };
    const projector = new Projector({ cache: setup.cache, source: setup.log, replayBudget });
    replayBudget.events = 1;
    expect(projector.project(totals, 'a')).toEqual({ sum: 2, count: 2 });
  });

  test.each([
    [-1n, false],
    [0n, true],
    [10n ** 9n - 1n, true],
    [10n ** 9n, false],
    [10n ** 14n - 1n, false],
    [10n ** 14n, true],
    [10n ** 17n - 1n, true],
    [10n ** 17n, false],
  ])('a clock that returns %s at first: accepted is %s', (nowUs, isAccepted) => {
    const create = () => new Projector({ cache, source, nowUs: () => nowUs });
    if (isAccepted) expect(create).not.toThrow();
    else expect(create).toThrow(RangeError);
  });

  test('a clock may step anywhere later', () => {
    const setup = new ProjectorSetup();
    setup.log.append('a', 1);
    const projector = new Projector({ cache: setup.cache, source: setup.log, ...setup.settings });
    for (const nowUs of [0n, 2n ** 62n]) {
      setup.nowUs = nowUs;
      expect(projector.project(totals, 'a')).toEqual({ sum: 1, count: 1 });
    }
  });

  test('verifyEvery of zero is refused, and absent means no check', () => {
    expect(() => new Projector({ cache, source, verifyEvery: 0 })).toThrow(RangeError);
    expect(new Projector({ cache, source }).stats().shadowChecks).toBe(0);
  });
});

describe('a Projector with an asynchronous cache or source', () => {
  test.each(['cache', 'source'] as const)('%s: a TypeError that names AsyncProjector', async (which) => {
    const setup = new ProjectorSetup();
    setup.log.append('a', 1);
    const options = {
      cache: which === 'cache' ? cacheAnsweringLater(setup.cache) : setup.cache,
      source: which === 'source' ? answeringLater(setup.log) : setup.log,
    } as unknown as ProjectorOptions<Change>;
    setup.cache.failing = ['get'];
    setup.log.head = () => {
      throw new Error('connection lost');
    };
    const projector = new Projector(options);
    expect(() => projector.project(totals, 'a')).toThrow(TypeError);
    expect(() => projector.project(totals, 'a')).toThrow(/use AsyncProjector/);
    // Its unawaited promises are rejected later: those rejections are handled, and do not end the process.
    await new Promise((resolve) => setTimeout(resolve, 1));
  });
});

test.each(['put', 'deletePrefix'])('a Projector whose cache has an asynchronous %s: a TypeError', async (method) => {
  const setup = new ProjectorSetup();
  setup.log.append('a', 1);
  new Projector({ cache: setup.cache, source: setup.log }).project(totals, 'a');
  const cache = Object.assign(setup.cache, { [method]: () => Promise.reject(new Error('late')) });
  const projector = new Projector<Change>({ cache, source: setup.log });
  if (method === 'put') setup.log.append('a', 1);
  else setup.log.restoreTo(0n);
  expect(() => projector.project(totals, 'a')).toThrow(/use AsyncProjector/);
  await new Promise((resolve) => setTimeout(resolve, 1));
});

test('projections of any state can be swept', () => {
  const projections: Projection<unknown, Change>[] = [totals, open];
  const typed: readonly (Projection<Totals, Change> | Projection<number, Change>)[] = [totals, open];
  const setup = new ProjectorSetup();
  const projector = new Projector({ cache: setup.cache, source: setup.log });
  expect([projector.sweep(projections), projector.sweep(typed)]).toEqual([0, 0]);
});
