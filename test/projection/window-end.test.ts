// A herd at the end of a best-effort window: one call reads the head and one stamps the state anew; the others share that,
// unless it is older than what they may be answered with.
import { describe, expect, test } from 'vitest';
import { Freshness } from '../../src/projection/freshness.ts';
import { GatedWorld, settle } from './gated-world.ts';
import { totals } from './totals.ts';

const within = (maxStaleMs: number): Freshness => Freshness.bestEffort({ maxStaleMs });

const kinds = [
  ['a synchronous cache and an asynchronous log', (world: GatedWorld) => ({ cache: world.cache })],
  ['an asynchronous cache and log', (world: GatedWorld) => ({ cache: world.asyncCache })],
  [
    'an asynchronous cache and a synchronous log',
    (world: GatedWorld) => ({ cache: world.asyncCache, source: world.log }),
  ],
] as const;

describe.each(kinds)('with %s', (_kinds, options) => {
  async function windowEnded() {
    const world = new GatedWorld();
    world.append('a', 1);
    const projector = world.projector(options(world));
    await projector.project(totals, 'a');
    await projector.flush();
    world.nowUs += 10_000n;
    world.log.headsAsked = 0;
    world.cache.calls.put = 0;
    return { world, projector };
  }

  test('a hundred callers at once: one head and one stamp', async () => {
    const { world, projector } = await windowEnded();
    const calls = Array.from({ length: 100 }, () => projector.projectWithReport(totals, 'a', within(5)));
    const results = await Promise.all(calls);
    await projector.flush();
    expect(results.map(({ state }) => state)).toEqual(results.map(() => ({ sum: 1, count: 1 })));
    expect(new Set(results.map(({ state }) => state)).size).toBe(100);
    expect(new Set(results.map(({ report }) => report.outcome))).toEqual(new Set(['hit']));
    expect([world.log.headsAsked, world.cache.calls.put]).toEqual([1, 1]);
    const [[, entry] = []] = world.cache.inner.entries();
    expect(entry?.meta).toEqual({ watermark: 10n, cachedAtUs: world.nowUs });
  });

  test('with a newer event: one head, one read and one put', async () => {
    const { world, projector } = await windowEnded();
    world.append('a', 2);
    const results = await Promise.all(Array.from({ length: 100 }, () => projector.project(totals, 'a', within(5))));
    await projector.flush();
    expect(results).toEqual(results.map(() => ({ sum: 3, count: 2 })));
    expect([world.log.headsAsked, world.log.reads.length, world.cache.calls.put]).toEqual([1, 2, 1]);
  });
});

describe('a reading of the head under way', () => {
  async function reading(freshness: Freshness) {
    const world = new GatedWorld();
    world.append('a', 1);
    const projector = world.projector();
    await projector.project(totals, 'a');
    world.nowUs += 10_000n;
    world.heads.close();
    const first = projector.projectWithReport(totals, 'a', freshness);
    await settle();
    return { world, projector, first };
  }

  test('is not shared by a consistent call that began later', async () => {
    const { world, projector, first } = await reading(within(5));
    world.append('a', 2);
    const second = projector.project(totals, 'a');
    await settle();
    expect(world.heads.waiting).toBe(2);
    await world.heads.open();
    expect([(await first).state, await second]).toEqual([
      { sum: 3, count: 2 },
      { sum: 3, count: 2 },
    ]);
  });

  test('is shared by a call by best effort while its time is within the window, and stamps with that time', async () => {
    const { world, projector, first } = await reading(Freshness.consistent);
    const begunAtUs = world.nowUs;
    world.nowUs += 4_999n;
    const second = projector.project(totals, 'a', within(5));
    await settle();
    expect(world.heads.waiting).toBe(1);
    world.nowUs += 1n;
    const third = projector.project(totals, 'a', within(5));
    const none = projector.project(totals, 'a', within(0));
    await settle();
    expect(world.heads.waiting).toBe(3);
    await world.heads.next();
    await Promise.all([first, second]);
    expect([...world.cache.inner.entries()].map(([, { meta }]) => meta.cachedAtUs)).toEqual([begunAtUs]);
    await world.heads.open();
    await Promise.all([third, none]);
  });

  test('is not shared when the clock has stepped back', async () => {
    const { world, projector, first } = await reading(within(5));
    world.nowUs -= 1n;
    const second = projector.project(totals, 'a', within(5));
    await settle();
    expect(world.heads.waiting).toBe(2);
    await world.heads.open();
    await Promise.all([first, second]);
  });

  test('is not shared when its stream was invalidated since', async () => {
    const { world, projector, first } = await reading(within(5));
    await projector.invalidate('a');
    // Erased, so that the head is another.
    world.log.changes.length = 0;
    const second = projector.project(totals, 'a', within(5));
    await settle();
    expect(world.heads.waiting).toBe(2);
    await world.heads.open();
    expect([(await first).state, await second]).toEqual([undefined, undefined]);
  });

  test('that fails fails for all who share it, and the next call reads anew', async () => {
    const { world, projector, first } = await reading(within(5));
    const second = projector.project(totals, 'a', within(5));
    await settle();
    const failure = new Error('connection lost');
    const { head } = world.log;
    world.log.head = () => {
      throw failure;
    };
    const outcomes = Promise.allSettled([first, second]);
    await world.heads.open();
    expect(await outcomes).toEqual([1, 2].map(() => ({ status: 'rejected', reason: failure })));
    world.log.head = head;
    expect(await projector.project(totals, 'a', within(5))).toEqual({ sum: 1, count: 1 });
  });

  test('goes on for the others when the call that began it leaves', async () => {
    const world = new GatedWorld();
    world.append('a', 1);
    world.heads.close();
    const projector = world.projector();
    const controller = new AbortController();
    const first = projector.project(totals, 'a', within(5), controller);
    const outcome = first.catch((error: unknown) => error);
    await settle();
    const second = projector.project(totals, 'a', within(5));
    await settle();
    const gone = new Error('client gone');
    controller.abort(gone);
    expect([await outcome, world.heads.waiting]).toEqual([gone, 1]);
    await world.heads.open();
    expect(await second).toEqual({ sum: 1, count: 1 });
  });
});
