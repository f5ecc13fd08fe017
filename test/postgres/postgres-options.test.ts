// Why these tests: names of tables become parts of statements, and a wrong option should be an error where it is written.
import { describe, expect, test } from 'vitest';
import { PostgresCache, type PostgresCacheOptions } from '../../src/postgres/index.ts';
import { tableNames } from '../../src/postgres/table-names.ts';
import { FakeServer } from './fake-server.ts';

const { client } = new FakeServer();
const pool = { totalCount: 0, connect: () => {}, query: () => {} };

describe('options', () => {
  test.each([
    [
      {},
      TypeError,
      /client must be what postgres\(\) of the package postgres returns, or a Pool of the package pg; got undef/,
    ],
    [{ client: {} }, TypeError, /client must be .* got Object/],
    [{ client: { query: () => {}, connect: () => {} } }, TypeError, /or a Pool of the package pg/],
    [{ client, tabel: 'a' }, TypeError, /tabel/],
    [{ client, table: 5 }, TypeError, /table must be a string; got number/],
    [{ client, dialect: 'mysql' }, TypeError, /dialect must be 'postgresql' or 'serializable'; got mysql/],
    [{ client, timeoutMs: 0 }, RangeError, /timeoutMs must be an integer from 1 to 2147483647, not 0/],
    [{ client, timeoutMs: 2 ** 31 }, RangeError, /timeoutMs/],
    [{ client, prefetchedMaxMs: -1 }, RangeError, /prefetchedMaxMs must be a safe non-negative integer, not -1/],
    [{ client, nowMs: 5 }, TypeError, /nowMs/],
    [{ client, startTimer: 5 }, TypeError, /startTimer/],
  ])('%# are checked', (options, type, message) => {
    const open = (): unknown => new PostgresCache(options as unknown as PostgresCacheOptions);
    expect(open).toThrow(type);
    expect(open).toThrow(message);
  });

  test('may be a client of either package', () => {
    for (const one of [client, pool]) {
      const cache = new PostgresCache({ client: one as unknown as PostgresCacheOptions['client'] });
      expect(cache.capabilities()).toEqual({ supportsPrefetch: true, isNoop: false });
    }
  });
});

describe('the name of the table', () => {
  test.each(['', 'a"b', 'a;b', 'a.b.c', 'a.', '1a', 'ä', 'a b', 'a'.repeat(49)])('%j is refused', (table) => {
    expect(() => tableNames(table)).toThrow(/letters, digits and underscores; got/);
  });

  test.each([
    ['cache', '"cache"', '"cache_deletions"', 'cache'],
    ['Orders.cache', '"Orders"."cache"', '"Orders"."cache_deletions"', 'Orders_cache'],
  ])('%s is quoted', (table, entries, deletions, channel) => {
    const names = tableNames(table);
    expect(names).toMatchObject({ entries, deletions, channel });
    expect(names.partition(3)).toBe(entries.replace(/"$/, '_3"'));
  });

  test('of any length names a channel that an identifier can hold', () => {
    expect(tableNames(`${'s'.repeat(48)}.${'t'.repeat(48)}`).channel).toHaveLength(63);
  });
});

describe('the schema', () => {
  test('has the tables, the function, and the row of the state at the end', () => {
    const schema = PostgresCache.schema({ table: 'orders' });
    expect(schema.map((statement) => /^\w+ (?:OR REPLACE )?\w+/.exec(statement)?.[0])).toEqual([
      'CREATE TABLE',
      'CREATE TABLE',
      'CREATE TABLE',
      'CREATE OR REPLACE FUNCTION',
      'INSERT INTO',
    ]);
    expect(schema.join('\n')).not.toMatch(/UNLOGGED|PARTITION/);
  });

  test('is unlogged in the table of the entries only', () => {
    const unlogged = PostgresCache.schema({ unlogged: true }).filter((statement) => statement.includes('UNLOGGED'));
    expect(unlogged).toEqual([expect.stringContaining('"projection_cache" (')]);
  });

  test('has as many partitions as asked for, which are unlogged instead of their parent', () => {
    const schema = PostgresCache.schema({ unlogged: true, partitions: 4 });
    expect(schema[0]).toMatch(/^CREATE TABLE [\s\S]*PARTITION BY HASH \(stream\)$/);
    const partitions = schema.filter((statement) => statement.includes('PARTITION OF'));
    expect(partitions).toHaveLength(4);
    expect(partitions[3]).toMatch(/^CREATE UNLOGGED TABLE .*"projection_cache_3".*\n.*MODULUS 4, REMAINDER 3/);
  });

  test.each([-1, 0.5, 1_025])('is not made with %d partitions', async (partitions) => {
    const cache = new PostgresCache({ client });
    await expect(cache.createTables({ partitions })).rejects.toThrow(/partitions must be an integer from 0 to 1,024/);
    await expect(cache.createTables({ partition: 4 } as never)).rejects.toThrow(/partition/);
  });
});
