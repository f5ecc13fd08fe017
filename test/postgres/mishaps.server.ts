// Why these tests: what a user meets who has a slow server, a small pool, too few rights or the wrong table. Each must be an error
// that says what to do, within its time, and must leave the cache usable.
import { describe, expect, test } from 'vitest';
import { PostgresCache } from '../../src/postgres/index.ts';
import { ServerFixture, text, utf8 } from './server-fixtures.ts';

const fixture = new ServerFixture();
const key = utf8('order:507');
const meta = { watermark: 507n, cachedAtUs: 1n };

test.each(['postgres', 'pg'])(
  'a pool of %s that is exhausted: calls reject in their time, later ones succeed',
  async (name) => {
    const sql = fixture.sql({ max: 1 });
    const pool = fixture.pool({ max: 1 });
    const cache = await fixture.cache({ client: name === 'pg' ? pool : sql, timeoutMs: 300 });
    await cache.get(key);
    const sleeping = name === 'pg' ? pool.query('SELECT pg_sleep(1)') : sql`SELECT pg_sleep(1)`.execute();
    await expect(cache.get(key)).rejects.toThrow(/a connection of the pool, did not answer within 300 ms/);
    await sleeping;
    await expect.poll(() => cache.put(key, utf8('state'), meta)).toBe(true);
    // Neither a transaction nor a listener takes the only connection for good.
    const stop = await cache.watchDeletions(() => {});
    expect(await cache.deletePrefix(key)).toBe(1);
    await stop();
    await cache.close();
  },
);

test.each(['postgres', 'pg'])(
  'a connection of %s that drops in the middle of a statement is a CACHE_FAILED with its cause',
  async (name) => {
    const cache = await fixture.cache({ client: name === 'pg' ? fixture.pool() : fixture.sql() });
    const sql = fixture.sql({ max: 1 });
    await cache.put(key, utf8('state'), meta);
    const killer = fixture.sql({ max: 1 });
    const [{ table } = { table: '' }] = await sql<
      { table: string }[]
    >`SELECT relname AS table FROM pg_class WHERE relname ~ '^cache_[0-9]+$' ORDER BY oid DESC LIMIT 1`;
    for (const act of [
      () => cache.get(key),
      () => cache.put(key, utf8('newer'), { ...meta, watermark: 508n }),
      () => cache.deletePrefix(key),
      () => cache.sync(),
    ]) {
      await sql.unsafe('BEGIN');
      await sql.unsafe(`LOCK TABLE "${table}", "${table}_state" IN ACCESS EXCLUSIVE MODE`);
      const call = act().then(
        () => 'succeeded',
        (error: unknown) => error,
      );
      await expect
        .poll(async () => {
          const rows =
            await killer`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'`;
          return rows.length;
        })
        .toBeGreaterThan(0);
      await sql.unsafe('ROLLBACK');
      const failure = await call;
      expect(failure).toMatchObject({ code: 'CACHE_FAILED' });
      expect((failure as Error).cause).toBeInstanceOf(Error);
    }
    expect((await cache.get(key))?.value).toEqual(utf8('state'));
  },
);

test('close waits for the calls under way, and later calls reject with CLOSED', async () => {
  const cache = await fixture.cache();
  const sql = fixture.sql({ max: 1 });
  const putting = Promise.all(Array.from({ length: 50 }, (_, id) => cache.put(utf8(`order:${id}`), key, meta)));
  const deleting = cache.deletePrefix(utf8('order:1'));
  await cache.close();
  expect(await putting).toEqual(Array.from({ length: 50 }, () => true));
  expect(await deleting).toBe(11);
  for (const call of [
    () => cache.get(key),
    () => cache.put(key, key, meta),
    () => cache.putMany([]),
    () => cache.deletePrefix(key),
    () => cache.sync(),
    () => cache.prefetch(key, meta),
    () => cache.keys().next(),
    () => cache.createTables(),
    () => cache.deletionsSince(0n),
    () => cache.watchDeletions(() => {}),
  ]) {
    await expect(call()).rejects.toMatchObject({ code: 'CLOSED' });
  }
  // The client is the user's.
  expect(await sql`SELECT 1 AS one`).toHaveLength(1);
});

