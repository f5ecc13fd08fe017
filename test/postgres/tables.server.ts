// Why these tests: the tables are documented, so that others can create, partition and guard them. What is documented must hold.
import { describe, expect, test } from 'vitest';
import { PostgresCache, type PostgresTableOptions } from '../../src/postgres/index.ts';
import { rangeParameters, Statements } from '../../src/postgres/statements.ts';
import { storedKey, storedRange } from '../../src/postgres/stored-key.ts';
import { tableNames } from '../../src/postgres/table-names.ts';
import { ServerFixture, text, utf8 } from './server-fixtures.ts';

const fixture = new ServerFixture();
const meta = { watermark: 2n ** 64n - 1n, cachedAtUs: -(2n ** 63n) };

describe('partitions', () => {
  const streams = Array.from({ length: 60 }, (_, id) => `order:${id}\0`);

  async function partitioned(table: string): Promise<PostgresCache> {
    const cache = await fixture.cache({ table }, { partitions: 4 });
    const keys = streams.flatMap((stream) => ['total', 'lines', ''].map((name) => utf8(`${stream}${name}`)));
    expect(await cache.putMany(keys.map((key) => [key, key, meta] as const))).toBe(keys.length);
    return cache;
  }

  test('each stream is in one of them, and all have some', async () => {
    const sql = fixture.sql();
    await partitioned('spread');
    const rows = await sql`SELECT stream, count(DISTINCT tableoid)::int AS partitions, count(*)::int AS keys FROM spread
      GROUP BY stream`;
    expect(rows).toHaveLength(streams.length);
    for (const row of rows) expect([row['partitions'], row['keys']]).toEqual([1, 3]);
    expect(await sql`SELECT DISTINCT tableoid FROM spread`).toHaveLength(4);
    expect(await sql`SELECT 1 FROM pg_inherits WHERE inhparent = 'spread'::regclass`).toHaveLength(4);
  });

  test('reading and deleting in a stream read one of them, deleting across streams all', async () => {
    const cache = await partitioned('pruned');
    const sql = fixture.sql({ max: 1 });
    const statements = new Statements(tableNames('pruned'));
    const plan = async (statement: string, parameters: Uint8Array[]): Promise<string> =>
      (await sql.unsafe(`EXPLAIN (COSTS OFF) ${statement}`, parameters)).map((row) => row['QUERY PLAN']).join('\n');
    const partitions = async (statement: string, parameters: Uint8Array[]): Promise<number> =>
      new Set((await plan(statement, parameters)).match(/pruned_\d/g)).size;
    const { stream, rest, tailDigest } = storedKey(utf8('order:7\0total'));
    expect(await partitions(statements.read, [stream, rest, tailDigest])).toBe(1);
    const inStream = storedRange(utf8('order:7\0'));
    expect(await partitions(statements.removeInStream, [...rangeParameters(inStream), utf8('order:7\0')])).toBe(1);
    const across = storedRange(utf8('order:'));
    expect(await partitions(statements.removeAcross, [...rangeParameters(across), utf8('order:')])).toBe(4);
    expect(await cache.deletePrefix(utf8('order:7\0'))).toBe(3);
    expect(await cache.deletePrefix(utf8('order:'))).toBe(59 * 3);
  });

  test.each([-1, 1.5, 1_025])('%d of them are refused, by createTables and schema', async (partitions) => {
    const cache = new PostgresCache({ client: fixture.sql(), table: 'never' });
    await expect(cache.createTables({ partitions })).rejects.toThrow(RangeError);
    expect(() => PostgresCache.schema({ partitions })).toThrow(RangeError);
  });
});

test.each<[string, PostgresTableOptions]>([
  ['plain', {}],
  ['unlogged', { unlogged: true }],
  ['both', { partitions: 2, unlogged: true }],
])('the statements of schema are enough for a role that may not create: %s', async (name, options) => {
  const owner = fixture.sql({ max: 1 });
  await owner.unsafe(`CREATE SCHEMA apart_${name}`);
  const table = `apart_${name}.cache`;
  // As a tool for migrations runs them, and again.
  for (const _time of [1, 2]) {
    for (const statement of PostgresCache.schema({ table, ...options })) await owner.unsafe(statement);
  }
  const role = `guest_${name}`;
  await owner.unsafe(`CREATE ROLE ${role} LOGIN; GRANT USAGE ON SCHEMA apart_${name} TO ${role};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ${table}, ${table}_deletions, ${table}_state TO ${role}`);
  const cache = new PostgresCache({ client: fixture.sql({ username: role }), table });
  await cache.createTables(options);
  expect(await cache.put(utf8('order:1'), utf8('state'), meta)).toBe(true);
  expect(await cache.put(utf8('order:1'), utf8('state'), meta)).toBe(false);
  expect(await cache.get(utf8('order:1'))).toEqual({ value: utf8('state'), meta });
  expect(await cache.deletePrefix(utf8('order:'))).toBe(1);
});

test('keys of any length and content are kept apart, and found by their prefixes', async () => {
  const cache = await fixture.cache({}, { partitions: 3 });
  const lengths = [0, 1, 1_023, 1_024, 1_025, 2_047, 2_048, 2_049, 65_534, 65_535];
  const keys = [0x00, 0x61, 0xff].flatMap((byte) => lengths.map((length) => new Uint8Array(length).fill(byte)));
  // The same beginning, another end; with a NUL in front, in the middle and behind.
  for (const at of [0, 5, 65_534]) {
    const key = new Uint8Array(65_535).fill(0x62);
    key[at] = 0;
    keys.push(key, key.slice(0, 65_534));
  }
  const distinct = [...new Map(keys.map((key) => [Buffer.from(key).toString('hex'), key])).values()];
  for (const [at, key] of distinct.entries()) expect(await cache.put(key, utf8(`${at}`), meta)).toBe(true);
  for (const [at, key] of distinct.entries()) expect(text((await cache.get(key))?.value)).toBe(`${at}`);
  const prefixes = [
    new Uint8Array(1_025),
    new Uint8Array(3_000).fill(0xff),
    new Uint8Array(2_000).fill(0x62),
    utf8('a'),
  ];
  let left = distinct;
  for (const prefix of [...prefixes, new Uint8Array(1).fill(0xff), new Uint8Array(0)]) {
    const covered = left.filter((key) => Buffer.from(key.subarray(0, prefix.length)).equals(prefix));
    expect(await cache.deletePrefix(prefix)).toBe(covered.length);
    left = left.filter((key) => !covered.includes(key));
  }
});

test('a name of a table that is not an identifier never reaches the server', () => {
  const client = fixture.sql();
  for (const table of [
    '',
    'a\0b',
    'a"b',
    "a'; DROP TABLE x; --",
    'a.b.c',
    '.a',
    'a.',
    '1a',
    'ä',
    'a'.repeat(49),
    'a b',
  ]) {
    expect(() => new PostgresCache({ client, table })).toThrow(/^table must be a name/);
    expect(() => PostgresCache.schema({ table })).toThrow(TypeError);
  }
});
