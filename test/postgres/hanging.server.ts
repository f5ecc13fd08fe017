/*
 * Why these tests: a server, a network or a pool that does not answer must cost a call its time and no more, and must leave nothing
 * behind: no call that never ends, no connection, no process that does not exit.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import pg from 'pg';
import postgres from 'postgres';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type PgConnection, type PgPool, PostgresCache, type PostgresCacheOptions } from '../../src/postgres/index.ts';
import { ServerFixture, text, utf8 } from './server-fixtures.ts';

const fixture = new ServerFixture();
const key = utf8('order:507');
const meta = { watermark: 507n, cachedAtUs: 1n };
const LATE = /did not answer within 300 ms/;

function clientOf(name: string): PostgresCacheOptions['client'] {
  return name === 'pg' ? fixture.pool() : fixture.sql();
}

/** All calls that wait for the server. */
function callsOf(cache: PostgresCache): Promise<unknown>[] {
  return [
    cache.get(key),
    cache.put(key, utf8('x'), meta),
    cache.putMany([[key, utf8('x'), meta]]),
    // Each waits for the one before.
    ...Array.from({ length: 10 }, (_, at) =>
      at % 2 === 0 ? cache.deletePrefix(utf8('order:')) : cache.put(key, utf8('x'), meta),
    ),
    cache.sync(),
    cache.deletionsSince(0n),
    cache.keys().next(),
  ];
}

async function expectLate(calls: readonly Promise<unknown>[]): Promise<void> {
  for (const call of await Promise.allSettled(calls)) {
    expect(call).toMatchObject({ status: 'rejected', reason: { code: 'CACHE_FAILED' } });
    expect(String((call as PromiseRejectedResult).reason)).toMatch(LATE);
  }
}

describe.each(['postgres', 'pg'])('the client %s', (name) => {
  test('a server that hangs: every call rejects in its time, and the cache works when it continues', async () => {
    const cache = await fixture.cache({ client: clientOf(name), timeoutMs: 300 });
    await cache.put(key, utf8('state'), meta);
    fixture.server.hang();
    const began = performance.now();
    try {
      await expectLate([...callsOf(cache), cache.watchDeletions(() => {}), cache.createTables()]);
      // Those that wait for others do not add up the times.
      expect(performance.now() - began).toBeLessThan(2_500);
    } finally {
      fixture.server.resume();
    }
    // What was under way may take effect, as the rejection says nothing about that; the deletions were called first.
    await expect.poll(() => cache.get(key).catch(() => 'failed')).not.toBe('failed');
    await expect.poll(() => cache.put(key, utf8('newer'), { ...meta, watermark: 508n }).catch(String)).toBe(true);
    expect(text((await cache.get(key))?.value)).toBe('newer');
  });

  test('close waits for calls that never end no longer than their time', async () => {
    const cache = await fixture.cache({ client: clientOf(name), timeoutMs: 300 });
    await cache.watchDeletions(() => {});
    fixture.server.hang();
    try {
      const late = expectLate(callsOf(cache));
      const began = performance.now();
      await cache.close();
      expect(performance.now() - began).toBeLessThan(2_500);
      await late;
      await expect(cache.get(key)).rejects.toMatchObject({ code: 'CLOSED' });
    } finally {
      fixture.server.resume();
    }
  });

  test('close waits for a put that waits for a deletion', async () => {
    const cache = await fixture.cache({ client: clientOf(name) });
    await cache.put(key, utf8('state'), meta);
    const blocked = await lockOf(tableOf(cache));
    let stored: boolean | undefined;
    const deleting = cache.deletePrefix(key);
    const putting = cache.put(key, utf8('new'), meta).then((isStored) => {
      stored = isStored;
    });
    const closing = cache.close();
    await blocked.waiting();
    await blocked.end();
    await closing;
    // Not as long as a round trip.
    await new Promise((resolve) => setImmediate(resolve));
    expect(stored).toBe(true);
    expect(await deleting).toBe(1);
    await putting;
  });

  test('a server that accepts connections and never answers', async () => {
    const port = await blackHole();
    const url = `postgres://tester@127.0.0.1:${port}/postgres`;
    const sql = postgres(url, { connect_timeout: 1, onnotice: () => {} });
    const pool = new pg.Pool({ connectionString: url, connectionTimeoutMillis: 1_000 });
    pool.on('error', () => {});
    const cache = new PostgresCache({ client: name === 'pg' ? pool : sql, timeoutMs: 300 });
    await expectLate([...callsOf(cache), cache.watchDeletions(() => {}), cache.createTables()]);
    await cache.close();
    await sql.end({ timeout: 0 });
    await pool.end();
  });

  test('a listener that cannot listen leaves no connection', async () => {
    const client = clientOf(name);
    const cache = await fixture.cache({ client, timeoutMs: 300 });
    let calls = 0;
    const count = (): void => {
      calls += 1;
    };
    fixture.server.hang();
    try {
      await expect(cache.watchDeletions(count)).rejects.toThrow(LATE);
    } finally {
      fixture.server.resume();
    }
    await expect.poll(() => cache.deletePrefix(key).catch(() => 'failed')).toBe(0);
    await expect.poll(() => listenersOf(tableOf(cache))).toBe(0);
    calls = 0;
    await cache.deletePrefix(key);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(calls).toBe(0);
  });
});