describe('what is wrong with the tables', () => {
  const sqlState = (code: string) => ({ code: 'CACHE_FAILED', cause: { code } });

  test('they do not exist', async () => {
    const cache = new PostgresCache({ client: fixture.sql(), table: 'nowhere' });
    await expect(cache.get(key)).rejects.toMatchObject({
      ...sqlState('42P01'),
      message: expect.stringMatching(/create the tables with createTables\(\).*now 'nowhere'/),
    });
    await cache.createTables();
    expect(await cache.get(key)).toBeUndefined();
  });

  test('one of them was dropped', async () => {
    const sql = fixture.sql();
    for (const suffix of ['', '_deletions', '_state']) {
      const cache = new PostgresCache({ client: sql, table: 'dropped' });
      await cache.createTables();
      await cache.put(key, utf8('state'), meta);
      await sql.unsafe(`DROP TABLE dropped${suffix}`);
      await expect(cache.put(key, utf8('state'), meta)).rejects.toThrow(/create the tables with createTables\(\)/);
      await cache.createTables();
      await cache.put(key, utf8('state'), meta);
      expect(await cache.deletePrefix(key)).toBe(1);
    }
  });

  test('they are in a schema that does not exist', async () => {
    const cache = new PostgresCache({ client: fixture.sql(), table: 'absent.cache' });
    await expect(cache.createTables()).rejects.toMatchObject(sqlState('3F000'));
  });

  test('another program has a table of that name', async () => {
    const sql = fixture.sql();
    await sql.unsafe('CREATE TABLE foreign_table_state (version int, name text); CREATE TABLE foreign_table (id int)');
    const cache = new PostgresCache({ client: sql, table: 'foreign_table' });
    await expect(cache.get(key)).rejects.toThrow(/'foreign_table' is not a table of a PostgresCache/);
    await expect(cache.createTables()).rejects.toThrow(/'foreign_table' is not a table of a PostgresCache/);
  });

  test('they are of another version', async () => {
    const sql = fixture.sql();
    const cache = new PostgresCache({ client: sql, table: 'newer' });
    await cache.createTables();
    await sql`UPDATE newer_state SET version = 2`;
    const later = new PostgresCache({ client: sql, table: 'newer' });
    for (const call of [() => later.get(key), () => later.put(key, key, meta), () => later.createTables()]) {
      await expect(call()).rejects.toMatchObject({
        code: 'INCOMPATIBLE',
        message: expect.stringContaining('version 2'),
      });
    }
  });

  test('the role has too few rights', async () => {
    const sql = fixture.sql();
    await fixture.cache({ client: sql, table: 'guarded' });
    await sql.unsafe('CREATE ROLE reader LOGIN; GRANT SELECT ON guarded, guarded_state, guarded_deletions TO reader');
    const cache = new PostgresCache({ client: fixture.sql({ username: 'reader' }), table: 'guarded' });
    expect(await cache.get(key)).toBeUndefined();
    await cache.createTables();
    await expect(cache.put(key, key, meta)).rejects.toMatchObject({
      ...sqlState('42501'),
      message: expect.stringContaining(
        'GRANT SELECT, INSERT, UPDATE, DELETE ON "guarded", "guarded_deletions", "guarded_state"',
      ),
    });
    await sql.unsafe('GRANT SELECT, INSERT, UPDATE, DELETE ON guarded, guarded_state, guarded_deletions TO reader');
    expect(await cache.put(key, key, meta)).toBe(true);
    expect(await cache.deletePrefix(key)).toBe(1);
    await cache.sync();
  });

  test('the connection is read-only', async () => {
    await fixture.cache({ table: 'standby' });
    const sql = fixture.sql({ connection: { default_transaction_read_only: true } });
    const cache = new PostgresCache({ client: sql, table: 'standby' });
    expect(await cache.get(key)).toBeUndefined();
    await expect(cache.put(key, key, meta)).rejects.toThrow(/connect to the primary server/);
  });
});

test('invalid arguments reject without a call to the server', async () => {
  const sql = fixture.sql();
  const cache = await fixture.cache({ client: sql });
  for (const epoch of [-1n, 2n ** 63n]) {
    await expect(cache.put(key, key, meta, { epoch })).rejects.toThrow(RangeError);
    await expect(cache.deletionsSince(epoch)).rejects.toThrow(RangeError);
  }
  await expect(cache.deletionsSince('1' as unknown as bigint)).rejects.toThrow(TypeError);
  await expect(cache.watchDeletions(undefined as unknown as () => void)).rejects.toThrow(TypeError);
  await sql.begin((transaction) => {
    const client = transaction as unknown as typeof sql;
    expect(() => new PostgresCache({ client })).toThrow(/^client must be/);
  });
});

test('many processes may create the tables at once', async () => {
  const caches = Array.from(
    { length: 12 },
    () => new PostgresCache({ client: fixture.sql({ max: 1 }), table: 'at_once' }),
  );
  await Promise.all(caches.map((cache) => cache.createTables({ partitions: 3 })));
  const { identity } = await (caches[0] as PostgresCache).deletionsSince(0n);
  for (const cache of caches) expect((await cache.deletionsSince(0n)).identity).toBe(identity);
});

