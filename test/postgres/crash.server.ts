// Why these tests: the server ends in the middle. What is read afterwards must be right, and what `sync` covered must be there.
import { expect, test } from 'vitest';
import { StoreError } from '../../src/base/store-error.ts';
import { PostgresCache } from '../../src/postgres/index.ts';
import { AsyncProjector } from '../../src/projection/async-projector.ts';
import { seededRandom } from '../../src/testing/index.ts';
import { ServerFixture, text, utf8 } from './server-fixtures.ts';

const fixture = new ServerFixture({ settings: { synchronous_commit: 'off' } });
const key = utf8('order:507\0total');

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
