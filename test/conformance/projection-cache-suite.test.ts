// Why these tests: a suite that cannot fail proves nothing about the backends that pass it. So a plain cache must pass,
// in both contracts, and each of a number of broken ones must fail in the very cases that are about its fault.
import { describe, expect, test } from 'vitest';
import { type AnyProjectionCache, projectionCacheSuite } from '../../src/testing/index.ts';
import { brokenCaches } from './broken-caches.ts';
import { collectCases, failureOf, failuresOf } from './case-collector.ts';
import { faultlessCaches } from './faultless-caches.ts';
import { MapCache } from './map-cache.ts';
import { PersistentMapCache } from './persistent-map-cache.ts';
import { promised } from './promised-cache.ts';
import { QueuedCache } from './queued-cache.ts';

const reopen = ({ disk }: PersistentMapCache): PersistentMapCache => new PersistentMapCache(disk);

projectionCacheSuite({ name: 'a cache on a Map', open: () => new MapCache(), describe, test });
projectionCacheSuite({ name: 'an asynchronous cache on a Map', open: () => promised(new MapCache()), describe, test });
projectionCacheSuite({ name: 'a cache behind one connection', open: () => new QueuedCache(), describe, test });
projectionCacheSuite({ name: 'one that lasts', open: () => new PersistentMapCache(), reopen, describe, test });

describe('the suite', () => {
  test.each(brokenCaches)('finds a cache that $fault', async ({ foundBy, ...options }) => {
    const failures = await failuresOf(collectCases(options).filter(({ name }) => foundBy.includes(name)));
    expect([...failures.keys()].sort()).toEqual([...foundBy].sort());
  });

  test.each(faultlessCaches)('passes a cache that %s', async (_name, open) => {
    expect(await failuresOf(collectCases({ open }))).toEqual(new Map());
  });

  test('has no case that no broken cache fails', () => {
    const names = collectCases({ open: () => new PersistentMapCache(), reopen }).map(({ name }) => name);
    const failed = new Set(brokenCaches.flatMap(({ foundBy }) => foundBy));
    expect(names.filter((name) => !failed.has(name))).toEqual([]);
  });

  test('says what it expected and what came', async () => {
    const failure = await failureOf('an empty value is an entry', { open: () => new ForgetsEverything() });
    expect(failure).toEqual(new Error('key 0x656d707479 must be found, but it is a miss'));
  });

  test('says what to do, and keeps the error as it was as the cause', async () => {
    const name = 'a put of equal bytes replaces the meta';
    const failure = (await failureOf(name, { open: () => new ForgetsEverything() })) as Error;
    expect(failure.message).toMatch(
      /^key 0x6f726465723a353037 must be found, but it is a miss\nWrite the entry also when/,
    );
    expect(failure.cause).toEqual(new Error('key 0x6f726465723a353037 must be found, but it is a miss'));
  });

  test('tests that entries last where there is a way to open a cache again, and only there', () => {
    const open = () => new PersistentMapCache();
    const without = collectCases({ open }).map(({ name }) => name);
    const added = collectCases({ open, reopen }).filter(({ name }) => !without.includes(name));
    expect(added.length).toBeGreaterThan(0);
    for (const { name } of added) expect(name).toMatch(/reopen|again/);
  });

  test('opens a cache a case and closes each, also after a failure', async () => {
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

  test('closes the cache that was opened again, and leaves the one before to reopen', async () => {
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

  test('names no two cases alike', () => {
    const names = collectCases({ open: () => new PersistentMapCache(), reopen }).map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  });
});

class ForgetsEverything extends MapCache {
  override get(): undefined {}
}
