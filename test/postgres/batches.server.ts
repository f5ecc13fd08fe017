/*
 * Why these tests: two statements that lock the same rows in different orders deadlock, and the server ends a deadlock only after
 * `deadlock_timeout`, a second, each. 24 batches of 200 keys took more than a minute. `putMany` sorts its rows in the statement.
 */
import { describe, expect, test } from 'vitest';
import type { PostgresCache } from '../../src/postgres/index.ts';
import { ChildScript } from '../process/child-script.ts';
import { builtScript } from '../scripts/built-script.ts';
import { batchOf, KEYS_OF_BATCH } from './batches.ts';
import { SERIALIZABLE, ServerFixture, text, utf8 } from './server-fixtures.ts';
import { shuffled } from './shuffled.ts';

const fixture = new ServerFixture({ settings: { synchronous_commit: 'off' } });
const BATCHES = 24;

const kinds = {
  postgres: () => fixture.cache(),
  pg: () => fixture.cache({ client: fixture.pool() }),
  partitions: () => fixture.cache({}, { partitions: 4 }),
  serializable: () => fixture.cache({ client: fixture.sql(SERIALIZABLE), dialect: 'serializable' }),
};

async function expectNewest(cache: PostgresCache): Promise<void> {
  let entries = 0;
  for await (const [, { value, meta }] of cache.entries()) {
    entries += 1;
    expect([text(value), meta]).toEqual([`${BATCHES - 1}`, { watermark: BigInt(BATCHES - 1), cachedAtUs: 1n }]);
  }
  expect(entries).toBe(KEYS_OF_BATCH);
  expect(await cache.deletePrefix(utf8('order:'))).toBe(KEYS_OF_BATCH);
}

/** How many deadlocks the server has ended. A backend reports its numbers when it is idle, or ends. */
async function deadlocks(): Promise<number> {
  const [row] = await fixture.sql({ max: 1 })`SELECT deadlocks::int FROM pg_stat_database
    WHERE datname = current_database()`;
  return row?.['deadlocks'];
}

describe.each(Object.entries(kinds))('overlapping batches at once: %s', (_kind, open) => {
  test('leave the newest entry of each key, and do not deadlock', async () => {
    const cache = await open();
    const batches = Array.from({ length: BATCHES }, (_, at) => batchOf(at, BigInt(at)));
    const stored = await Promise.all(shuffled(batches, 7).map((batch) => cache.putMany(batch)));
    for (const count of stored) expect(count % KEYS_OF_BATCH).toBe(0);
    await expectNewest(cache);
    expect(await deadlocks()).toBe(0);
  });
});

test('overlapping batches of several processes leave the newest entry of each key, and do not deadlock', async () => {
  const script = await builtScript(new URL('./writer.ts', import.meta.url));
  const writers = [100, 200, 300].map(
    (seed) => new ChildScript(script, [fixture.server.url, String(seed), String(BATCHES)]),
  );
  await Promise.all(writers.map((writer) => writer.line(0)));
  const ends = await Promise.all(writers.map((writer) => writer.ask('go')));
  expect(ends).toEqual(['done', 'done', 'done']);
  await Promise.all(writers.map((writer) => writer.ended()));
  await expectNewest(await fixture.cache({ table: 'projection_cache' }));
  expect(await deadlocks()).toBe(0);
});

test('a batch and a deletion of its keys at once: all of the batch is stored, or none', async () => {
  const cache = await fixture.cache();
  const other = await fixture.cache({ table: 'cache_at_once' });
  const remover = await fixture.cache({ table: 'cache_at_once' });
  for (let round = 0; round < 20; round += 1) {
    const { epoch } = await other.readWithEpoch(utf8('order:0'));
    const putting = other.putMany(batchOf(round, BigInt(round)), { epoch });
    const deleting = remover.deletePrefix(utf8('order:'));
    const [stored, removed] = await Promise.all([putting, deleting]);
    expect([0, KEYS_OF_BATCH]).toContain(stored);
    expect(removed).toBe(stored);
    for await (const key of other.keys()) expect(text(key)).toBeUndefined();
  }
  await cache.close();
});
