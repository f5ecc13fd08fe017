import { describe, expect, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import type { Progress } from '../../src/store/compaction.ts';
import type { StoreEvent } from '../../src/store/store-event.ts';
import { eventsInto, typesInto } from '../store/event-collector.ts';
import { metaAt, openFor, openInMemory, someMeta, utf8, valueText } from './cache-fixtures.ts';
import { WrappedStorage } from './wrapped-storage.ts';

const entries = 3000;
const value = new Uint8Array(500);

/** Almost as many dead bytes as live ones, and more of both than one step processes. No compaction is due yet. */
function halfDead(cache: LogCache): LogCache {
  const overwritten = entries * 0.9;
  for (let i = 0; i < entries; i += 1) cache.put(`order:${i}`, value.fill(i < overwritten ? 1 : 2), metaAt(i));
  for (let i = 0; i < overwritten; i += 1) cache.put(`order:${i}`, value.fill(2), metaAt(i));
  return cache;
}

function expectWhole(cache: LogCache): void {
  expect(cache.size).toBe(entries);
  for (let i = 0; i < entries; i += 1) {
    const entry = cache.get(`order:${i}`);
    if (entry?.meta.watermark !== BigInt(i) || entry.value[0] !== 2) expect({ i, entry }).toBe('the newest state');
  }
}

/** A line for each entry: thousands of lines are compared in no time, thousands of entries are not. */
function contentsOf(cache: LogCache): string[] {
  return Array.from(cache.entries(), ([key, { value, meta }]) => {
    return [Buffer.from(key), Buffer.from(value), meta.watermark, meta.cachedAtUs].join(' ');
  });
}

describe('compact', () => {
  test('keeps only live entries', () => {
    const cache = halfDead(openInMemory());
    const before = cache.stats();
    expect(before.deadBytes).toBeGreaterThan(before.liveBytes * 0.8);
    cache.compact();
    const after = cache.stats();
    expect(after.deadBytes).toBe(0);
    expect(after.liveBytes).toBe(before.liveBytes);
    expect(after.logBytes).toBeLessThan(after.liveBytes + 1000);
    expect(after.generation).toBe(before.generation + 1);
    expect(after.counters.compactions).toBe(1);
    expectWhole(cache);
  });

  test('of a compacted log does nothing', () => {
    const cache = halfDead(openInMemory());
    cache.compact();
    const { generation } = cache.stats();
    cache.compact();
    expect(cache.stats()).toMatchObject({ generation, counters: { compactions: 1 } });
  });

  test('throws on failure, leaves the cache unchanged, and can be repeated', () => {
    const storage = new WrappedStorage();
    const events: StoreEvent[] = [];
    const cache = halfDead(openFor('cache', { storage, onEvent: eventsInto(events) }));
    cache.sync();
    const { generation } = cache.stats();
    for (const [operation, errno] of [
      ['create', 'EMFILE'],
      ['write', 'ENOSPC'],
      ['sync', 'EIO'],
      ['syncDirectory', 'EIO'],
    ] as const) {
      storage.refuse(operation, errno);
      expect(() => cache.compact(), operation).toThrow(expect.objectContaining({ code: 'IO' }));
      storage.allow(operation);
      expect(cache.stats()).toMatchObject({ generation, counters: { compactions: 0 } });
      expectWhole(cache);
    }
    cache.compact();
    expect(cache.stats()).toMatchObject({ deadBytes: 0, counters: { compactions: 1 } });
    expectWhole(cache);
    expect(events.map(({ type }) => type)).toContain('compaction-abandoned');
  });
});

describe('an automatic compaction', () => {
  test('starts when dead bytes exceed live bytes and the floor, and is reported', () => {
    const types: string[] = [];
    const cache = openInMemory({ onEvent: typesInto(types) });
    for (let round = 0; round < 10; round += 1) {
      for (let i = 0; i < entries; i += 1) cache.put(`order:${i}`, value.fill(2), metaAt(i));
      const { liveBytes, logBytes } = cache.stats();
      expect(logBytes).toBeLessThan(2.5 * liveBytes);
    }
    expect(cache.stats().counters.compactions).toBeGreaterThanOrEqual(3);
    expect(types.slice(0, 2)).toEqual(['compaction-started', 'compaction-finished']);
    expectWhole(cache);
  });
});

describe('compactAsync', () => {
  test('reports progress up to the end, each time in a turn of its own', async () => {
    const cache = halfDead(openInMemory());
    const seen: Progress[] = [];
    let turns = 0;
    const counting = setInterval(() => {
      turns += 1;
    }, 0);
    await cache.compactAsync({ onProgress: (progress) => seen.push(progress) });
    clearInterval(counting);
    expect(turns).toBeGreaterThan(1);
    expect(seen.length).toBeGreaterThan(5);
    for (const [i, { doneBytes, totalBytes }] of seen.entries()) {
      expect(doneBytes).toBeGreaterThan(seen[i - 1]?.doneBytes ?? 0);
      expect(doneBytes).toBeLessThanOrEqual(totalBytes);
    }
    expect(seen.at(-1)?.doneBytes).toBe(seen.at(-1)?.totalBytes);
    expect(cache.stats()).toMatchObject({ deadBytes: 0, counters: { compactions: 1 } });
    expectWhole(cache);
  });

  test('keeps concurrent puts and deletions', async () => {
    const storage = new WrappedStorage();
    const cache = halfDead(LogCache.open('cache', { storage }));
    let steps = 0;
    await cache.compactAsync({
      onProgress: () => {
        steps += 1;
        cache.put('order:0', utf8(`after step ${steps}`), someMeta);
        cache.delete(`order:${steps}`);
        cache.deletePrefix(`order:100${steps}`);
        cache.put(`new:${steps}`, utf8('new'), someMeta);
      },
    });
    const expected = contentsOf(cache);
    expect(valueText(cache, 'order:0')).toBe(`after step ${steps}`);
    expect(cache.has('order:1')).toBe(false);
    expect(cache.has('order:1001')).toBe(false);
    cache.close();
    expect(contentsOf(openFor('cache', { storage }))).toEqual(expected);
  });

  test('that is aborted before it starts changes nothing', async () => {
    const cache = halfDead(openInMemory());
    const { generation } = cache.stats();
    const reason = new Error('not now');
    await expect(cache.compactAsync({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(cache.stats()).toMatchObject({ generation, counters: { compactions: 0 } });
  });

  test('that is aborted midway rejects with the reason and leaves the cache unchanged', async () => {
    const storage = new WrappedStorage();
    const types: string[] = [];
    const cache = halfDead(LogCache.open('cache', { storage, onEvent: typesInto(types) }));
    const { generation } = cache.stats();
    const reason = new Error('enough');
    const controller = new AbortController();
    const onProgress = ({ doneBytes, totalBytes }: Progress): void => {
      if (doneBytes > totalBytes / 2) controller.abort(reason);
    };
    await expect(cache.compactAsync({ signal: controller.signal, onProgress })).rejects.toBe(reason);
    expect(cache.stats()).toMatchObject({ generation, counters: { compactions: 0 } });
    expect(types).toContain('compaction-abandoned');
    expectWhole(cache);
    cache.close();
    const reopened = openFor('cache', { storage });
    expect(reopened.stats().recovery).toMatchObject({ clean: true, damaged: [] });
    expectWhole(reopened);
    await reopened.compactAsync();
    expectWhole(reopened);
  });

  test('called twice compacts once, and both calls end with it', async () => {
    const cache = halfDead(openInMemory());
    await Promise.all([cache.compactAsync(), cache.compactAsync()]);
    expect(cache.stats()).toMatchObject({ deadBytes: 0, counters: { compactions: 1 } });
    expectWhole(cache);
  });

  test('of a cache that is closed meanwhile rejects with CLOSED', async () => {
    const storage = new WrappedStorage();
    const cache = halfDead(LogCache.open('cache', { storage }));
    const compaction = cache.compactAsync();
    cache.close();
    await expect(compaction).rejects.toThrow(expect.objectContaining({ code: 'CLOSED' }));
    expectWhole(openFor('cache', { storage }));
  });
});
