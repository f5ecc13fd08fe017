/*
 * Why these tests: the server ends in the middle. What is read afterwards must be right, what `sync` covered must be there, and what
 * was deleted must not come back. Commits that do not wait for the disk stay in memory for 10 s here, so that a crash loses them.
 */
import { describe, expect, test } from 'vitest';
import { StoreError } from '../../src/base/store-error.ts';
import { LogCache } from '../../src/cache/log-cache.ts';
import type { SharedProjectionCache } from '../../src/contract/projection-cache.ts';
import { PostgresCache } from '../../src/postgres/index.ts';
import { AsyncProjector } from '../../src/projection/async-projector.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { seededRandom } from '../../src/testing/index.ts';
import { TieredCache } from '../../src/tiered/tiered-cache.ts';
import { ServerFixture, text, utf8 } from './server-fixtures.ts';

const fixture = new ServerFixture({ settings: { synchronous_commit: 'off', wal_writer_delay: '10s' } });
const key = utf8('order:507\0total');
const meta = { watermark: 1n, cachedAtUs: 0n };
const everything = new Uint8Array(0);

const crashes = {
  'an immediate stop': () => fixture.server.kill(),
  'SIGKILL of its first process': () => fixture.server.killFirstProcess(),
};

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A client that connects again at once. */
function patient(): ReturnType<ServerFixture['sql']> {
  return fixture.sql({ backoff: () => 0.05, connect_timeout: 1 });
}

/** Crashes the server, starts it again, and waits until the cache answers. */
async function crash(cache: PostgresCache, act: () => Promise<void> = crashes['an immediate stop']): Promise<void> {
  await act();
  await fixture.server.startAgain();
  await expect
    .poll(() =>
      cache.get(utf8('another key')).then(
        () => 'answers',
        () => 'fails',
      ),
    )
    .toBe('answers');
}

function expectCacheFailures(failures: readonly unknown[]): void {
  for (const failure of failures) {
    expect(failure).toBeInstanceOf(StoreError);
    const { code, cause, message } = failure as StoreError;
    expect(code).toBe('CACHE_FAILED');
    if (!(cause instanceof Error)) expect(message).toMatch(/did not answer within|has failed less than|overdue/);
  }
  expect(failures.some((failure) => (failure as StoreError).cause instanceof Error)).toBe(true);
}

describe.each(Object.entries(crashes))('%s in the middle', (_how, end) => {
  test('of puts, gets and deletions: nothing that was deleted comes back, and no value is wrong', async () => {
    const table = fixture.table();
    const caches = Array.from({ length: 4 }, () => new PostgresCache({ client: patient(), table, timeoutMs: 3_000 }));
    const [first] = caches as [PostgresCache];
    await first.createTables({ partitions: 2 });
    const numbers = seededRandom(507);
    const failures: unknown[] = [];
    let newestDeletion = 0n;
    let checks = 0;
    let wrong = 0;
    let isOver = false;
    const remove = async (cache: PostgresCache): Promise<void> => {
      await cache.deletePrefix(numbers() % 2 === 0 ? utf8('order:') : everything);
      // All keys are covered. Another deletion may be newer, which is right as well.
      const { epoch } = await cache.deletionsSince(0n);
      if (epoch > newestDeletion) newestDeletion = epoch;
    };
    const fold = async (cache: PostgresCache): Promise<void> => {
      const name = `order:${numbers() % 4}\0total`;
      const deletedBefore = newestDeletion;
      const { entry, epoch } = await cache.readWithEpoch(utf8(name));
      if (entry !== undefined) {
        checks += 1;
        // The value names its key, its watermark, and the deletions that were known when it was made.
        const [foundName, watermark, madeAt = '-1'] = text(entry.value)?.split(' ') ?? [];
        const isRight = foundName === name && BigInt(watermark ?? -1) === entry.meta.watermark;
        if (!isRight || BigInt(madeAt) < deletedBefore) wrong += 1;
      }
      const watermark = (entry?.meta.watermark ?? 0n) + 1n;
      await cache.put(utf8(name), utf8(`${name} ${watermark} ${epoch}`), { ...meta, watermark }, { epoch });
    };
    const work = async (cache: PostgresCache): Promise<void> => {
      while (!isOver) {
        const acting = numbers() % 20 === 0 ? remove(cache) : fold(cache);
        await acting.catch((error: unknown) => void failures.push(error));
      }
    };
    const workers = caches.flatMap((cache) => [work(cache), work(cache)]);
    for (const _crash of [1, 2]) {
      await pause(300);
      await crash(first, end);
    }
    const before = checks;
    await expect.poll(() => checks).toBeGreaterThan(before + 50);
    isOver = true;
    await Promise.all(workers);
    expect(wrong).toBe(0);
    expectCacheFailures(failures);
  });

  test.each(['PostgresCache', 'TieredCache'])('of projections on a %s: they continue from the events', async (kind) => {
    const shared = new PostgresCache({ client: patient(), table: fixture.table(), timeoutMs: 2_000 });
    await shared.createTables();
    const local = LogCache.open('local', { storage: new MemoryStorage() });
    const cache: SharedProjectionCache = kind === 'TieredCache' ? new TieredCache({ local, shared }) : shared;
    const heads = new Map<string, bigint>();
    const source = {
      head: (stream: string): bigint | undefined => heads.get(stream),
      *read(stream: string, _kinds: readonly string[], after = 0n) {
        for (let sequence = after + 1n; sequence <= (heads.get(stream) ?? 0n); sequence += 1n) {
          yield { sequence, event: sequence };
        }
      },
    };
    const failures: unknown[] = [];
    const onCacheFailure = ({ error }: { readonly error: unknown }): void => void failures.push(error);
    const projector = new AsyncProjector<bigint>({ cache, source, cacheTimeoutMs: 1_000, onCacheFailure });
    const numbers = seededRandom(5);
    let wrong = 0;
    let answers = 0;
    let isOver = false;
    const work = async (): Promise<void> => {
      while (!isOver) {
        // The events are in memory: without this, the loop would leave no turn to the sockets.
        await new Promise((resolve) => setImmediate(resolve));
        const stream = `order:${numbers() % 20}`;
        heads.set(stream, (heads.get(stream) ?? 0n) + 1n);
        const { state, watermark } = await projector.projectWithWatermark(sum, stream);
        const head = watermark ?? 0n;
        answers += 1;
        if (state !== (head * (head + 1n)) / 2n) wrong += 1;
      }
    };
    const workers = Array.from({ length: 8 }, work);
    for (const _crash of [1, 2]) {
      await pause(300);
      await end();
      const answersBefore = answers;
      await expect.poll(() => answers).toBeGreaterThan(answersBefore + 20);
      await fixture.server.startAgain();
    }
    await pause(500);
    isOver = true;
    await Promise.all(workers);
    await projector.flush();
    expect(wrong).toBe(0);
    expectCacheFailures(failures);
    // It is in use again, and so is the server behind it.
    const outcome = async (of: AsyncProjector<bigint>): Promise<string> => {
      const { report } = await of.projectWithReport(sum, 'order:1');
      await of.flush();
      return report.outcome;
    };
    await expect.poll(() => outcome(projector)).toBe('hit');
    await expect.poll(() => outcome(new AsyncProjector<bigint>({ cache: shared, source }))).toBe('hit');
    await cache.sync();
    if (cache instanceof TieredCache) await cache.close();
    await shared.close();
  });
});

