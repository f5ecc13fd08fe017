// Why these tests: a suite that cannot fail proves nothing about the backends that pass it. So a plain cache must pass,
// in both contracts, and each of a number of broken ones must fail in the very cases that are about its fault.
import { describe, expect, test } from 'vitest';
import type { AsyncProjectionCache } from '../../src/contract/projection-cache.ts';
import { brokenCaches } from './broken-caches.ts';
import type { AnyProjectionCache } from './cache-under-test.ts';
import { MapCache } from './map-cache.ts';
import { projectionCacheSuite } from './projection-cache-suite.ts';

projectionCacheSuite({ name: 'a cache on a Map', open: () => new MapCache(), describe, test });
projectionCacheSuite({ name: 'an asynchronous cache on a Map', open: openAsyncCache, describe, test });

describe('the suite', () => {
  test.each(brokenCaches)('finds a cache that $fault', async ({ open, foundBy }) => {
    expect(await failedCases(open)).toEqual(expect.arrayContaining([...foundBy]));
  });

  test('finds nothing in a cache that keeps the contract', async () => {
    expect(await failedCases(() => new MapCache())).toEqual([]);
  });

  test('opens a cache a case and closes each, also after a failure', async () => {
    const open = new Set<AnyProjectionCache>();
    let opened = 0;
    const cases = collectCases(
      () => {
        const cache = brokenCaches[0]?.open() ?? new MapCache();
        open.add(cache);
        opened += 1;
        return cache;
      },
      (cache) => void open.delete(cache),
    );
    const failed = await failuresOf(cases);
    expect(failed.length).toBeGreaterThan(0);
    expect(opened).toBe(cases.length);
    expect(open.size).toBe(0);
  });

  test('names no two cases alike', () => {
    const names = collectCases(() => new MapCache()).map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  });
});

interface CollectedCase {
  readonly name: string;
  readonly body: () => Promise<void>;
}

// A runner that only collects: the suite asks no more of one.
function collectCases(
  open: () => AnyProjectionCache,
  close: (cache: AnyProjectionCache) => void = () => {},
): CollectedCase[] {
  const cases: CollectedCase[] = [];
  projectionCacheSuite({
    name: 'collected',
    open,
    close,
    describe: (_name, body) => body(),
    test: (name, body) => cases.push({ name, body }),
  });
  return cases;
}

function failedCases(open: () => AnyProjectionCache): Promise<string[]> {
  return failuresOf(collectCases(open));
}

async function failuresOf(cases: readonly CollectedCase[]): Promise<string[]> {
  const failed: string[] = [];
  for (const { name, body } of cases) {
    const error = await body().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error !== undefined) failed.push(name);
  }
  return failed;
}

// Answers in a later turn, and rejects where the plain cache throws.
function openAsyncCache(): Promise<AsyncProjectionCache> {
  const cache = new MapCache();
  const later = async <Answer>(answer: () => Answer): Promise<Answer> => {
    await new Promise((resolve) => setImmediate(resolve));
    return answer();
  };
  return Promise.resolve({
    capabilities: () => cache.capabilities(),
    get: (key) => later(() => cache.get(key)),
    put: (key, value, meta) => later(() => cache.put(key, value, meta)),
    deletePrefix: (prefix) => later(() => cache.deletePrefix(prefix)),
    sync: () => later(() => cache.sync()),
  });
}
