// Why these tests: a suite that cannot fail proves nothing about the backends that pass it. So a plain cache must pass,
// in both contracts, and each of a number of broken ones must fail exactly the cases about its fault.
import { describe, expect, test } from 'vitest';
import { type AnyProjectionCache, projectionCacheSuite } from '../../src/testing/index.ts';
import { brokenCaches } from './broken-caches.ts';
import { collectCases, failureOf, failuresOf } from './case-collector.ts';
import { faultlessCaches } from './faultless-caches.ts';
import { MapCache } from './map-cache.ts';
import { brokenNewestCaches, NewestMapCache } from './newest-caches.ts';
import { PersistentMapCache } from './persistent-map-cache.ts';
import { promised } from './promised-cache.ts';
import { QueuedCache } from './queued-cache.ts';

const reopen = ({ disk }: PersistentMapCache): PersistentMapCache => new PersistentMapCache(disk);

projectionCacheSuite({ name: 'a cache on a Map', open: () => new MapCache(), describe, test });
projectionCacheSuite({ name: 'an asynchronous cache on a Map', open: () => promised(new MapCache()), describe, test });
projectionCacheSuite({ name: 'a cache behind one connection', open: () => new QueuedCache(), describe, test });
projectionCacheSuite({
  name: 'a cache that keeps the newest entry',
  keepsNewest: true,
  open: () => new NewestMapCache(),
  describe,
  test,
});
projectionCacheSuite({
  name: 'a persistent cache on a Map',
  open: () => new PersistentMapCache(),
  reopen,
  describe,
  test,
});

describe('the suite', () => {
  test.each(brokenCaches)('finds a cache that $fault', async ({ foundBy, ...options }) => {
    const failures = await failuresOf(collectCases(options).filter(({ name }) => foundBy.includes(name)));
    expect([...failures.keys()].sort()).toEqual([...foundBy].sort());
  });

  test.each(brokenNewestCaches)(
    'finds a cache that should keep the newest entry and $fault',
    async ({ open, foundBy }) => {
      const failures = await failuresOf(
        collectCases({ open, keepsNewest: true }).filter(({ name }) => name === foundBy),
      );
      expect([...failures.keys()]).toEqual([foundBy]);
    },
  );

  test.each(faultlessCaches)('passes a cache that %s', async (_name, open) => {
    expect(await failuresOf(collectCases({ open }))).toEqual(new Map());
  });

  test('has for each case a broken cache that fails it', () => {
    const names = collectCases({ open: () => new PersistentMapCache(), reopen }).map(({ name }) => name);
    const failed = new Set(brokenCaches.flatMap(({ foundBy }) => foundBy));
    expect(names.filter((name) => !failed.has(name))).toEqual([]);
  });

  test('names the expected and the actual result', async () => {
    const failure = await failureOf('an empty value is an entry', { open: () => new ForgetsEverything() });
    expect(failure).toEqual(new Error('key 0x656d707479 must be found, but it is a miss'));
  });

  test('names the remedy, and keeps the original error as the cause', async () => {
    const name = 'a put of equal bytes replaces the meta';
    const failure = (await failureOf(name, { open: () => new ForgetsEverything() })) as Error;
    expect(failure.message).toMatch(
      /^key 0x6f726465723a353037 must be found, but it is a miss\nWrite the entry also when/,
    );
    expect(failure.cause).toEqual(new Error('key 0x6f726465723a353037 must be found, but it is a miss'));
  });

  test('tests reopening only if there is an option reopen', () => {
    const open = () => new PersistentMapCache();
    const without = collectCases({ open }).map(({ name }) => name);
    const added = collectCases({ open, reopen }).filter(({ name }) => !without.includes(name));
    expect(added.length).toBeGreaterThan(0);
    for (const { name } of added) expect(name).toMatch(/reopen|again/);
  });

  test('opens one cache for each case and closes each, also after a failure', async () => {
    const open = new Set<AnyProjectionCache>();
    let opened = 0;
    const cases = collectCases<AnyProjectionCache>({
      open: () => {
        const cache = new ForgetsEverything();
        open.add(cache);
        opened += 1;
        return cache;
      },
      close: (cache) => void open.delete(cache),
    });
    const failures = await failuresOf(cases);
    expect(failures.size).toBeGreaterThan(0);
    expect(opened).toBe(cases.length);
    expect(open.size).toBe(0);
  });

  test('closes the reopened cache, and leaves the first one to reopen', async () => {
    const closed: unknown[] = [];
    const reopened: PersistentMapCache[] = [];
    const cases = collectCases<PersistentMapCache>({
      open: () => new PersistentMapCache(),
      reopen: (cache) => {
        reopened.push(reopen(cache));
        return reopened.at(-1) as PersistentMapCache;
      },
      close: (cache) => void closed.push(cache),
    });
    await failuresOf(cases.filter(({ name }) => name === 'reopening an empty cache gives an empty cache'));
    expect(reopened).toHaveLength(1);
    expect(closed).toEqual(reopened);
  });

  test('has a different name for each case', () => {
    const names = collectCases({ open: () => new PersistentMapCache(), reopen }).map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  });
});

class ForgetsEverything extends MapCache {
  override get(): undefined {}
}
