// Why these tests: the same projector code runs on an embedded cache, on the shared one, and on both; and whatever several machines do
// at once, and whichever of them ends, each state is the one that a replay results in.
import { expect, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import type { AsyncProjectionCache, ProjectionCache } from '../../src/contract/projection-cache.ts';
import { AsyncProjector } from '../../src/projection/async-projector.ts';
import { Freshness } from '../../src/projection/freshness.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { TieredCache } from '../../src/tiered/tiered-cache.ts';
import { ChildScript } from '../process/child-script.ts';
import { builtScript } from '../scripts/built-script.ts';
import { ServerFixture } from './server-fixtures.ts';
import { SqlLog } from './sql-log.ts';

const fixture = new ServerFixture({ settings: { synchronous_commit: 'off' } });

const total = { name: 'total', initial: () => 0, apply: (state: number, cents: number) => state + cents };

/** Sums of streams, on whatever cache: the code of an application. */
async function application(
  cache: ProjectionCache | AsyncProjectionCache,
  log: { append(stream: string, cents: number): Promise<void> },
  projector: AsyncProjector<number>,
): Promise<unknown[]> {
  const seen: unknown[] = [];
  const project = async (freshness = Freshness.consistent): Promise<void> => {
    const { state, report } = await projector.projectWithReport(total, 'order:507', freshness);
    seen.push([state, report.outcome, report.eventsRead]);
    await projector.flush();
  };
  await log.append('order:507', 1_250);
  await project();
  await project();
  await log.append('order:507', 499);
  await project(Freshness.bestEffort({ maxStaleMs: 60_000 }));
  await project();
  seen.push(await projector.invalidate('order:507'));
  await project();
  await log.append('order:508', 7);
  seen.push(await projector.projectMany(total, ['order:507', 'order:508', 'order:509']));
  await projector.flush();
  await cache.sync();
  return seen;
}

test('the same code has the same results on a LogCache, a PostgresCache and a TieredCache', async () => {
  const shared = await fixture.cache();
  const caches = {
    LogCache: LogCache.open('log', { storage: new MemoryStorage() }),
    PostgresCache: await fixture.cache(),
    TieredCache: new TieredCache({ local: LogCache.open('local', { storage: new MemoryStorage() }), shared }),
  };
  for (const [name, cache] of Object.entries(caches)) {
    const sql = fixture.sql({ connection: { search_path: name } });
    await sql.unsafe(`CREATE SCHEMA "${name}"; SET search_path TO "${name}"`);
    const log = new SqlLog(fixture.sql({ connection: { search_path: `"${name}"` } }));
    await log.create();
    const seen = await application(cache, log, new AsyncProjector({ cache, source: log }));
    expect(seen, name).toEqual([
      [1_250, 'replay', 1],
      [1_250, 'hit', 0],
      [1_250, 'hit', 0],
      [1_749, 'delta', 1],
      1,
      [1_749, 'replay', 2],
      [1_749, 7, undefined],
    ]);
  }
});

test('after the log was restored, the shared entry is replaced although its watermark is higher', async () => {
  const cache = await fixture.cache();
  const events = [
    { sequence: 1n, event: 5 },
    { sequence: 2n, event: 6 },
  ];
  const source = {
    head: () => events.at(-1)?.sequence,
    read: (_stream: string, _kinds: readonly string[], after = 0n) => events.filter(({ sequence }) => sequence > after),
  };
  const projector = new AsyncProjector({ cache, source });
  expect(await projector.project(total, 'order:1')).toBe(11);
  await projector.flush();
  events.pop();
  const outcomes: string[] = [];
  for (const _call of [1, 2]) {
    const { state, report } = await projector.projectWithReport(total, 'order:1');
    expect(state).toBe(5);
    outcomes.push(report.outcome);
    await projector.flush();
  }
  expect(outcomes).toEqual(['replay', 'hit']);
});

test('a projector of another machine does not cache what it folded across an invalidation', async () => {
  const shared = await fixture.cache();
  const other = await fixture.cache();
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const events = [{ sequence: 1n, event: 5 }];
  const slow = {
    head: () => Promise.resolve(1n),
    async *read() {
      const before = [...events];
      await gate;
      yield* before;
    },
  };
  const folding = new AsyncProjector({ cache: shared, source: slow }).project(total, 'order:1');
  await new Promise((resolve) => setTimeout(resolve, 200));
  // The events were corrected, and another machine says so.
  events[0] = { sequence: 1n, event: 6 };
  await shared.deletePrefix(new TextEncoder().encode('order:1\0'));
  open();
  expect(await folding).toBe(5);
  await expect
    .poll(
      async () => (await new AsyncProjector({ cache: shared, source: slow }).projectWithReport(total, 'order:1')).state,
    )
    .toBe(6);
  await other.close();
});

test('several processes, one of which is killed and replaced: no state differs from a replay', async () => {
  await new SqlLog(fixture.sql()).create();
  const directories = [0, 1, 2, 3].map((id) => fixture.server.directory(`machine-${id}`));
  const script = await builtScript(new URL('./machine.ts', import.meta.url));
  const start = (id: number, rounds: number): ChildScript => {
    const args = [fixture.server.url, directories[id] as string, String(id), String(rounds)];
    return new ChildScript(script, args);
  };
  const doomed = start(0, 100_000);
  const others = [1, 2, 3].map((id) => start(id, 120));
  await Promise.all([doomed, ...others].map((machine) => machine.line(0)));
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  process.kill(doomed.pid, 'SIGKILL');
  const replacement = start(0, 60);
  const all = [...others, replacement];
  const ends = await Promise.all(all.map(async (machine) => machine.lines[(await machine.lineWith('done')) ?? -1]));
  expect([doomed, ...all].flatMap(({ lines }) => lines.filter((line) => line.startsWith('difference')))).toEqual([]);
  for (const end of ends) expect(end).toMatch(/^done [1-9]\d* 0$/);
  console.log(`states compared: ${ends.join(', ')}`);
});
