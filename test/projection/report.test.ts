import { describe, expect, test, vi } from 'vitest';
import { Freshness } from '../../src/projection/freshness.ts';
import { jsonCodec } from '../../src/projection/json-codec.ts';
import type { ProjectionReport } from '../../src/projection/projection-report.ts';
import { Projector } from '../../src/projection/projector.ts';
import type { Change } from './memory-log.ts';
import { type Totals, totals } from './totals.ts';
import { ProjectorSetup, ways } from './ways.ts';

describe.each(ways)('$way', ({ make }) => {
  test('names the projection and has exactly the fields of its outcome', async () => {
    const setup = new ProjectorSetup();
    setup.log.append('a', 1);
    const projector = make(setup);
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
    setup.advanceMs(5);
    const hit = { outcome: 'hit', eventsRead: 0, watermark: 10n, ageUs: 5000n };
    expect(await report()).toStrictEqual({ ...common, ...hit, head: 10n });
    expect(await report(Freshness.bestEffort({ maxStaleMs: 6 }))).toStrictEqual({ ...common, ...hit });
    setup.log.append('a', 1);
    const delta = { outcome: 'delta', refusal: 'behind', eventsRead: 1, watermark: 20n, head: 20n, ageUs: 5000n };
    expect(await report()).toStrictEqual({ ...common, ...delta });
    setup.log.restoreTo(0n);
    const empty = { outcome: 'empty', refusal: 'ahead', eventsRead: 0, ageUs: 0n };
    expect(await report()).toStrictEqual({ ...common, ...empty });
  });

  test('is passed to onReport for every call that returns a result', async () => {
    const setup = new ProjectorSetup();
    setup.log.append('a', 1);
    const reports: ProjectionReport[] = [];
    const projector = make(setup, { onReport: (report) => reports.push(report) });
    await projector.project(totals, 'a');
    const { report } = await projector.projectWithReport(totals, 'a');
    setup.log.append('a', 1);
    setup.log.failure = { afterEvents: 1, error: new Error('connection lost') };
    await expect((async () => projector.project(totals, 'a'))()).rejects.toThrow();
    expect(reports.map(({ outcome }) => outcome)).toEqual(['replay', 'hit']);
    expect(reports[1]).toBe(report);
  });

  test('has the microseconds of each phase', async () => {
    const setup = new ProjectorSetup();
    setup.log.append('a', 1);
    // Each reading of the clock costs a millisecond: the length of a phase is the number of readings in it.
    const projector = make(setup, { elapsed: () => (setup.elapsedMs += 1) });
    const slow = {
      ...totals,
      apply: (state: Totals, change: Change) => {
        setup.elapsedMs += 7;
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

  test('has the time of each step in its phase', async () => {
    const setup = new ProjectorSetup();
    const costing = <Args extends unknown[], Result>(ms: number, act: (...args: Args) => Result) => {
      return (...args: Args): Result => {
        setup.elapsedMs += ms;
        return act(...args);
      };
    };
    setup.cache.get = costing(1, setup.cache.get.bind(setup.cache));
    const head = costing(10, setup.log.head.bind(setup.log));
    const { encode, decode } = jsonCodec<Totals>();
    const codec = { encode: costing(100, encode), decode: costing(1000, decode) };
    const projection = { ...totals, apply: costing(10_000, totals.apply), codec };
    const projector = make(setup, { verifyEvery: 2 }, { head, read: setup.log.read.bind(setup.log) });
    const durations = async (freshness?: Freshness) =>
      (await projector.projectWithReport(projection, 'a', freshness)).report.durations;

    setup.log.append('a', 1);
    await projector.project(projection, 'a');
    const none = { waitUs: 0, storeUs: 0 };
    const hit = { ...none, lookupUs: 1000, headUs: 10_000, foldUs: 0, codecUs: 1_000_000, totalUs: 1_011_000 };
    expect(await durations()).toEqual(hit);
    // A shadow check: decoding the initial state, `apply` and encoding the result belong to the fold.
    const foldUs = 1_000_000 + 10_000_000 + 100_000;
    expect(await durations()).toEqual({ ...hit, foldUs, totalUs: hit.totalUs + foldUs });
    const fresh = { ...hit, headUs: 0, totalUs: 1_001_000 };
    expect(await durations(Freshness.bestEffort({ maxStaleMs: 1 }))).toEqual(fresh);
  });

  test('is counted in stats', async () => {
    const setup = new ProjectorSetup();
    const projector = make(setup);
    await projector.project(totals, 'a');
    setup.log.append('a', 1);
    await projector.project(totals, 'a');
    await projector.project(totals, 'a');
    setup.log.append('a', 1);
    await projector.project(totals, 'a');
    const noTrouble = { cacheFailures: 0, undecodable: 0, shadowChecks: 0, shadowDifferences: 0 };
    const counted = { hits: 1, deltas: 1, replays: 1, empties: 1, eventsRead: 2 };
    expect(projector.stats()).toEqual({ ...counted, ...noTrouble });
  });
});

test('removing the state of events that are gone is a write to the cache', () => {
  const setup = new ProjectorSetup();
  const deletePrefix = setup.cache.deletePrefix.bind(setup.cache);
  setup.cache.deletePrefix = (prefix) => {
    setup.elapsedMs += 3;
    return deletePrefix(prefix);
  };
  const projector = new Projector({ cache: setup.cache, source: setup.log, ...setup.settings });
  const cacheAndForget = (): void => {
    setup.log.append('a', 1);
    projector.project(totals, 'a');
    setup.log.restoreTo(0n);
  };
  cacheAndForget();
  const { durations, outcome } = projector.projectWithReport(totals, 'a').report;
  expect([outcome, durations.storeUs, durations.totalUs]).toEqual(['empty', 3000, 3000]);
  cacheAndForget();
  expect([projector.project(totals, 'a'), setup.cache.inner.size]).toEqual([undefined, 0]);
});

test('without onReport, project reads no clock for durations', () => {
  const setup = new ProjectorSetup();
  setup.log.append('a', 1);
  let readings = 0;
  const elapsed = (): number => (readings += 1);
  const projector = new Projector({ cache: setup.cache, source: setup.log, elapsed });
  const atFirst = readings;
  for (let i = 0; i < 2; i += 1) projector.project(totals, 'a');
  expect(readings).toBe(atFirst);
});

test('an error of onReport becomes a warning, and the call returns its state', () => {
  const setup = new ProjectorSetup();
  setup.log.append('a', 1);
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  const onReport = (): never => {
    throw new Error('log is full');
  };
  const projector = new Projector({ cache: setup.cache, source: setup.log, onReport });
  expect(projector.project(totals, 'a')).toEqual({ sum: 1, count: 1 });
  expect(projector.project(totals, 'a')).toEqual({ sum: 1, count: 1 });
  const [[message, options] = []] = warn.mock.calls;
  expect(warn).toHaveBeenCalledTimes(1);
  warn.mockRestore();
  expect(message).toMatch(/^onReport threw an error/);
  expect(options).toMatchObject({ detail: expect.stringContaining('log is full') });
});

test('without settings it uses the clocks of the system', () => {
  const setup = new ProjectorSetup();
  setup.log.append('a', 1);
  const projector = new Projector({ cache: setup.cache, source: setup.log });
  const before = BigInt(Date.now()) * 1000n;
  const { report } = projector.projectWithReport(totals, 'a');
  const [[, entry] = []] = setup.cache.inner.entries();
  expect(entry?.meta.cachedAtUs).toBeGreaterThanOrEqual(before);
  expect(entry?.meta.cachedAtUs).toBeLessThanOrEqual(BigInt(Date.now()) * 1000n);
  expect(report.durations.totalUs).toBeGreaterThan(0);
});