test('a connection of postgres that is lost before a statement was written answers again, as its first message is long', async () => {
  const sockets: Socket[] = [];
  const { port, hostname } = new URL(fixture.server.url);
  const sql = fixture.sql({
    max: 1,
    backoff: () => 0.05,
    connect_timeout: 20,
    socket: () =>
      new Promise((resolve) => {
        const socket = connect(Number(port), hostname, () => resolve(socket));
        sockets.push(socket);
      }),
  } as Parameters<typeof fixture.sql>[0]);
  const cache = await fixture.cache({ client: sql, timeoutMs: 10_000 });
  await cache.put(key, utf8('state'), meta);
  const lost = new Promise((resolve) => {
    // The client writes in the next immediate. The socket closes before it.
    setImmediate(() => {
      resolve(Promise.allSettled([cache.get(key)]));
      sockets.at(-1)?.destroy();
    });
  });
  expect(await lost).toMatchObject([{ status: 'rejected', reason: { code: 'CACHE_FAILED' } }]);
  // With a short one (docs/scaling.md), these wait for ten attempts of 20 s each.
  await expect.poll(async () => text((await cache.get(key).catch(() => undefined))?.value)).toBe('state');
});

test('a pool of pg whose listener fails at LISTEN has all its connections', async () => {
  const pool = fixture.pool({ max: 2 });
  const failing = {
    totalCount: 2,
    query: pool.query.bind(pool) as PgPool['query'],
    connect: async () => {
      const connection = await pool.connect();
      const query = () => Promise.reject(new Error('no LISTEN here'));
      return {
        query,
        on: connection.on.bind(connection),
        release: connection.release.bind(connection),
      } as PgConnection;
    },
  };
  const cache = await fixture.cache({ client: failing });
  for (const _try of [1, 2, 3]) await expect(cache.watchDeletions(() => {})).rejects.toThrow('no LISTEN here');
  expect(await cache.get(key)).toBeUndefined();
  await Promise.all([cache.get(key), cache.get(key), cache.deletePrefix(key)]);
});

const tables = new Map<PostgresCache, string>();

function tableOf(cache: PostgresCache): string {
  const known = tables.get(cache) ?? fixture.lastTable;
  tables.set(cache, known);
  return known;
}

async function listenersOf(table: string): Promise<number> {
  const rows = await fixture.sql({
    max: 1,
  })`SELECT pid FROM pg_stat_activity WHERE query ILIKE ${`listen "${table}"%`}`;
  return rows.length;
}

/** Locks a table against everything until `end`. */
async function lockOf(table: string): Promise<{ waiting(): Promise<void>; end(): Promise<void> }> {
  const sql = fixture.sql({ max: 1 });
  const watcher = fixture.sql({ max: 1 });
  await sql.unsafe('BEGIN');
  await sql.unsafe(`LOCK TABLE "${table}" IN ACCESS EXCLUSIVE MODE`);
  return {
    waiting: async () => {
      await expect
        .poll(async () => (await watcher`SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'`).length)
        .toBeGreaterThan(0);
    },
    end: async () => {
      await sql.unsafe('ROLLBACK');
    },
  };
}

/** The port of a server that accepts connections and writes nothing. */
async function blackHole(): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
