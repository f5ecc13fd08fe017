// Why these tests: a projector reads the nearer entry first. Whether the farther one counts, it decides after it has read the head.
import { expect, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import type { AsyncProjectionCache, ProjectionCache } from '../../src/contract/projection-cache.ts';
import { AsyncProjector } from '../../src/projection/async-projector.ts';
import { Freshness } from '../../src/projection/freshness.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { TieredCache } from '../../src/tiered/tiered-cache.ts';
import { MemorySharedCache, SharedContents } from './memory-shared-cache.ts';

const total = { name: 'total', initial: () => 0, apply: (state: number, cents: number) => state + cents };

/** An event log of one stream, that a test may change. */
function eventLog(...cents: number[]) {
  const events = cents.map((event, at) => ({ sequence: BigInt(at + 1), event }));
  return {
    events,
    record: (event: number) => events.push({ sequence: BigInt(events.length + 1), event }),
    head: () => events.at(-1)?.sequence,
    read: (_stream: string, _kinds: readonly string[], after = 0n) => events.filter(({ sequence }) => sequence > after),
  };
}

/** A machine that projects the stream of `source`, on the shared contents. */
function machine(contents: SharedContents, source: ReturnType<typeof eventLog>) {
  const shared = new MemorySharedCache(contents);
  const clock = { ms: 0 };
  const local = LogCache.open('local', { storage: new MemoryStorage() });
  const cache = new TieredCache({ local, shared, nowMs: () => clock.ms });
  const projector = new AsyncProjector({ cache, source });
  const project = async (freshness: Freshness = Freshness.consistent): Promise<unknown[]> => {
    const { state, report } = await projector.projectWithReport(total, 'order:507', freshness);
    await projector.flush();
    return [state, report.outcome, report.eventsRead];
  };
  return { cache, shared, projector, project, clock, local };
}

test.each([
  ['LogCache', (): ProjectionCache => LogCache.open('log', { storage: new MemoryStorage() })],
  ['MemorySharedCache', (): AsyncProjectionCache => new MemorySharedCache()],
  [
    'TieredCache',
    (): AsyncProjectionCache =>
      new TieredCache({
        local: LogCache.open('local', { storage: new MemoryStorage() }),
        shared: new MemorySharedCache(),
      }),
  ],
])('the same code has the same results on a %s', async (_name, make) => {
  const source = eventLog(1_250);
  const projector = new AsyncProjector({ cache: make(), source });
  const seen: unknown[] = [];
  const project = async (freshness: Freshness = Freshness.consistent): Promise<void> => {
    const { state, report } = await projector.projectWithReport(total, 'order:507', freshness);
    seen.push([state, report.outcome, report.eventsRead]);
    await projector.flush();
  };
  await project();
  await project();
  source.record(499);
  await project(Freshness.bestEffort({ maxStaleMs: 60_000 }));
  await project();
  await project(Freshness.atLeast({ watermark: 2n }));
  seen.push(await projector.invalidate('order:507'));
  await project();
  expect(seen).toEqual([
    [1_250, 'replay', 1],
    [1_250, 'hit', 0],
    [1_250, 'hit', 0],
    [1_749, 'delta', 1],
    [1_749, 'hit', 0],
    1,
    [1_749, 'replay', 2],
  ]);
});

test('what one machine has folded, the other one finds, and continues from it', async () => {
  const contents = new SharedContents();
  const source = eventLog(5, 5);
  const [one, other] = [machine(contents, source), machine(contents, source)];
  for (const { cache } of [one, other]) await cache.checkDeletions();
  expect(await one.project()).toEqual([10, 'replay', 2]);
  expect(await other.project()).toEqual([10, 'hit', 0]);
  source.record(5);
  expect(await one.project()).toEqual([15, 'delta', 1]);
  // The local entry of the other machine is behind the head; the shared one is not.
  expect(await other.project()).toEqual([15, 'hit', 0]);
  expect(await other.project()).toEqual([15, 'hit', 0]);
  expect(other.cache.stats()).toMatchObject({ localHits: 2, sharedReads: 2 });
});

test('a local entry is the base of a fold while the shared cache is down', async () => {
  const source = eventLog(5);
  const { cache, shared, project } = machine(new SharedContents(), source);
  await cache.checkDeletions();
  await project();
  shared.isDown = true;
  source.record(5);
  expect(await project()).toEqual([10, 'delta', 1]);
});

test('a local entry is the base of a fold if the shared cache does not answer in time', async () => {
  const source = eventLog(5);
  const { cache, shared, project } = machine(new SharedContents(), source);
  await cache.checkDeletions();
  await project();
  source.record(5);
  const timers: (() => void)[] = [];
  const startTimer = (act: () => void): (() => void) => {
    timers.push(act);
    return () => {};
  };
  const hasty = new AsyncProjector({ cache, source, cacheTimeoutMs: 50, startTimer });
  shared.before = () => new Promise(() => {});
  const projecting = hasty.projectWithReport(total, 'order:507');
  await new Promise((resolve) => setImmediate(resolve));
  for (const act of timers) act();
  const { state, report } = await projecting;
  expect([state, report.outcome, report.eventsRead]).toEqual([10, 'delta', 1]);
  expect(report.cacheFailures).toMatchObject([{ operation: 'get', error: { code: 'CACHE_FAILED' } }]);
});

test.each([
  ['no epoch', { entry: undefined }],
  ['an entry without a meta of bigints', { entry: { value: new Uint8Array(1), meta: { watermark: 1 } }, epoch: 1n }],
])('a shared cache that returns %s is a failure, and nothing is stored', async (_name, reading) => {
  const cache = new MemorySharedCache();
  cache.readWithEpoch = () => Promise.resolve(reading as never);
  const projector = new AsyncProjector({ cache, source: eventLog(5) });
  const { state, report } = await projector.projectWithReport(total, 'order:507');
  await projector.flush();
  expect([state, report.cacheFailures.length]).toEqual([5, 1]);
  expect(cache.calls['put']).toBeUndefined();
});

// The event log is restored to its first event, and one machine notices: its entry replaces the rejected one. Then new events take
// the numbers of the lost ones, before the other machine has looked.
test('an entry that another machine has replaced by an older one is not the base of a fold', async () => {
  const contents = new SharedContents();
  const source = eventLog(1, 100, 100);
  const [one, other] = [machine(contents, source), machine(contents, source)];
  for (const { cache } of [one, other]) await cache.checkDeletions();
  await one.project();
  expect(await other.project()).toEqual([201, 'hit', 0]);
  source.events.length = 1;
  expect(await one.project()).toEqual([1, 'replay', 1]);
  for (const event of [2, 3, 4]) source.record(event);
  expect(await other.project()).toEqual([10, 'delta', 3]);
});

test('an entry that another machine has deleted is not the base of a fold, also before the deletion is known here', async () => {
  const contents = new SharedContents();
  const source = eventLog(1, 100);
  const [one, other] = [machine(contents, source), machine(contents, source)];
  for (const { cache } of [one, other]) await cache.checkDeletions();
  await one.project();
  await other.project();
  other.shared.losesNotifications = true;
  source.events[1] = { sequence: 2n, event: 2 };
  await one.projector.invalidate('order:507');
  source.record(3);
  expect(await other.project()).toEqual([6, 'replay', 3]);
});
