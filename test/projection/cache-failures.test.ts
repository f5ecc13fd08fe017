// The cache is an optimisation: its errors are reported or counted, and never stop a projection.
import { describe, expect, test } from 'vitest';
import type { CacheEntry } from '../../src/contract/cache-entry.ts';
import { AsyncProjector } from '../../src/projection/async-projector.ts';
import { Freshness } from '../../src/projection/freshness.ts';
import type { CacheFailure, ProjectionReport } from '../../src/projection/projection-report.ts';
import { totals } from './totals.ts';
import { type AnyProjector, ProjectorSetup, ways } from './ways.ts';

const always = Freshness.bestEffort({ maxStaleMs: Number.MAX_SAFE_INTEGER });

/** The failure of a write is in the report, unless the write ends after the projection: then it is counted. */
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
    const setup = new ProjectorSetup();
    setup.log.append('a', 1);
    const projector = make(setup);
    await projector.project(totals, 'a');
    setup.cache.failing = ['get'];
    for (const freshness of [Freshness.consistent, always]) {
      const { state, report } = await projector.projectWithReport(totals, 'a', freshness);
      expect(state).toEqual({ sum: 1, count: 1 });
      expect(report).toMatchObject({ outcome: 'replay', refusal: 'cache-failed' });
      expect(report.cacheFailures).toEqual([{ operation: 'get', error: new Error('get failed') }]);
    }
    expect(projector.stats().cacheFailures).toBe(2);
    setup.cache.failing = [];
    expect((await projector.projectWithReport(totals, 'a')).report.outcome).toBe('hit');
  });

  test('a cache that throws in put: folded nevertheless', async () => {
    const setup = new ProjectorSetup();
    setup.log.append('a', 1);
    setup.cache.failing = ['put'];
    for (let i = 0; i < 2; i += 1) {
      const projector = make(setup);
      const { state, report } = await projector.projectWithReport(totals, 'a');
      expect(state).toEqual({ sum: 1, count: 1 });
      expect(report).toMatchObject({ outcome: 'replay', refusal: 'absent' });
      await expectFailure(projector, report, 'put', 'put failed');
    }
  });

  test('a cache that throws when a state is stamped again: used nevertheless', async () => {
    const setup = new ProjectorSetup();
    setup.log.append('a', 1);
    const projector = make(setup);
    await projector.project(totals, 'a');
    setup.advanceMs(10);
    setup.cache.failing = ['put'];
    const { state, report } = await projector.projectWithReport(totals, 'a', Freshness.bestEffort({ maxStaleMs: 1 }));
    expect([state, report.outcome]).toEqual([{ sum: 1, count: 1 }, 'hit']);
    await expectFailure(projector, report, 'put', 'put failed');
  });

  test('a cache that throws when the state of events that are gone is removed', async () => {
    const setup = new ProjectorSetup();
    setup.log.append('a', 1);
    const projector = make(setup);
    await projector.project(totals, 'a');
    setup.log.restoreTo(0n);
    setup.cache.failing = ['deletePrefix'];
    const { state, report } = await projector.projectWithReport(totals, 'a');
    expect([state, report.outcome]).toEqual([undefined, 'empty']);
    await expectFailure(projector, report, 'delete', 'deletePrefix failed');
  });

  test('a cache that throws in prefetch: warmed nevertheless, and counted', async () => {
    const setup = new ProjectorSetup();
    setup.log.append('a', 1);
    setup.cache.failing = ['prefetch'];
    const projector = make(setup);
    expect(await projector.warm(['a', 'b'], totals)).toEqual({ done: 2, failures: [] });
    expect(projector.stats().cacheFailures).toBe(setup.cache.calls.prefetch);
  });

  test('invalidate throws the error of the cache: entries may be left', async () => {
    const setup = new ProjectorSetup();
    setup.cache.failing = ['deletePrefix'];
    const projector = make(setup);
    await expect((async () => projector.invalidate('a'))()).rejects.toThrow('deletePrefix failed');
    setup.cache.failing = [];
    setup.log.append('a', 1);
    await projector.project(totals, 'a');
    expect(await projector.invalidate('a')).toBe(1);
  });

  test.each([
    ['null for a miss', null],
    ['no meta', { value: new Uint8Array(1) }],
    ['a value of no bytes', { value: '\u0001{}', meta: { watermark: 10n, cachedAtUs: 1n } }],
    ['a watermark that is a number', { value: Uint8Array.of(0), meta: { watermark: 10, cachedAtUs: 1n } }],
    ['a time that is a number', { value: Uint8Array.of(0), meta: { watermark: 10n, cachedAtUs: 1 } }],
  ])('a cache that breaks its contract (%s) counts as failed, like one that throws', async (_what, entry) => {
    const setup = new ProjectorSetup();
    setup.log.append('a', 1);
    setup.cache.get = () => entry as unknown as CacheEntry;
    const { state, report } = await make(setup).projectWithReport(totals, 'a', always);
    expect([state, report.refusal]).toEqual([{ sum: 1, count: 1 }, 'cache-failed']);
    expect(report.cacheFailures[0]?.error).toBeInstanceOf(TypeError);
  });

  test('a cache that keeps nothing is not written to', async () => {
    const setup = new ProjectorSetup();
    setup.log.append('a', 1);
    setup.cache.capability = { supportsPrefetch: false, isNoop: true };
    const projector = make(setup);
    expect((await projector.projectWithReport(totals, 'a')).report.cacheFailures).toEqual([]);
    expect(setup.cache.calls.put).toBe(0);
  });
});
