/*
 * Why this test: a user who wants to see what a projector cached has the key of `projectionKey`, and finds nothing under
 * it, as a fingerprint follows. These are the ways that work: `peek`, and the parts of the keys of the cache.
 */
import { describe, expect, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import type { Projection } from '../../src/projection/projection.ts';
import { parseProjectionKey, projectionKey, streamPrefix } from '../../src/projection/projection-key.ts';
import { Projector } from '../../src/projection/projector.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { GatedSetup, settle } from './gated-setup.ts';
import type { Change } from './memory-log.ts';
import { open, totals } from './totals.ts';
import { ProjectorSetup, ways } from './ways.ts';

describe.each(ways)('peek of $way', ({ make }) => {
  test('returns the cached state, its watermark and its age, and reads no event log', async () => {
    const setup = new ProjectorSetup();
    const projector = make(setup);
    expect(await projector.peek(totals, 'a')).toBe(undefined);
    const last = setup.log.append('a', 5);
    await projector.project(totals, 'a');
    setup.log.append('a', 6);
    setup.advanceMs(3);
    const [asked, reads] = [setup.log.headsAsked, setup.log.reads.length];
    const peeked = await projector.peek(totals, 'a');
    expect(peeked).toStrictEqual({ state: { sum: 5, count: 1 }, watermark: last, ageUs: 3_000n });
    expect(JSON.stringify(peeked)).toBe('{"state":{"sum":5,"count":1},"watermark":"10","ageUs":3000}');
    expect([setup.log.headsAsked, setup.log.reads.length]).toEqual([asked, reads]);
    expect(await projector.peek({ ...totals, version: 1 }, 'a')).toBe(undefined);
    expect(await projector.peek(totals, 'b')).toBe(undefined);
  });

  test('the state is the own object of its caller', async () => {
    const setup = new ProjectorSetup();
    setup.log.append('a', 5);
    const projector = make(setup);
    await projector.project(totals, 'a');
    const peeked = await projector.peek(totals, 'a');
    if (peeked?.state !== undefined) peeked.state.sum = -1;
    expect((await projector.peek(totals, 'a'))?.state).toEqual({ sum: 5, count: 1 });
  });

  test('distinguishes "no state" from "not cached"', async () => {
    const setup = new ProjectorSetup();
    setup.log.append('a', 5, 'closed');
    const projector = make(setup);
    await projector.project(open, 'a');
    expect(await projector.peek(open, 'a')).toStrictEqual({ state: undefined, watermark: 10n, ageUs: 0n });
  });

  test('a partly folded state has no age', async () => {
    const setup = new ProjectorSetup();
    for (const amount of [1, 2, 3]) setup.log.append('a', amount);
    const projector = make(setup, { replayBudget: { events: 2 } });
    await projector.projectWithReport(totals, 'a', undefined, { onBudget: 'stale' });
    expect(await projector.peek(totals, 'a')).toStrictEqual({ state: { sum: 3, count: 2 }, watermark: 20n });
  });

  test('what cannot be read or decoded is not there, and is counted', async () => {
    const setup = new ProjectorSetup();
    setup.log.append('a', 5);
    const projector = make(setup);
    await projector.project(totals, 'a');
    setup.cache.failing = ['get'];
    expect(await projector.peek(totals, 'a')).toBe(undefined);
    setup.cache.failing = [];
    for (const value of [Uint8Array.of(1, 0xff), Uint8Array.of(77)]) {
      for (const [key, { meta }] of [...setup.cache.inner.entries()]) setup.cache.inner.put(key, value, meta);
      expect(await projector.peek(totals, 'a')).toBe(undefined);
    }
    expect(projector.stats()).toMatchObject({ cacheFailures: 1, undecodable: 2 });
    expect(setup.cache.inner.size).toBe(1);
  });

  test('checks its arguments', async () => {
    const projector = make(new ProjectorSetup());
    const peek = async (projection: unknown, stream: unknown) =>
      projector.peek(projection as typeof totals, stream as string);
    await expect(peek('totals', 'a')).rejects.toThrow(TypeError);
    await expect(peek(totals, undefined)).rejects.toThrow('stream must be a string');
    await expect(peek({ ...totals, version: -1 }, 'a')).rejects.toThrow(RangeError);
  });

  test('of a closed cache throws CLOSED', async () => {
    const setup = new ProjectorSetup();
    const projector = make(setup);
    setup.cache.inner.close();
    await expect((async () => projector.peek(totals, 'a'))()).rejects.toMatchObject({ code: 'CLOSED' });
  });
});

describe('peek of an AsyncProjector', () => {
  test('sees a state whose write has not ended, until it is invalidated', async () => {
    const setup = new GatedSetup();
    setup.append('a', 5);
    setup.puts.close();
    const projector = setup.projector({ cache: setup.asyncCache });
    await projector.project(totals, 'a');
    expect(setup.puts.waiting).toBe(1);
    expect((await projector.peek(totals, 'a'))?.state).toEqual({ sum: 5, count: 1 });
    const invalidated = projector.invalidate('a');
    expect(await projector.peek(totals, 'a')).toBe(undefined);
    await setup.puts.open();
    await invalidated;
    expect(await projector.peek(totals, 'a')).toBe(undefined);
  });

  test('a cache that hangs has nothing to see', async () => {
    const setup = new GatedSetup();
    const timers: (() => void)[] = [];
    setup.gets.close();
    const startTimer = (act: () => void): (() => void) => {
      timers.push(act);
      return () => {};
    };
    const projector = setup.projector({ cache: setup.asyncCache, startTimer });
    const peeked = projector.peek(totals, 'a');
    await settle();
    for (const act of timers) act();
    expect(await peeked).toBe(undefined);
    expect(projector.stats().cacheFailures).toBe(1);
  });
});

test('projectionKey begins the key of a cached state, whose parts parseProjectionKey returns', () => {
  const cache = LogCache.open('cache', { storage: new MemoryStorage() });
  const source = { head: () => 7n, read: () => [{ sequence: 7n, event: { kind: 'added', amount: 5 } }] };
  const projection: Projection<number, Change> = {
    name: 'sum',
    version: 3,
    initial: () => 0,
    apply: (state, { amount }) => state + amount,
  };
  new Projector({ cache, source }).project(projection, 'order:1');

  expect(cache.get(projectionKey('order:1', 'sum', 3))).toBe(undefined);
  const [found] = [...cache.entries({ prefix: projectionKey('order:1', 'sum', 3) })];
  expect(found?.[1].meta.watermark).toBe(7n);
  const [key] = [...cache.keys({ prefix: streamPrefix('order:1') })];
  const parts = { stream: 'order:1', name: 'sum', version: 3, fingerprint: expect.any(Uint8Array) };
  expect(parseProjectionKey(key as Uint8Array)).toEqual(parts);
  expect(parseProjectionKey('order:1')).toBe(undefined);
  expect(() => parseProjectionKey(7 as unknown as string)).toThrow('key must be a string or a Uint8Array; got number');
  expect(() => parseProjectionKey('\ud800')).toThrow(TypeError);
});
