/*
 * Mistakes that were refused, and ended the process nevertheless: the promise of an asynchronous `read`, `apply`,
 * `initial` or codec was dropped, and its rejection was unhandled. An `AbortController` in place of its signal, and an
 * `onReport` that is not a function, failed in the middle of a call, in an unhandled promise. Many callers with one
 * signal made Node warn of a leak of listeners. An `AbortSignal` in place of the options was ignored; so was a
 * projection in place of the list of live ones, where `sweep` then removed everything.
 */
import { describe, expect, test, vi } from 'vitest';
import { AsyncProjector } from '../../src/projection/async-projector.ts';
import type { EventReader } from '../../src/projection/event-reader.ts';
import { Freshness } from '../../src/projection/freshness.ts';
import { Projector, type ProjectorOptions } from '../../src/projection/projector.ts';
import { GatedSetup, settle } from '../projection/gated-setup.ts';
import { answeringLater, type Change } from '../projection/memory-log.ts';
import { cacheAnsweringLater } from '../projection/test-cache.ts';
import { totals } from '../projection/totals.ts';
import { ProjectorSetup, ways } from '../projection/ways.ts';

const fails = (): never => Promise.reject(new Error('unheard')) as never;

/** The error that the action throws or rejects with; fails on any unhandled rejection. */
async function failureOf(act: () => unknown): Promise<unknown> {
  const unheard: unknown[] = [];
  const listen = (reason: unknown): number => unheard.push(reason);
  process.on('unhandledRejection', listen);
  try {
    return await (async () => act())().then(
      () => 'no failure',
      (error: unknown) => error,
    );
  } finally {
    await settle();
    await settle();
    process.off('unhandledRejection', listen);
    expect(unheard).toEqual([]);
  }
}

function filled(): ProjectorSetup {
  const setup = new ProjectorSetup();
  for (const amount of [1, 2, 3]) setup.log.append('a', amount);
  return setup;
}

describe.each(ways)('$way', ({ make }) => {
  test.each([
    ['apply', { ...totals, apply: fails }, /`apply` of a projection must not be asynchronous/],
    ['initial', { ...totals, initial: fails }, /`initial` of a projection must not be asynchronous/],
  ])('an asynchronous %s', async (_what, projection, message) => {
    const error = await failureOf(() => make(filled()).project(projection, 'a'));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toMatch(message);
  });

  test.each(['encode', 'decode'] as const)('an asynchronous %s', async (verb) => {
    const codec = { encode: () => Uint8Array.of(1), decode: () => ({ sum: 0, count: 0 }), [verb]: fails };
    const error = await failureOf(() => make(filled()).project({ ...totals, codec }, 'a'));
    expect(error).toMatchObject({ code: 'STATE_CODEC', cause: expect.any(TypeError) });
  });

  test('an asynchronous decode of what is cached', async () => {
    const setup = filled();
    await make(setup).project(totals, 'a');
    const codec = { encode: () => Uint8Array.of(1), decode: fails };
    expect(await failureOf(() => make(setup).project({ ...totals, codec }, 'a'))).toMatchObject({
      code: 'STATE_CODEC',
    });
  });

  test('an identity that is a promise', async () => {
    const { log } = filled();
    const source = { identity: fails(), head: log.head.bind(log), read: log.read.bind(log) };
    expect(await failureOf(() => make(filled(), {}, source).project(totals, 'a'))).toBeInstanceOf(TypeError);
  });

  test.each<[string, unknown, RegExp]>([
    ['a string of streams', 'order:1', /streams must be an iterable, such as an array; got string/],
    ['no streams', undefined, /streams must be an iterable/],
  ])('%s', async (_what, streams, message) => {
    const error = await failureOf(() => make(filled()).warm(streams as string[], totals));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toMatch(message);
  });

  test.each<[string, unknown, RegExp]>([
    ['an AbortController in place of its signal', { signal: new AbortController() }, /signal .*; got AbortController/],
    ['a signal that is null', { signal: null }, /signal must be an AbortSignal; got null/],
    [
      'a signal in place of the options',
      new AbortController().signal,
      /options of [a-z ]+ must be an object with .*signal; got AbortSignal/,
    ],
    ['options of null', null, /options of [a-z ]+ must be an object with .*; got null/],
    ['an onProgress that is not a function', { onProgress: 5 }, /onProgress must be a function; got number/],
  ])('%s', async (what, options, message) => {
    const projector = make(filled());
    const acts = [() => projector.warm(['a'], totals, options as object)];
    if (!what.includes('onProgress')) {
      acts.push(() => projector.projectWithReport(totals, 'a', Freshness.consistent, options as object) as never);
      if (projector instanceof AsyncProjector) {
        acts.push(() => projector.project(totals, 'a', Freshness.consistent, options as object) as never);
      }
    }
    for (const act of acts) {
      const error = await failureOf(act);
      expect(error).toBeInstanceOf(TypeError);
      expect(String(error)).toMatch(message);
    }
  });

  test('sweep of a projection in place of a list: nothing is removed', async () => {
    const setup = filled();
    const projector = make(setup);
    await projector.project(totals, 'a');
    expect(await failureOf(() => projector.sweep(totals as never))).toBeInstanceOf(TypeError);
    expect(setup.cache.inner.size).toBe(1);
  });
});

