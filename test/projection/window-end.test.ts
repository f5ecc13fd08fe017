// Many concurrent calls at the end of a best-effort window: one call reads the head and one stamps the state again. The
// others share that head, unless it is too old for them.
import { describe, expect, test } from 'vitest';
import { Freshness } from '../../src/projection/freshness.ts';
import { GatedSetup, settle } from './gated-setup.ts';
import { totals } from './totals.ts';

const within = (maxStaleMs: number): Freshness => Freshness.bestEffort({ maxStaleMs });

const kinds = [
  ['a synchronous cache and an asynchronous log', (setup: GatedSetup) => ({ cache: setup.cache })],
  ['an asynchronous cache and log', (setup: GatedSetup) => ({ cache: setup.asyncCache })],
  [
    'an asynchronous cache and a synchronous log',
    (setup: GatedSetup) => ({ cache: setup.asyncCache, source: setup.log }),
  ],
] as const;

describe.each(kinds)('with %s', (_kinds, options) => {
  async function windowEnded() {
    const setup = new GatedSetup();
    setup.append('a', 1);
    const projector = setup.projector(options(setup));
    await projector.project(totals, 'a');
    await projector.flush();
    setup.nowUs += 10_000n;
    setup.log.headsAsked = 0;
    setup.cache.calls.put = 0;
    return { setup, projector };
  }

  test('a hundred callers at once: one head and one stamp', async () => {
    const { setup, projector } = await windowEnded();
    const calls = Array.from({ length: 100 }, () => projector.projectWithReport(totals, 'a', within(5)));
    const results = await Promise.all(calls);
    await projector.flush();
    expect(results.map(({ state }) => state)).toEqual(results.map(() => ({ sum: 1, count: 1 })));
    expect(new Set(results.map(({ state }) => state)).size).toBe(100);
    expect(new Set(results.map(({ report }) => report.outcome))).toEqual(new Set(['hit']));
    expect([setup.log.headsAsked, setup.cache.calls.put]).toEqual([1, 1]);
    const [[, entry] = []] = setup.cache.inner.entries();
    expect(entry?.meta).toEqual({ watermark: 10n, cachedAtUs: setup.nowUs });
  });

  test('with a newer event: one head, one read and one put', async () => {
    const { setup, projector } = await windowEnded();
    setup.append('a', 2);
    const results = await Promise.all(Array.from({ length: 100 }, () => projector.project(totals, 'a', within(5))));
    await projector.flush();
    expect(results).toEqual(results.map(() => ({ sum: 3, count: 2 })));
    expect([setup.log.headsAsked, setup.log.reads.length, setup.cache.calls.put]).toEqual([1, 2, 1]);
  });
});

describe('a running read of the head', () => {
  async function reading(freshness: Freshness) {
    const setup = new GatedSetup();
    setup.append('a', 1);
    const projector = setup.projector();
    await projector.project(totals, 'a');
    setup.nowUs += 10_000n;
    setup.heads.close();
    const first = projector.projectWithReport(totals, 'a', freshness);
    await settle();
    return { setup, projector, first };
  }

  test('is not shared by a consistent call that started later', async () => {
    const { setup, projector, first } = await reading(within(5));
    setup.append('a', 2);
    const second = projector.project(totals, 'a');
    await settle();
    expect(setup.heads.waiting).toBe(2);
    await setup.heads.open();
    expect([(await first).state, await second]).toEqual([
      { sum: 3, count: 2 },
      { sum: 3, count: 2 },
    ]);
  });

  test('is shared by consistent calls that began before it', async () => {
    const setup = new GatedSetup();
    setup.append('a', 1);
    setup.gets.close();
    const projector = setup.projector({ cache: setup.asyncCache });
    const calls = [1, 2, 3].map(() => projector.project(totals, 'a'));
    await settle();
    await setup.gets.open();
    expect(await Promise.all(calls)).toEqual(calls.map(() => ({ sum: 1, count: 1 })));
    expect(setup.log.headsAsked).toBe(1);
  });

  test('is still shared when an older one has ended', async () => {
    const { setup, projector, first } = await reading(Freshness.consistent);
    const second = projector.project(totals, 'a');
    await settle();
    await setup.heads.next();
    await first;
    const third = projector.project(totals, 'a', within(5));
    await settle();
    expect(setup.heads.waiting).toBe(1);
    await setup.heads.open();
    expect(await Promise.all([second, third])).toEqual([1, 2].map(() => ({ sum: 1, count: 1 })));
  });

  test('is shared by a best-effort call while its time is within the window, and stamps with that time', async () => {
    const { setup, projector, first } = await reading(Freshness.consistent);
    const begunAtUs = setup.nowUs;
    setup.nowUs += 4_999n;
    const second = projector.project(totals, 'a', within(5));
    await settle();
    expect(setup.heads.waiting).toBe(1);
    setup.nowUs += 1n;
    const third = projector.project(totals, 'a', within(5));
    const none = projector.project(totals, 'a', within(0));
    await settle();
    expect(setup.heads.waiting).toBe(3);
    await setup.heads.next();
    await Promise.all([first, second]);
    expect([...setup.cache.inner.entries()].map(([, { meta }]) => meta.cachedAtUs)).toEqual([begunAtUs]);
    await setup.heads.open();
    await Promise.all([third, none]);
  });

  test('is not shared when the clock has stepped back', async () => {
    const { setup, projector, first } = await reading(within(5));
    setup.nowUs -= 1n;
    const second = projector.project(totals, 'a', within(5));
    await settle();
    expect(setup.heads.waiting).toBe(2);
    await setup.heads.open();
    await Promise.all([first, second]);
  });

  test('is not shared when its stream was invalidated since', async () => {
    const { setup, projector, first } = await reading(within(5));
    await projector.invalidate('a');
    // Erased, so that the head is another.
    setup.log.changes.length = 0;
    const second = projector.project(totals, 'a', within(5));
    await settle();
    expect(setup.heads.waiting).toBe(2);
    await setup.heads.open();
    expect([(await first).state, await second]).toEqual([undefined, undefined]);
  });

  test('that fails, fails for all its callers, and the next call reads again', async () => {
    const { setup, projector, first } = await reading(within(5));
    const second = projector.project(totals, 'a', within(5));
    await settle();
    const failure = new Error('connection lost');
    const { head } = setup.log;
    setup.log.head = () => {
      throw failure;
    };
    const outcomes = Promise.allSettled([first, second]);
    await setup.heads.open();
    expect(await outcomes).toEqual([1, 2].map(() => ({ status: 'rejected', reason: failure })));
    setup.log.head = head;
    expect(await projector.project(totals, 'a', within(5))).toEqual({ sum: 1, count: 1 });
  });

  test('continues for the others when the call that started it leaves', async () => {
    const setup = new GatedSetup();
    setup.append('a', 1);
    setup.heads.close();
    const projector = setup.projector();
    const controller = new AbortController();
    const first = projector.project(totals, 'a', within(5), controller);
    const outcome = first.catch((error: unknown) => error);
    await settle();
    const second = projector.project(totals, 'a', within(5));
    await settle();
    const gone = new Error('client gone');
    controller.abort(gone);
    expect([await outcome, setup.heads.waiting]).toEqual([gone, 1]);
    await setup.heads.open();
    expect(await second).toEqual({ sum: 1, count: 1 });
  });
});