test('no query text is built from keys', async () => {
  const texts: string[] = [];
  const cache = await fixture.cache({ client: fixture.sql({ debug: (_connection, query) => void texts.push(query) }) });
  const nasty = ["'; DROP TABLE cache; --", '"\\x00{},', '$1', '{NULL}', '\\\\'].map(utf8);
  for (const one of nasty) {
    await cache.put(one, one, meta);
    expect((await cache.get(one))?.value).toEqual(one);
    await cache.prefetch(one, meta);
    expect((await cache.get(one))?.value).toEqual(one);
  }
  expect(await cache.putMany(nasty.map((one) => [one, one, { ...meta, watermark: 508n }] as const))).toBe(nasty.length);
  for (const one of nasty) expect(await cache.deletePrefix(one)).toBe(1);
  // Few texts, whatever the keys are, and so few prepared statements.
  expect(new Set(texts).size).toBeLessThan(25);
  expect(texts.join('\n')).not.toMatch(/DROP TABLE|NULL\}/);
});

test('options of the client that change what it returns are harmless, or are reported', async () => {
  const camel = await fixture.cache({
    client: fixture.sql({ transform: { column: { from: (name) => name.toUpperCase() }, undefined: null } }),
  });
  const numbers = await fixture.cache({
    client: fixture.sql({ types: { bigint: { to: 20, from: [20, 1700], serialize: String, parse: Number } } }),
  });
  for (const cache of [camel, numbers]) {
    const large = { watermark: 2n ** 64n - 1n, cachedAtUs: -(2n ** 63n) };
    await cache.put(key, utf8('state'), large);
    expect(await cache.get(key)).toEqual({ value: utf8('state'), meta: large });
    expect(await cache.deletePrefix(key)).toBe(1);
  }
  const broken = await fixture.cache({
    client: fixture.sql({
      types: {
        bytea: { to: 17, from: [17], serialize: (x: Buffer) => `\\x${Buffer.from(x).toString('hex')}`, parse: String },
      },
    }),
  });
  await broken.put(key, utf8('state'), meta).catch(() => {});
  await expect(broken.get(key)).rejects.toMatchObject({ code: 'CACHE_FAILED', cause: { name: 'TypeError' } });
});

test('keys and entries are listed in order of their bytes, in pages, by prefix', async () => {
  const cache = await fixture.cache();
  const long = new Uint8Array(3_000).fill(0xff);
  const keys = [
    utf8(''),
    utf8('a'),
    utf8('a\0'),
    utf8('a\0b'),
    utf8('a\u0001'),
    utf8('ab'),
    utf8('ab\0a'),
    Uint8Array.of(0xff),
    long,
  ];
  keys.push(
    Uint8Array.of(...long, 1),
    ...Array.from({ length: 1_100 }, (_, id) => utf8(`order:${String(id).padStart(4, '0')}\0x`)),
  );
  const order = [...keys].sort(Buffer.compare);
  await cache.putMany(keys.map((one) => [one, one.slice(0, 9), meta] as const));
  const listed: Uint8Array[] = [];
  for await (const one of cache.keys()) listed.push(one);
  expect(listed.map((one) => Buffer.from(one).toString('hex'))).toEqual(
    order.map((one) => Buffer.from(one).toString('hex')),
  );
  const some: string[] = [];
  for await (const [one, { value }] of cache.entries(utf8('order:00'))) {
    some.push(`${text(one)} ${text(value)}`);
  }
  expect(some).toHaveLength(100);
  expect(some[99]).toBe('order:0099\0x order:009');
});

test('values beyond the limit are TOO_LARGE, and the connection stays', async () => {
  const cache = await fixture.cache({ timeoutMs: 60_000 });
  const large = new Uint8Array(2 ** 24);
  await cache.put(key, large, meta);
  expect((await cache.get(key))?.value).toHaveLength(large.length);
  await expect(cache.put(key, new Uint8Array(2 ** 27 + 1), meta)).rejects.toMatchObject({ code: 'TOO_LARGE' });
  await expect(cache.put(new Uint8Array(65_536), key, meta)).rejects.toMatchObject({ code: 'TOO_LARGE' });
  await expect(cache.putMany([[key, new Uint8Array(2 ** 27), meta]])).rejects.toMatchObject({ code: 'TOO_LARGE' });
  expect(await cache.deletePrefix(key)).toBe(1);
});
