// Why these tests: the caches of the package must pass the suite that the package publishes for others.
import { describe, test } from 'vitest';
import { LogCache, type LogCacheOptions } from '../../src/cache/log-cache.ts';
import { NoCache } from '../../src/contract/no-cache.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { FaultStorage, projectionCacheSuite } from '../../src/testing/index.ts';
import { temporaryDirectory } from '../cache/cache-fixtures.ts';
import { promised } from './promised-cache.ts';

const places = new WeakMap<LogCache, readonly [directory: string, options: LogCacheOptions]>();

function openAt(directory: string, options: LogCacheOptions): LogCache {
  const cache = LogCache.open(directory, options);
  places.set(cache, [directory, options]);
  return cache;
}

function reopen(cache: LogCache): LogCache {
  const [directory, options] = places.get(cache) ?? ['', {}];
  cache.close();
  return openAt(directory, options);
}

const logCache = { reopen, close: (cache: LogCache): void => cache.close(), describe, test };

const inMemory = (options: LogCacheOptions) => () => openAt('cache', { ...options, storage: new MemoryStorage() });
const onDisk = () => openAt(temporaryDirectory(), {});

projectionCacheSuite({ name: 'NoCache', open: () => new NoCache(), reopen: () => new NoCache(), describe, test });
projectionCacheSuite({ ...logCache, name: 'LogCache on disk', open: onDisk });
projectionCacheSuite({ name: 'LogCache behind promises', open: () => promised(inMemory({})()), describe, test });
projectionCacheSuite({ ...logCache, name: 'LogCache with few pages', open: inMemory({ pageCacheBytes: 524_288 }) });
projectionCacheSuite({ ...logCache, name: 'LogCache, each put durable', open: inMemory({ durability: 'on-put' }) });
const bounded = inMemory({ maxBytes: 2 ** 26 });
projectionCacheSuite({ ...logCache, name: 'LogCache with a bound on its bytes', open: bounded });
// A storage that can read off the thread, so that `prefetch` is effective; its files are in memory.
const prefetching = () => openAt('cache', { storage: new FaultStorage(), pageCacheBytes: 524_288 });
projectionCacheSuite({ ...logCache, name: 'LogCache that prefetches', open: prefetching });
