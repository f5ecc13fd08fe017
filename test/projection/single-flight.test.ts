// A key is folded once for all concurrent callers.
import { describe, expect, test } from 'vitest';
import { NoCache } from '../../src/contract/no-cache.ts';
import { Freshness } from '../../src/projection/freshness.ts';
import { GatedSetup, settle } from './gated-setup.ts';
import { open, totals } from './totals.ts';

function worldWith(...amounts: readonly number[]): GatedSetup {
  const setup = new GatedSetup();
  setup.append('a', ...amounts);
  return setup;
}

describe.each([
  ['a synchronous cache', (setup: GatedSetup) => ({ cache: setup.cache })],
  ['an asynchronous cache', (setup: GatedSetup) => ({ cache: setup.asyncCache })],
  ['a cache that keeps nothing', () => ({ cache: new NoCache() })],
])('with %s', (_cache, options) => {
  test('a hundred callers at once: one read of the events, and a separate state for each', async () => {
    const setup = worldWith(1, 2, 3);
    const projector = setup.projector(options(setup));
    const results = await Promise.all(Array.from({ length: 100 }, () => projector.projectWithReport(totals, 'a')));
    expect(setup.log.reads).toEqual([undefined]);
    expect(setup.log.eventsRead).toBe(3);
    expect(new Set(results.map(({ state }) => state)).size).toBe(100);
    for (const { state } of results) expect(state).toEqual({ sum: 6, count: 3 });
    expect(results.filter(({ report }) => report.joined)).toHaveLength(99);
    expect(projector.stats()).toMatchObject({ replays: 100, eventsRead: 3 });
  });

  test('a caller whose head the fold will reach joins it', async () => {
    const setup = worldWith(1, 2);
    setup.events.close();
    const projector = setup.projector(options(setup));
    const first = projector.projectWithReport(totals, 'a');
    await settle();
    const second = projector.projectWithReport(totals, 'a', Freshness.bestEffort({ maxStaleMs: 5 }));
    await settle();
    await setup.events.open();
    expect((await first).report).toMatchObject({ joined: false, eventsRead: 2, head: 20n });
    expect((await second).report).toMatchObject({ joined: true, eventsRead: 2, head: 20n, outcome: 'replay' });
    expect(setup.log.reads).toEqual([undefined]);
  });

  test('folds of other streams, names and versions do not wait for each other', async () => {
    const setup = worldWith(1);
    setup.append('b', 2);
    setup.events.close();
    const projector = setup.projector(options(setup));
    const all = [
      projector.project(totals, 'a'),
      projector.project(totals, 'b'),
      projector.project({ ...totals, version: 1 }, 'a'),
      projector.project(open, 'a'),
    ];
    await settle();
    expect(setup.events.waiting).toBe(4);
    await setup.events.open();
    expect(await Promise.all(all)).toEqual([{ sum: 1, count: 1 }, { sum: 2, count: 1 }, { sum: 1, count: 1 }, 101]);
  });

  test('a failure reaches all joined callers, and the next caller starts a new fold', async () => {
    const setup = worldWith(1, 2);
    const error = new Error('connection lost');
    setup.log.failure = { afterEvents: 1, error };
    const projector = setup.projector(options(setup));
    const results = await Promise.allSettled([1, 2, 3].map(() => projector.project(totals, 'a')));
    expect(results).toEqual([1, 2, 3].map(() => ({ status: 'rejected', reason: error })));
    setup.log.failure = undefined;
    expect(await projector.project(totals, 'a')).toEqual({ sum: 3, count: 2 });
  });
});

test('a caller whose head is newer than the fold waits for it and folds the rest', async () => {
  const setup = worldWith(1, 2);
  setup.events.close();
  const projector = setup.projector();
  const older = projector.project(totals, 'a');
  await settle();
  setup.append('a', 3);
  const newer = [1, 2, 3].map(() => projector.projectWithReport(totals, 'a'));
  await settle();
  // They wait: no other caller reads events.
  expect(setup.log.reads).toEqual([undefined]);
  await setup.events.open();
  expect(await older).toEqual({ sum: 3, count: 2 });
  const reports = (await Promise.all(newer)).map(({ state, report }) => [state?.sum, report.outcome, report.joined]);
  expect(reports).toEqual([
    [6, 'delta', false],
    [6, 'delta', true],
    [6, 'delta', true],
  ]);
  expect(setup.log.reads).toEqual([undefined, 20n]);
  expect(setup.log.eventsRead).toBe(3);
});

test('a report has nothing of a try that had to wait', async () => {
  const setup = worldWith(1);
  setup.events.close();
  const projector = setup.projector();
  const older = projector.project(totals, 'a');
  await settle();
  setup.append('a', 2);
  // It finds no state, and a head that the fold does not reach. The next try finds a state within its window.
  const waiting = projector.projectWithReport(totals, 'a', Freshness.bestEffort({ maxStaleMs: 5 }));
  await settle();
  await setup.events.open();
  await older;
  const { report } = await waiting;
  expect(report).toMatchObject({ outcome: 'hit', watermark: 10n, ageUs: 0n });
  expect(['refusal' in report, 'head' in report]).toEqual([false, false]);
});

