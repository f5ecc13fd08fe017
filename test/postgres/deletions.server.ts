// Why these tests: an entry that was read or made before a deletion must not come back after it, however late its put arrives.
import { describe, expect, test } from 'vitest';
import type { PostgresCache, PostgresDialect } from '../../src/postgres/index.ts';
import { PostgresCache as Cache } from '../../src/postgres/index.ts';
import { seededRandom } from '../../src/testing/index.ts';
import { SERIALIZABLE, ServerFixture, text, utf8 } from './server-fixtures.ts';

const fixture = new ServerFixture();
const key = utf8('order:507');
const meta = { watermark: 507n, cachedAtUs: 1n };
const everything = new Uint8Array(0);

const tables = new WeakMap<PostgresCache, string>();

/** Caches of several machines on one table. */
async function machines(count: number, dialect: PostgresDialect = 'postgresql'): Promise<PostgresCache[]> {
  const table = fixture.table();
  const caches = Array.from(
    { length: count },
    () =>
      new Cache({
        client: fixture.sql({ max: 3, ...(dialect === 'serializable' ? SERIALIZABLE : {}) }),
        table,
        dialect,
      }),
  );
  await caches[0]?.createTables();
  for (const cache of caches) tables.set(cache, table);
  return caches;
}

/** All orders of the steps of several actors, in which each actor's own steps stay in order. */
function interleavings<Step>(actors: readonly (readonly Step[])[]): Step[][] {
  const left = actors.filter((steps) => steps.length > 0);
  if (left.length === 0) return [[]];
  return left.flatMap((steps) => {
    const [first, ...rest] = steps as [Step, ...Step[]];
    return interleavings(left.map((other) => (other === steps ? rest : other))).map((order) => [first, ...order]);
  });
}

describe.each<PostgresDialect>(['postgresql', 'serializable'])('the dialect %s', (dialect) => {
  test.each([utf8('order:'), key, everything])(
    'no order of two folds and two deletions of %s brings an old state back',
    async (prefix) => {
      const [a, b, c] = (await machines(3, dialect)) as [PostgresCache, PostgresCache, PostgresCache];
      let deletions = 0;
      const epochs = new Map<string, bigint>();
      const fold = (name: string, cache: PostgresCache) => [
        async () => {
          epochs.set(name, (await cache.readWithEpoch(key)).epoch);
          readAt.set(name, deletions);
        },
        async () => {
          const watermark = 100n + BigInt(name.length);
          const stored = await cache.put(key, utf8(name), { ...meta, watermark }, { epoch: epochs.get(name) ?? 0n });
          if (readAt.get(name) !== deletions) expect(stored).toBe(false);
        },
      ];
      const readAt = new Map<string, number>();
      const remove = async (): Promise<void> => {
        await c.deletePrefix(prefix);
        deletions += 1;
      };
      const orders = interleavings([fold('a', a), fold('bb', b), [remove, remove]]);
      expect(orders).toHaveLength(90);
      for (const order of orders) {
        await c.deletePrefix(everything);
        for (const step of order) {
          await step();
          const found = text((await c.get(key))?.value);
          if (found !== undefined) expect(readAt.get(found)).toBe(deletions);
        }
      }
    },
  );

  test('under load, a reading after a deletion never has what was read before it', async () => {
    const caches = await machines(6, dialect);
    const numbers = seededRandom(507);
    const random = (): number => numbers() / 2 ** 32;
    const keys = Array.from({ length: 4 }, (_, id) => utf8(`order:${id}\0total`));
    let newestDeletion = 0n;
    let checks = 0;
    let refused = 0;
    const remove = async (cache: PostgresCache, prefix: Uint8Array): Promise<void> => {
      await cache.deletePrefix(prefix);
      // All keys are covered. Another deletion may be newer, which is right as well.
      const { epoch } = await cache.deletionsSince(0n);
      if (epoch > newestDeletion) newestDeletion = epoch;
    };
    const fold = async (cache: PostgresCache, one: Uint8Array): Promise<void> => {
      const deletedBefore = newestDeletion;
      const { entry, epoch } = await cache.readWithEpoch(one);
      if (entry !== undefined) {
        checks += 1;
        expect(BigInt(text(entry.value) ?? '-1')).toBeGreaterThanOrEqual(deletedBefore);
      }
      const watermark = (entry?.meta.watermark ?? 0n) + 1n;
      // The value names the epoch it was made at.
      if (!(await cache.put(one, utf8(`${epoch}`), { watermark, cachedAtUs: 0n }, { epoch }))) refused += 1;
    };
    const work = async (cache: PostgresCache, id: number): Promise<void> => {
      for (let round = 0; round < 120; round += 1) {
        const one = keys[Math.floor(random() * keys.length)] as Uint8Array;
        if (id === 0 || random() < 0.05) await remove(cache, random() < 0.5 ? utf8('order:') : everything);
        else await fold(cache, one);
      }
    };
    await Promise.all(caches.map(work));
    expect(checks).toBeGreaterThan(20);
    expect(refused).toBeGreaterThan(20);
  });
});

