// A key is folded once however many callers ask at once.
import { describe, expect, test } from 'vitest';
import { NoCache } from '../../src/contract/no-cache.ts';
import { Freshness } from '../../src/projection/freshness.ts';
import { GatedWorld, settle } from './gated-world.ts';
import { open, totals } from './totals.ts';

function worldWith(...amounts: readonly number[]): GatedWorld {
  const world = new GatedWorld();
  world.append('a', ...amounts);
  return world;
}

describe.each([
  ['a synchronous cache', (world: GatedWorld) => ({ cache: world.cache })],
  ['an asynchronous cache', (world: GatedWorld) => ({ cache: world.asyncCache })],
  ['a cache that keeps nothing', () => ({ cache: new NoCache() })],
])('with %s', (_cache, options) => {
  test('a hundred callers at once: one read of the events, and a state of its own for each', async () => {
    const world = worldWith(1, 2, 3);
    const projector = world.projector(options(world));
    const results = await Promise.all(Array.from({ length: 100 }, () => projector.projectWithReport(totals, 'a')));
    expect(world.log.reads).toEqual([undefined]);
    expect(world.log.eventsRead).toBe(3);
    expect(new Set(results.map(({ state }) => state)).size).toBe(100);
    for (const { state } of results) expect(state).toEqual({ sum: 6, count: 3 });
    expect(results.filter(({ report }) => report.joined)).toHaveLength(99);
    expect(projector.stats()).toMatchObject({ replays: 100, eventsRead: 3 });
  });

  test('a caller whose head the fold will reach joins it', async () => {
    const world = worldWith(1, 2);
    world.events.close();
    const projector = world.projector(options(world));
    const first = projector.projectWithReport(totals, 'a');
    await settle();
    const second = projector.projectWithReport(totals, 'a', Freshness.bestEffort({ maxStaleMs: 5 }));
    await settle();
    await world.events.open();
    expect((await first).report).toMatchObject({ joined: false, eventsRead: 2, head: 20n });
    expect((await second).report).toMatchObject({ joined: true, eventsRead: 2, head: 20n, outcome: 'replay' });
    expect(world.log.reads).toEqual([undefined]);
  });

  test('folds of other streams, names and versions do not wait for each other', async () => {
    const world = worldWith(1);
    world.append('b', 2);
    world.events.close();
    const projector = world.projector(options(world));
    const all = [
      projector.project(totals, 'a'),
      projector.project(totals, 'b'),
      projector.project({ ...totals, version: 1 }, 'a'),
      projector.project(open, 'a'),
    ];
    await settle();
    expect(world.events.waiting).toBe(4);
    await world.events.open();
    expect(await Promise.all(all)).toEqual([{ sum: 1, count: 1 }, { sum: 2, count: 1 }, { sum: 1, count: 1 }, 101]);
  });

  test('a failure reaches all who joined, and the next caller begins anew', async () => {
    const world = worldWith(1, 2);
    const error = new Error('connection lost');
    world.log.failure = { afterEvents: 1, error };
    const projector = world.projector(options(world));
    const results = await Promise.allSettled([1, 2, 3].map(() => projector.project(totals, 'a')));
    expect(results).toEqual([1, 2, 3].map(() => ({ status: 'rejected', reason: error })));
    world.log.failure = undefined;
    expect(await projector.project(totals, 'a')).toEqual({ sum: 3, count: 2 });
  });
});

test('a caller whose head is newer than the fold waits for it and folds the rest', async () => {
  const world = worldWith(1, 2);
  world.events.close();
  const projector = world.projector();
  const older = projector.project(totals, 'a');
  await settle();
  world.append('a', 3);
  const newer = [1, 2, 3].map(() => projector.projectWithReport(totals, 'a'));
  await settle();
  // They wait: nobody else reads events.
  expect(world.log.reads).toEqual([undefined]);
  await world.events.open();
  expect(await older).toEqual({ sum: 3, count: 2 });
  const reports = (await Promise.all(newer)).map(({ state, report }) => [state?.sum, report.outcome, report.joined]);
  expect(reports).toEqual([
    [6, 'delta', false],
    [6, 'delta', true],
    [6, 'delta', true],
  ]);
  expect(world.log.reads).toEqual([undefined, 20n]);
  expect(world.log.eventsRead).toBe(3);
});