test.each<[string, object, RegExp]>([
  ['an onReport that is not a function', { onReport: 'log' }, /onReport must be a function; got string/],
  ['an onReport of null', { onReport: null }, /onReport must be a function; got null/],
  [
    'capabilities that are a promise',
    { cache: Object.assign(new ProjectorSetup().cache, { capabilities: fails }) },
    /capabilit/,
  ],
])('%s is refused at construction', async (_what, wrong, message) => {
  const { cache, log: source } = new ProjectorSetup();
  for (const Made of [Projector, AsyncProjector]) {
    const error = await failureOf(() => new Made({ cache, source, ...wrong } as ProjectorOptions<Change>));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toMatch(message);
  }
});

test('a read that returns a promise', async () => {
  const { cache } = filled();
  const source = { head: () => 10n, read: fails };
  for (const Made of [Projector, AsyncProjector]) {
    const error = await failureOf(() => new Made({ cache, source }).project(totals, 'a'));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toMatch(/`read` of the event source must not be asynchronous/);
  }
});

test('a Projector with an asynchronous source closes the iterator it has opened', async () => {
  const setup = filled();
  let closed = 0;
  const source: EventReader<Change> = {
    head: (stream, kinds) => setup.log.head(stream, kinds),
    read: () => ({
      [Symbol.iterator]: () => ({
        next: fails,
        return: () => {
          closed += 1;
          return fails();
        },
      }),
    }),
  };
  const error = await failureOf(() => new Projector({ cache: setup.cache, source }).project(totals, 'a'));
  expect(String(error)).toMatch(/use AsyncProjector/);
  expect([closed, setup.cache.calls.put]).toEqual([1, 0]);
  const later = { cache: cacheAnsweringLater(setup.cache), source: answeringLater(setup.log) };
  expect(String(await failureOf(() => new Projector(later as never).project(totals, 'a')))).toMatch(
    /use AsyncProjector/,
  );
});

test('a thousand callers with one signal: no warning, and no listener in the end', async () => {
  const warned = vi.spyOn(process, 'emitWarning');
  try {
    const setup = new GatedSetup();
    setup.append('a', 1);
    setup.heads.close();
    const { signal } = new AbortController();
    const add = vi.spyOn(signal, 'addEventListener');
    const remove = vi.spyOn(signal, 'removeEventListener');
    const projector = setup.projector();
    const calls = Array.from({ length: 1000 }, () => projector.project(totals, 'a', Freshness.consistent, { signal }));
    await settle();
    expect(add).toHaveBeenCalledTimes(1);
    await setup.heads.open();
    await Promise.all(calls);
    await settle();
    expect(remove).toHaveBeenCalledTimes(1);
    expect(warned).not.toHaveBeenCalled();
  } finally {
    warned.mockRestore();
  }
});

test('an abort releases every caller of a signal, and each of its calls', async () => {
  const setup = new GatedSetup();
  setup.append('a', 1);
  setup.heads.close();
  const controller = new AbortController();
  const projector = setup.projector();
  const calls = Array.from({ length: 100 }, () => projector.project(totals, 'a', Freshness.consistent, controller));
  const settled = Promise.allSettled(calls);
  await settle();
  const reason = new Error('client gone');
  controller.abort(reason);
  expect(new Set((await settled).map((result) => result.status === 'rejected' && result.reason))).toEqual(
    new Set([reason]),
  );
  await setup.heads.open();
});
