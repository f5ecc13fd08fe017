// Why these tests: many connections write the same keys, and the server ends in the middle. What is read must always be the newest.
import { describe, expect, test } from 'vitest';
import { StoreError } from '../../src/base/store-error.ts';
import { PostgresCache } from '../../src/postgres/index.ts';
import { AsyncProjector } from '../../src/projection/async-projector.ts';
import { seededRandom } from '../../src/testing/index.ts';
import { ServerFixture, text, utf8 } from './server-fixtures.ts';

const fixture = new ServerFixture({ settings: { synchronous_commit: 'off' } });
const key = utf8('order:507\0total');

describe.each(['postgres', 'pg'])('16 connections of %s', (client) => {
  test('put one key 10,000 times in any order: the highest watermark stays', async () => {
    const puts = 10_000;
    const cache = await fixture.cache({
      client: client === 'pg' ? fixture.pool({ max: 16 }) : fixture.sql({ max: 16 }),
      timeoutMs: 120_000,
    });
    const watermarks = shuffled(
      Array.from({ length: puts }, (_, at) => BigInt(at + 1)),
      16,
    );
    let highest = 0n;
    let done = 0;
    const next = async (): Promise<void> => {
      for (let watermark = watermarks.pop(); watermark !== undefined; watermark = watermarks.pop()) {
        const isStored = await cache.put(key, utf8(`${watermark}`), { watermark, cachedAtUs: 0n });
        if (isStored && watermark > highest) highest = watermark;
        done += 1;
        if (done % 100 !== 0) continue;
        const known = highest;
        const entry = await cache.get(key);
        // Never older than a put that was reported as stored before.
        expect(entry?.meta.watermark).toBeGreaterThanOrEqual(known);
        expect(text(entry?.value)).toBe(`${entry?.meta.watermark}`);
      }
    };
    await Promise.all(Array.from({ length: 64 }, next));
    expect(await cache.get(key)).toEqual({ value: utf8(`${puts}`), meta: { watermark: BigInt(puts), cachedAtUs: 0n } });
    expect(await cache.deletePrefix(new Uint8Array(0))).toBe(1);
  });
});

test('putMany from several connections at once leaves the newest of each key, and no statement deadlocks', async () => {
  const cache = await fixture.cache({ timeoutMs: 60_000 });
  const keys = Array.from({ length: 200 }, (_, id) => utf8(`order:${id}`));
  const batches = Array.from({ length: 24 }, (_, batch) =>
    shuffled(keys, batch).map((one) => [one, utf8(`${batch}`), { watermark: BigInt(batch), cachedAtUs: 0n }] as const),
  );
  await Promise.all(shuffled(batches, 7).map((batch) => cache.putMany(batch)));
  for await (const [, { value, meta }] of cache.entries()) expect([text(value), meta.watermark]).toEqual(['23', 23n]);
  expect(await cache.deletePrefix(utf8('order:'))).toBe(keys.length);
});