test('a caller that waited for a failed fold folds itself', async () => {
  const setup = worldWith(1);
  setup.events.close();
  const projector = setup.projector();
  const apply = (): never => {
    throw new Error('unknown kind');
  };
  // The same name and version: one fails, the other does not.
  const failing = expect(projector.project({ ...totals, apply }, 'a')).rejects.toThrow('unknown kind');
  await settle();
  setup.append('a', 2);
  const other = projector.project(totals, 'a');
  await settle();
  await setup.events.open();
  await failing;
  expect(await other).toEqual({ sum: 3, count: 2 });
});

test('a growing log does not delay a caller forever: it joins a fold that reaches the head it first read', async () => {
  const setup = worldWith(1);
  setup.events.close();
  const projector = setup.projector();
  const first = projector.project(totals, 'a');
  await settle();
  setup.append('a', 2);
  const waiting = projector.projectWithReport(totals, 'a');
  await settle();

  // The first fold ends. Before its waiting caller has read its next head, another caller starts a fold to 20.
  setup.heads.close();
  await setup.events.next();
  expect(await first).toEqual({ sum: 1, count: 1 });
  expect(setup.heads.waiting).toBe(1);
  const leading = projector.project(totals, 'a');
  await settle();
  await setup.heads.last();
  setup.append('a', 3);
  await setup.heads.open();
  await setup.events.open();
  expect(await leading).toEqual({ sum: 3, count: 2 });
  const { state, report } = await waiting;
  expect(state).toEqual({ sum: 3, count: 2 });
  expect(report).toMatchObject({ joined: true, watermark: 20n, head: 20n });
  expect(setup.log.reads).toEqual([undefined, 10n]);
});

test('the same after the log was restored: the lowest head that the caller has read counts', async () => {
  const setup = worldWith(1, 2);
  setup.events.close();
  const projector = setup.projector();
  const first = projector.project(totals, 'a');
  await settle();
  setup.append('a', 3, 4);
  const waiting = projector.projectWithReport(totals, 'a');
  await settle();
  setup.heads.close();
  await setup.events.next();
  await setup.events.next();
  expect(await first).toEqual({ sum: 3, count: 2 });

  setup.log.restoreTo(30n);
  const leading = projector.project(totals, 'a');
  await settle();
  await setup.heads.last();
  setup.log.restoreTo(10n);
  await setup.heads.open();
  await setup.events.open();
  expect(await leading).toEqual({ sum: 6, count: 3 });
  expect((await waiting).report).toMatchObject({ joined: true, watermark: 30n });
  expect(setup.log.reads).toEqual([undefined, 20n]);
});

test('waiting is a phase of its own in the report', async () => {
  const setup = worldWith(1);
  setup.events.close();
  let elapsedMs = 0;
  const projector = setup.projector({ elapsed: () => elapsedMs });
  const first = projector.projectWithReport(totals, 'a');
  await settle();
  setup.append('a', 2);
  const second = projector.projectWithReport(totals, 'a');
  await settle();
  elapsedMs = 50;
  setup.log.restoreTo(10n);
  const joined = projector.projectWithReport(totals, 'a');
  await settle();
  elapsedMs = 80;
  setup.append('a', 2);
  await setup.events.open();
  expect((await first).report.durations).toMatchObject({ waitUs: 0, foldUs: 80_000 });
  expect((await joined).report.durations).toMatchObject({ waitUs: 30_000, headUs: 0, totalUs: 30_000 });
  expect((await second).report.durations).toMatchObject({ waitUs: 80_000, foldUs: 0, totalUs: 80_000 });
});

test('a change by a caller to its state reaches no other caller', async () => {
  const setup = worldWith(1);
  const projector = setup.projector();
  const results = await Promise.all([1, 2].map(() => projector.project(totals, 'a')));
  for (const state of results) if (state !== undefined) state.sum += 100;
  expect(results.map((state) => state?.sum)).toEqual([101, 101]);
  expect(await projector.project(totals, 'a')).toEqual({ sum: 1, count: 1 });
});

test('a budget stops the fold for all its callers; each gets the result it asked for', async () => {
  const setup = worldWith(1, 2, 3);
  const projector = setup.projector({ replayBudget: { events: 2 } });
  const [thrown, stale] = await Promise.allSettled([
    projector.project(totals, 'a'),
    projector.projectWithReport(totals, 'a', Freshness.consistent, { onBudget: 'stale' }),
  ]);
  expect(thrown).toMatchObject({ status: 'rejected', reason: { code: 'REPLAY_BUDGET' } });
  expect(stale).toMatchObject({
    status: 'fulfilled',
    value: { state: { sum: 3 }, report: { stale: true, joined: true } },
  });
  expect(setup.log.reads).toEqual([undefined]);
});