describe('statements that wait for each other', () => {
  test('a put that is under way when the deletion begins is removed by it', async () => {
    const [a, b] = (await machines(2)) as [PostgresCache, PostgresCache];
    const { epoch } = await a.readWithEpoch(key);
    const held = await holdRow(a);
    const putting = a.put(key, utf8('old'), meta, { epoch });
    await waiting(1);
    const deleting = b.deletePrefix(utf8('order:'));
    await waiting(2);
    await held();
    expect(await putting).toBe(true);
    expect(await deleting).toBe(1);
    expect(await a.get(key)).toBeUndefined();
  });

  test('a put that arrives while the deletion waits is refused after it', async () => {
    const [a, b] = (await machines(2)) as [PostgresCache, PostgresCache];
    const { epoch } = await a.readWithEpoch(key);
    const held = await holdRow(a);
    const deleting = b.deletePrefix(utf8('order:'));
    await waiting(1);
    const putting = a.put(key, utf8('old'), meta, { epoch });
    const other = a.put(utf8('user:1'), utf8('not covered'), meta, { epoch });
    await waiting(3);
    await held();
    expect(await deleting).toBe(0);
    expect(await putting).toBe(false);
    expect(await other).toBe(true);
    expect(await a.get(key)).toBeUndefined();
  });

  test('a deletion ends its wait for a transaction that stays open, with what to do', async () => {
    const [a] = (await machines(1)) as [PostgresCache];
    await a.put(key, utf8('state'), meta);
    const b = new Cache({ client: fixture.sql(), table: tableOf(a), timeoutMs: 1_000 });
    const held = await holdRow(a);
    await expect(b.deletePrefix(everything)).rejects.toMatchObject({ code: 'CACHE_FAILED' });
    await held();
    expect((await a.get(key))?.value).toEqual(utf8('state'));
    expect(await b.deletePrefix(everything)).toBe(1);
  });

  /** Keeps a transaction open that has written to the table. */
  async function holdRow(cache: PostgresCache): Promise<() => Promise<void>> {
    const sql = fixture.sql({ max: 1 });
    await sql.unsafe('BEGIN');
    await sql.unsafe(
      `INSERT INTO "${tableOf(cache)}" VALUES ('order:507', '', '', '', 1, 1, '') ON CONFLICT DO NOTHING`,
    );
    return async () => {
      await sql.unsafe('ROLLBACK');
    };
  }

  /** Resolves when so many statements wait for locks. */
  async function waiting(count: number): Promise<void> {
    const sql = fixture.sql({ max: 1 });
    while (true) {
      const [row] = await sql`SELECT count(*)::int AS count FROM pg_stat_activity WHERE wait_event_type = 'Lock'`;
      if (row?.['count'] >= count) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
});

describe('a put without a basis', () => {
  test('is refused once after a deletion that its cache has not seen, and stored then', async () => {
    const [a, b] = (await machines(2)) as [PostgresCache, PostgresCache];
    await a.get(key);
    await b.deletePrefix(utf8('order:'));
    expect(await a.put(key, utf8('perhaps old'), meta)).toBe(false);
    await expect.poll(() => a.put(key, utf8('again'), meta)).toBe(true);
  });

  test('is not refused for deletions of other keys, or of its own cache', async () => {
    const [a, b] = (await machines(2)) as [PostgresCache, PostgresCache];
    await a.get(key);
    await b.deletePrefix(utf8('user:'));
    const deleting = a.deletePrefix(utf8('order:'));
    expect(await a.put(key, utf8('after'), meta)).toBe(true);
    await deleting;
    expect(text((await b.get(key))?.value)).toBe('after');
  });

  test('is refused for a deletion of another cache before its own one', async () => {
    const [a, b] = (await machines(2)) as [PostgresCache, PostgresCache];
    await a.get(key);
    await b.deletePrefix(utf8('order:'));
    await a.deletePrefix(utf8('user:'));
    expect(await a.put(key, utf8('perhaps old'), meta)).toBe(false);
  });

  test('is stored after hundreds of deletions of its own cache among those of others', async () => {
    const [a, b] = (await machines(2)) as [PostgresCache, PostgresCache];
    for (let round = 0; round < 120; round += 1) {
      await a.deletePrefix(key);
      if (round % 7 === 0) await b.deletePrefix(utf8('user:'));
    }
    expect(await a.put(key, utf8('state'), meta)).toBe(true);
  });
});

describe('the list of deletions', () => {
  test('has those since an epoch, oldest first, with their prefixes byte for byte', async () => {
    const [a] = (await machines(1)) as [PostgresCache];
    const prefixes = [utf8('order:'), everything, Uint8Array.of(0xff, 0xff), new Uint8Array(3_000).fill(7)];
    for (const prefix of prefixes) await a.deletePrefix(prefix);
    const all = await a.deletionsSince(0n);
    expect(all.epoch).toBe(4n);
    expect(all.prefixes?.map((prefix) => new Uint8Array(prefix))).toEqual(prefixes);
    expect((await a.deletionsSince(3n)).prefixes).toHaveLength(1);
    expect((await a.deletionsSince(4n)).prefixes).toEqual([]);
    expect((await a.deletionsSince(5n)).prefixes).toBeUndefined();
  });

  test('is bounded: a put from before it is refused', async () => {
    const [a] = (await machines(1)) as [PostgresCache];
    await a.deletePrefix(utf8('user:'));
    const { epoch } = await a.readWithEpoch(key);
    await fixture.sql().unsafe(`UPDATE "${tableOf(a)}_state" SET epoch = 10099`);
    await a.deletePrefix(utf8('user:'));
    expect(await fixture.sql().unsafe(`SELECT epoch FROM "${tableOf(a)}_deletions"`)).toHaveLength(1);
    expect((await a.deletionsSince(epoch)).prefixes).toBeUndefined();
    expect(await a.put(key, utf8('too old'), meta, { epoch })).toBe(false);
    expect(await a.put(key, utf8('just known'), meta, { epoch: 100n })).toBe(true);
  });
});

test('deletions notify all that watch them, also after the connection was lost', async () => {
  const [a, b] = (await machines(2)) as [PostgresCache, PostgresCache];
  const pool = new Cache({ client: fixture.pool(), table: tableOf(a) });
  const counts = [0, 0];
  const counter = (at: number) => (): void => {
    counts[at] = (counts[at] ?? 0) + 1;
  };
  const stops = [await a.watchDeletions(counter(0)), await pool.watchDeletions(counter(1))];
  await expect.poll(() => counts.every((count) => count > 0)).toBe(true);
  const sql = fixture.sql();
  for (const _lost of [1, 2]) {
    counts.fill(0);
    await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ILIKE 'listen%' AND pid <> pg_backend_pid()`;
    // They are called when they listen again: what happened meanwhile is not known.
    await expect.poll(() => counts.every((count) => count > 0), { timeout: 20_000 }).toBe(true);
    counts.fill(0);
    await b.deletePrefix(key);
    await expect.poll(() => counts.every((count) => count > 0)).toBe(true);
  }
  for (const stop of stops) await stop();
  counts.fill(0);
  await b.deletePrefix(key);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(counts).toEqual([0, 0]);
  await pool.close();
});

function tableOf(cache: PostgresCache): string {
  const table = tables.get(cache);
  if (table === undefined) throw new Error('a cache of another test');
  return table;
}