const sum = {
  name: 'sum',
  initial: () => 0n,
  apply: (state: bigint, event: bigint) => state + event,
  codec: {
    encode: (state: bigint): Uint8Array => utf8(`${state}`),
    decode: (bytes: Uint8Array): bigint => BigInt(text(bytes) ?? ''),
  },
};

describe('synchronous_commit off', () => {
  test('what sync covered is there after a crash', async () => {
    const cache = await fixture.cache({ client: patient() });
    await Promise.all([cache.put(utf8('order:1'), utf8('state'), meta), cache.put(utf8('user:1'), utf8('x'), meta)]);
    await cache.sync();
    await crash(cache);
    expect(text((await cache.get(utf8('order:1')))?.value)).toBe('state');
    expect(await cache.get(utf8('user:1'))).toBeDefined();
  });

  test('a deletion waits for the disk: what it removed stays removed, and its number is not used again', async () => {
    const cache = await fixture.cache({ client: patient() });
    await cache.put(key, utf8('state'), meta);
    await cache.sync();
    await cache.deletePrefix(utf8('order:'));
    await crash(cache);
    expect(await cache.get(key)).toBeUndefined();
    expect((await cache.deletionsSince(0n)).epoch).toBe(1n);
  });
});

test('with fsync off, sync rejects', async () => {
  const sql = fixture.sql({ max: 1 });
  const cache = await fixture.cache();
  await sql.unsafe('ALTER SYSTEM SET fsync = off');
  await sql`SELECT pg_reload_conf()`;
  await expect.poll(() => cache.sync().catch(String)).toMatch(/CACHE_FAILED|fsync off/);
  await sql.unsafe('ALTER SYSTEM RESET fsync');
  await sql`SELECT pg_reload_conf()`;
  await expect.poll(() => cache.sync().catch(String)).toBeUndefined();
});

test.each([0, 3])(
  'UNLOGGED with %i partitions: empty after a crash, and what was deleted stays refused',
  async (partitions) => {
    const sql = patient();
    const cache = await fixture.cache({ client: sql }, { unlogged: true, partitions });
    await cache.put(key, utf8('state'), meta);
    const { epoch } = await cache.readWithEpoch(key);
    await cache.deletePrefix(key);
    await cache.put(key, utf8('again'), meta);
    await sql`CHECKPOINT`;
    await expect(cache.sync()).rejects.toMatchObject({
      code: 'CACHE_FAILED',
      message: expect.stringContaining('UNLOGGED'),
    });
    await crash(cache);
    expect(await cache.get(key)).toBeUndefined();
    expect(await cache.put(key, utf8('old'), meta, { epoch })).toBe(false);
    expect(await cache.put(key, utf8('new'), meta, { epoch: epoch + 1n })).toBe(true);
    // Right also after an orderly restart, which keeps them.
    await fixture.server.shutDown();
    await fixture.server.startAgain();
    await expect.poll(async () => text((await cache.get(key).catch(() => undefined))?.value)).toBe('new');
  },
);

test.each(['postgres', 'pg'])('a listener of %s listens again after a restart', async (client) => {
  const table = fixture.table();
  const cache = await fixture.cache({ client: client === 'pg' ? fixture.pool({ max: 3 }) : patient(), table });
  let calls = 0;
  const stop = await cache.watchDeletions(() => {
    calls += 1;
  });
  await expect.poll(() => calls).toBe(1);
  // The tables may be lost otherwise.
  await cache.sync();
  calls = 0;
  await crash(cache);
  await expect.poll(() => calls).toBeGreaterThan(0);
  calls = 0;
  await cache.deletePrefix(key);
  await expect.poll(() => calls).toBe(1);
  await stop();
  const watcher = fixture.sql({ max: 1 });
  await expect
    .poll(async () => {
      const rows = await watcher`SELECT pid FROM pg_stat_activity WHERE query LIKE ${`LISTEN "${table}"%`}`;
      return rows.length;
    })
    .toBe(0);
});