test('a caller who waited for a fold that failed tries for itself', async () => {
  const world = worldWith(1);
  world.events.close();
  const projector = world.projector();
  const apply = (): never => {
    throw new Error('unknown kind');
  };
  // The same name and version: the one fails, the other does not.
  const failing = expect(projector.project({ ...totals, apply }, 'a')).rejects.toThrow('unknown kind');
  await settle();
  world.append('a', 2);
  const other = projector.project(totals, 'a');
  await settle();
  await world.events.open();
  await failing;
  expect(await other).toEqual({ sum: 3, count: 2 });
});

test('a caller is not kept waiting by a log that grows: it joins a fold that reaches the head it first read', async () => {
  const world = worldWith(1);
  world.events.close();
  const projector = world.projector();
  const first = projector.project(totals, 'a');
  await settle();
  world.append('a', 2);
  const waiting = projector.projectWithReport(totals, 'a');
  await settle();

  // The first fold ends. Before the one that waited for it has its next head, another caller leads a fold to 20.
  world.heads.close();
  await world.events.next();
  expect(await first).toEqual({ sum: 1, count: 1 });
  expect(world.heads.waiting).toBe(1);
  const leading = projector.project(totals, 'a');
  await settle();
  await world.heads.last();
  world.append('a', 3);
  await world.heads.open();
  await world.events.open();
  expect(await leading).toEqual({ sum: 3, count: 2 });
  const { state, report } = await waiting;
  expect(state).toEqual({ sum: 3, count: 2 });
  expect(report).toMatchObject({ joined: true, watermark: 20n, head: 20n });
  expect(world.log.reads).toEqual([undefined, 10n]);
});

test('waiting is a phase of its own in the report', async () => {
  const world = worldWith(1);
  world.events.close();
  let elapsedMs = 0;
  const projector = world.projector({ elapsed: () => elapsedMs });
  const first = projector.projectWithReport(totals, 'a');
  await settle();
  world.append('a', 2);
  const second = projector.projectWithReport(totals, 'a');
  await settle();
  elapsedMs = 50;
  await world.events.open();
  expect((await first).report.durations).toMatchObject({ waitUs: 0, foldUs: 50_000 });
  expect((await second).report.durations).toMatchObject({ waitUs: 50_000, foldUs: 0, totalUs: 50_000 });
});

test('what a caller may do to its state reaches no other', async () => {
  const world = worldWith(1);
  const projector = world.projector();
  const results = await Promise.all([1, 2].map(() => projector.project(totals, 'a')));
  for (const state of results) if (state !== undefined) state.sum += 100;
  expect(results.map((state) => state?.sum)).toEqual([101, 101]);
  expect(await projector.project(totals, 'a')).toEqual({ sum: 1, count: 1 });
});

test('a budget stops the fold for all who share it; each is answered as it asked', async () => {
  const world = worldWith(1, 2, 3);
  const projector = world.projector({ replayBudget: { events: 2 } });
  const [thrown, stale] = await Promise.allSettled([
    projector.project(totals, 'a'),
    projector.projectWithReport(totals, 'a', Freshness.consistent, { onBudget: 'stale' }),
  ]);
  expect(thrown).toMatchObject({ status: 'rejected', reason: { code: 'REPLAY_BUDGET' } });
  expect(stale).toMatchObject({
    status: 'fulfilled',
    value: { state: { sum: 3 }, report: { stale: true, joined: true } },
  });
  expect(world.log.reads).toEqual([undefined]);
});
