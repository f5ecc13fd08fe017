// Why these tests: many connections write one key. What is read must always be the newest, exactly.
import { describe, expect, test } from 'vitest';
import type { CacheMeta } from '../../src/contract/cache-entry.ts';
import { isNewer } from '../../src/contract/cache-reading.ts';
import type { PostgresCache } from '../../src/postgres/index.ts';
import { ServerFixture, text, utf8 } from './server-fixtures.ts';
import { shuffled } from './shuffled.ts';

const fixture = new ServerFixture({ settings: { synchronous_commit: 'off' } });
const key = utf8('order:507\0total');

/** Puts them in this order, 64 at a time, and reads in between. Resolves to the metas of those that were reported as stored. */
async function putAll(cache: PostgresCache, metas: readonly CacheMeta[]): Promise<CacheMeta[]> {
  const stored: CacheMeta[] = [];
  let newest: CacheMeta | undefined;
  const left = [...metas];
  const next = async (): Promise<void> => {
    for (let meta = left.pop(); meta !== undefined; meta = left.pop()) {
      if (await cache.put(key, utf8(`${meta.watermark} ${meta.cachedAtUs}`), meta)) {
        stored.push(meta);
        if (newest === undefined || isNewer(meta, newest)) newest = meta;
      }
      if (left.length % 100 !== 0) continue;
      const known = newest;
      const entry = await cache.get(key);
      // Never older than a put that was reported as stored before.
      if (known !== undefined) expect(entry !== undefined && !isNewer(known, entry.meta)).toBe(true);
      expect(text(entry?.value)).toBe(`${entry?.meta.watermark} ${entry?.meta.cachedAtUs}`);
    }
  };
  await Promise.all(Array.from({ length: 64 }, next));
  return stored;
}

describe.each(['postgres', 'pg'])('16 connections of %s', (client) => {
  const open = (): Promise<PostgresCache> =>
    fixture.cache({
      client: client === 'pg' ? fixture.pool({ max: 16 }) : fixture.sql({ max: 16 }),
      timeoutMs: 120_000,
    });

  test('put one key 10,000 times in any order: the highest watermark stays', async () => {
    const puts = 10_000;
    const cache = await open();
    const metas = Array.from({ length: puts }, (_, at) => ({ watermark: BigInt(at + 1), cachedAtUs: BigInt(-at) }));
    const stored = await putAll(cache, shuffled(metas, 16));
    const highest = metas.at(-1);
    expect((await cache.get(key))?.meta).toEqual(highest);
    expect(stored.filter(({ watermark }) => watermark === BigInt(puts))).toHaveLength(1);
    expect(await cache.deletePrefix(new Uint8Array(0))).toBe(1);
  });

  test('put equal watermarks in any order: the latest cachedAtUs stays', async () => {
    const cache = await open();
    const metas = Array.from({ length: 2_000 }, (_, at) => ({
      watermark: 2n ** 64n - 1n - BigInt(at % 4),
      cachedAtUs: BigInt(at) - 1_000n,
    }));
    const stored = await putAll(cache, shuffled([...metas, ...metas], 17));
    expect((await cache.get(key))?.meta).toEqual({ watermark: 2n ** 64n - 1n, cachedAtUs: 996n });
    // Each is put twice: the same entry again is not newer.
    expect(new Set(stored.map(({ cachedAtUs }) => cachedAtUs)).size).toBe(stored.length);
  });
});