test('a server that is killed and restarted in the middle loses entries at most, and projections continue', async () => {
  const cache = new PostgresCache({
    client: fixture.sql({ max: 8, backoff: () => 0.1 }),
    table: 'crashed',
    timeoutMs: 2_000,
  });
  await cache.createTables();
  const streams = Array.from({ length: 20 }, (_, id) => `order:${id}`);
  const heads = new Map(streams.map((stream) => [stream, 0n]));
  const source = {
    head: (stream: string): bigint | undefined => heads.get(stream) || undefined,
    *read(stream: string, _kinds: readonly string[], after = 0n) {
      for (let sequence = after + 1n; sequence <= (heads.get(stream) ?? 0n); sequence += 1n)
        yield { sequence, event: sequence };
    },
  };
  const sum = {
    name: 'sum',
    initial: () => 0n,
    apply: (state: bigint, event: bigint) => state + event,
    codec: bigintCodec,
  };
  const failures: unknown[] = [];
  const projector = new AsyncProjector<bigint>({
    cache,
    source,
    cacheTimeoutMs: 1_000,
    onCacheFailure: ({ error }) => void failures.push(error),
  });
  const numbers = seededRandom(5);
  let wrong = 0;
  let answers = 0;
  let isOver = false;
  const work = async (): Promise<void> => {
    while (!isOver) {
      // The events are in memory: without this, the loop would leave no turn to the sockets.
      await new Promise((resolve) => setImmediate(resolve));
      const stream = streams[numbers() % streams.length] as string;
      heads.set(stream, (heads.get(stream) ?? 0n) + 1n);
      const { state, watermark } = await projector.projectWithWatermark(sum, stream);
      const head = watermark ?? 0n;
      answers += 1;
      if (state !== (head * (head + 1n)) / 2n) wrong += 1;
    }
  };
  const workers = Array.from({ length: 8 }, work);
  for (const _crash of [1, 2, 3]) {
    await new Promise((resolve) => setTimeout(resolve, 400));
    await fixture.server.kill();
    const answersBefore = answers;
    await expect.poll(() => answers).toBeGreaterThan(answersBefore + 20);
    await fixture.server.startAgain();
  }
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  isOver = true;
  await Promise.all(workers);
  await projector.flush();
  expect(wrong).toBe(0);
  expect(answers).toBeGreaterThan(100);
  expect(failures.length).toBeGreaterThan(0);
  for (const failure of failures) expect(failure).toMatchObject({ code: 'CACHE_FAILED' });
  expect(failures.some((failure) => failure instanceof StoreError && failure.cause instanceof Error)).toBe(true);
  // It is in use again.
  await projector.project(sum, 'order:1');
  await projector.flush();
  const { report } = await projector.projectWithReport(sum, 'order:1');
  expect(report.outcome).toBe('hit');
});

test('an UNLOGGED table is empty after a crash, and what was deleted before it stays refused', async () => {
  const sql = fixture.sql();
  const cache = new PostgresCache({ client: sql, table: 'unlogged' });
  await cache.createTables({ unlogged: true });
  const meta = { watermark: 1n, cachedAtUs: 0n };
  await cache.put(key, utf8('state'), meta);
  const { epoch } = await cache.readWithEpoch(key);
  await cache.deletePrefix(key);
  await cache.put(key, utf8('again'), meta);
  await sql`CHECKPOINT`;
  await expect(cache.sync()).rejects.toMatchObject({
    code: 'CACHE_FAILED',
    message: expect.stringContaining('UNLOGGED'),
  });
  await fixture.server.kill();
  await fixture.server.startAgain();
  await expect.poll(() => cache.get(key).catch(() => 'failed')).toBeUndefined();
  expect(await cache.put(key, utf8('old'), meta, { epoch })).toBe(false);
  expect(await cache.put(key, utf8('new'), meta, { epoch: epoch + 1n })).toBe(true);
});

test('with synchronous_commit off, what sync covered survives a crash at once', async () => {
  const cache = new PostgresCache({ client: fixture.sql(), table: 'synced' });
  await cache.createTables();
  const meta = { watermark: 1n, cachedAtUs: 0n };
  await Promise.all([cache.put(utf8('order:1'), utf8('state'), meta), cache.put(utf8('user:1'), utf8('state'), meta)]);
  const deleting = cache.deletePrefix(utf8('user:'));
  await cache.sync();
  await fixture.server.kill();
  await deleting;
  await fixture.server.startAgain();
  await expect.poll(async () => text((await cache.get(utf8('order:1')).catch(() => undefined))?.value)).toBe('state');
  expect(await cache.get(utf8('user:1'))).toBeUndefined();
});

const bigintCodec = {
  encode: (state: bigint): Uint8Array => utf8(`${state}`),
  decode: (bytes: Uint8Array): bigint => BigInt(text(bytes) ?? ''),
};

function shuffled<Item>(items: readonly Item[], seed: number): Item[] {
  const numbers = seededRandom(seed);
  return items
    .map((item) => [numbers(), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);
}
