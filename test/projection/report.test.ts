import { describe, expect, test, vi } from 'vitest';
import { Freshness } from '../../src/projection/freshness.ts';
import type { ProjectionReport } from '../../src/projection/projection-report.ts';
import { Projector } from '../../src/projection/projector.ts';
import type { Change } from './memory-log.ts';
import { type Totals, totals } from './totals.ts';
import { World, ways } from './ways.ts';

describe.each(ways)('$way', ({ make }) => {
  test('names the projection and has every field of its outcome, and no other', async () => {
    const world = new World();
    world.log.append('a', 1);
    const projector = make(world);
    const projection = { ...totals, version: 2 };
    const zero = { lookupUs: 0, headUs: 0, waitUs: 0, foldUs: 0, codecUs: 0, storeUs: 0, totalUs: 0 };
    const common = {
      stream: 'a',
      name: 'totals',
      version: 2,
      stale: false,
      joined: false,
      cacheFailures: [],
      durations: zero,
    };
    const report = async (freshness?: Freshness) =>
      (await projector.projectWithReport(projection, 'a', freshness)).report;

    const replay = { outcome: 'replay', refusal: 'absent', eventsRead: 1, watermark: 10n, head: 10n };
    expect(await report()).toStrictEqual({ ...common, ...replay });
    world.advanceMs(5);
    const hit = { outcome: 'hit', eventsRead: 0, watermark: 10n, ageUs: 5000n };
    expect(await report()).toStrictEqual({ ...common, ...hit, head: 10n });
    expect(await report(Freshness.bestEffort({ maxStaleMs: 6 }))).toStrictEqual({ ...common, ...hit });
    world.log.append('a', 1);
    const delta = { outcome: 'delta', refusal: 'behind', eventsRead: 1, watermark: 20n, head: 20n, ageUs: 5000n };
    expect(await report()).toStrictEqual({ ...common, ...delta });
    world.log.restoreTo(0n);
    const empty = { outcome: 'empty', refusal: 'ahead', eventsRead: 0, ageUs: 0n };
    expect(await report()).toStrictEqual({ ...common, ...empty });
  });

  test('is given to onReport for every call that is answered', async () => {
    const world = new World();
    world.log.append('a', 1);
    const reports: ProjectionReport[] = [];
    const projector = make(world, { onReport: (report) => reports.push(report) });
    await projector.project(totals, 'a');
    const { report } = await projector.projectWithReport(totals, 'a');
    world.log.append('a', 1);
    world.log.failure = { afterEvents: 1, error: new Error('connection lost') };
    await expect((async () => projector.project(totals, 'a'))()).rejects.toThrow();
    expect(reports.map(({ outcome }) => outcome)).toEqual(['replay', 'hit']);
    expect(reports[1]).toBe(report);
  });

  test('has the microseconds of each phase', async () => {
    const world = new World();
    world.log.append('a', 1);
    // Every look at the clock costs a millisecond: each phase that was entered is as long as there were looks in it.
    const projector = make(world, { elapsed: () => (world.elapsedMs += 1) });
    const slow = {
      ...totals,
      apply: (state: Totals, change: Change) => {
        world.elapsedMs += 7;
        return totals.apply(state, change);
      },
    };
    const { report } = await projector.projectWithReport(slow, 'a');
    const { lookupUs, headUs, waitUs, foldUs, codecUs, storeUs, totalUs } = report.durations;
    expect([lookupUs, headUs, waitUs, storeUs]).toEqual([1000, 1000, 0, 1000]);
    expect(foldUs).toBe(8000);
    expect(codecUs).toBeGreaterThanOrEqual(2000);
    expect(totalUs).toBeGreaterThanOrEqual(lookupUs + headUs + foldUs + codecUs + storeUs);
  });

  test('counts in stats what the reports say', async () => {
    const world = new World();
    const projector = make(world);
    await projector.project(totals, 'a');
    world.log.append('a', 1);
    await projector.project(totals, 'a');
    await projector.project(totals, 'a');
    world.log.append('a', 1);
    await projector.project(totals, 'a');
    const noTrouble = { cacheFailures: 0, undecodable: 0, shadowChecks: 0, shadowDifferences: 0 };
    const counted = { hits: 1, deltas: 1, replays: 1, empties: 1, eventsRead: 2 };
    expect(projector.stats()).toEqual({ ...counted, ...noTrouble });
  });
});

test('what onReport throws surfaces by itself and never in a projection', () => {
  const world = new World();
  world.log.append('a', 1);
  const uncaught: unknown[] = [];
  const queue = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((task) => {
    try {
      task();
    } catch (error) {
      uncaught.push(error);
    }
  });
  const failure = new Error('log is full');
  const onReport = (): never => {
    throw failure;
  };
  try {
    const projector = new Projector({ cache: world.cache, source: world.log, onReport });
    expect(projector.project(totals, 'a')).toEqual({ sum: 1, count: 1 });
  } finally {
    queue.mockRestore();
  }
  expect(uncaught).toEqual([failure]);
});

test('without settings it takes the clocks of the system', () => {
  const world = new World();
  world.log.append('a', 1);
  const projector = new Projector({ cache: world.cache, source: world.log });
  const before = BigInt(Date.now()) * 1000n;
  const { report } = projector.projectWithReport(totals, 'a');
  const [[, entry] = []] = world.cache.inner.entries();
  expect(entry?.meta.cachedAtUs).toBeGreaterThanOrEqual(before);
  expect(entry?.meta.cachedAtUs).toBeLessThanOrEqual(BigInt(Date.now()) * 1000n);
  expect(report.durations.totalUs).toBeGreaterThan(0);
});
