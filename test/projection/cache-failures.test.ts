// The cache is an optimisation: what it throws is in the report or counted, and never stops a projection.
import { describe, expect, test } from 'vitest';
import type { CacheEntry } from '../../src/contract/cache-entry.ts';
import { AsyncProjector } from '../../src/projection/async-projector.ts';
import { Freshness } from '../../src/projection/freshness.ts';
import type { CacheFailure, ProjectionReport } from '../../src/projection/projection-report.ts';
import { totals } from './totals.ts';
import { type AnyProjector, World, ways } from './ways.ts';

const always = Freshness.bestEffort({ maxStaleMs: Number.MAX_SAFE_INTEGER });

/** The failure of a write is in the report, unless the cache answers later than the projection: then it is counted. */
async function expectFailure(
  projector: AnyProjector,
  { cacheFailures }: ProjectionReport,
  operation: CacheFailure['operation'],
  message: string,
): Promise<void> {
  if (projector instanceof AsyncProjector) await projector.flush();
  if (cacheFailures.length > 0) expect(cacheFailures).toEqual([{ operation, error: new Error(message) }]);
  expect(projector.stats().cacheFailures).toBe(1);
}

describe.each(ways)('$way', ({ make }) => {
  test('a cache that throws in get: replayed', async () => {
    const world = new World();
    world.log.append('a', 1);
    const projector = make(world);
    await projector.project(totals, 'a');
    world.cache.failing = ['get'];
    for (const freshness of [Freshness.consistent, always]) {
      const { state, report } = await projector.projectWithReport(totals, 'a', freshness);
      expect(state).toEqual({ sum: 1, count: 1 });
      expect(report).toMatchObject({ outcome: 'replay', refusal: 'cache-failed' });
      expect(report.cacheFailures).toEqual([{ operation: 'get', error: new Error('get failed') }]);
    }
    expect(projector.stats().cacheFailures).toBe(2);
    world.cache.failing = [];
    expect((await projector.projectWithReport(totals, 'a')).report.outcome).toBe('hit');
  });

  test('a cache that throws in put: folded all the same', async () => {
    const world = new World();
    world.log.append('a', 1);
    world.cache.failing = ['put'];
    for (let i = 0; i < 2; i += 1) {
      const projector = make(world);
      const { state, report } = await projector.projectWithReport(totals, 'a');
      expect(state).toEqual({ sum: 1, count: 1 });
      expect(report).toMatchObject({ outcome: 'replay', refusal: 'absent' });
      await expectFailure(projector, report, 'put', 'put failed');
    }
  });

  test('a cache that throws when a state is stamped anew: used all the same', async () => {
    const world = new World();
    world.log.append('a', 1);
    const projector = make(world);
    await projector.project(totals, 'a');
    world.advanceMs(10);
    world.cache.failing = ['put'];
    const { state, report } = await projector.projectWithReport(totals, 'a', Freshness.bestEffort({ maxStaleMs: 1 }));
    expect([state, report.outcome]).toEqual([{ sum: 1, count: 1 }, 'hit']);
    await expectFailure(projector, report, 'put', 'put failed');
  });

  test('a cache that throws when the state of events that are gone is removed', async () => {
    const world = new World();
    world.log.append('a', 1);
    const projector = make(world);
    await projector.project(totals, 'a');
    world.log.restoreTo(0n);
    world.cache.failing = ['deletePrefix'];
    const { state, report } = await projector.projectWithReport(totals, 'a');
    expect([state, report.outcome]).toEqual([undefined, 'empty']);
    await expectFailure(projector, report, 'delete', 'deletePrefix failed');
  });

  test('a cache that throws in prefetch: warmed all the same, and counted', async () => {
    const world = new World();
    world.log.append('a', 1);
    world.cache.failing = ['prefetch'];
    const projector = make(world);
    expect(await projector.warm(['a', 'b'], totals)).toEqual({ done: 2, failures: [] });
    expect(projector.stats().cacheFailures).toBe(world.cache.calls.prefetch);
  });

  test('invalidate throws what the cache throws: entries may be left', async () => {
    const world = new World();
    world.cache.failing = ['deletePrefix'];
    const projector = make(world);
    await expect((async () => projector.invalidate('a'))()).rejects.toThrow('deletePrefix failed');
    world.cache.failing = [];
    world.log.append('a', 1);
    await projector.project(totals, 'a');
    expect(await projector.invalidate('a')).toBe(1);
  });

  test.each([
    ['null for a miss', null],
    ['no meta', { value: new Uint8Array(1) }],
    ['a value of no bytes', { value: '\u0001{}', meta: { watermark: 10n, cachedAtUs: 1n } }],
    ['a meta of numbers', { value: Uint8Array.of(0), meta: { watermark: 10, cachedAtUs: 1 } }],
  ])('a cache that breaks its contract (%s) has failed like one that throws', async (_what, entry) => {
    const world = new World();
    world.log.append('a', 1);
    world.cache.get = () => entry as unknown as CacheEntry;
    const { state, report } = await make(world).projectWithReport(totals, 'a', always);
    expect([state, report.refusal]).toEqual([{ sum: 1, count: 1 }, 'cache-failed']);
    expect(report.cacheFailures[0]?.error).toBeInstanceOf(TypeError);
  });

  test('a cache that keeps nothing is not written to', async () => {
    const world = new World();
    world.log.append('a', 1);
    world.cache.capability = { supportsPrefetch: false, isNoop: true };
    const projector = make(world);
    expect((await projector.projectWithReport(totals, 'a')).report.cacheFailures).toEqual([]);
    expect(world.cache.calls.put).toBe(0);
  });
});
