import { describe, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { FaultStorage } from '../../src/testing/index.ts';
import { projectionCacheSuite } from './projection-cache-suite.ts';

const close = (cache: LogCache): void => cache.close();
const open = (): LogCache => LogCache.open('cache', { storage: new MemoryStorage(), pageCacheBytes: 524_288 });

projectionCacheSuite({ name: 'LogCache in memory, with the smallest page cache', open, close, describe, test });

// A storage that can read off the thread: there `prefetch` does something.
const openPrefetching = (): LogCache =>
  LogCache.open('cache', { storage: new FaultStorage(), pageCacheBytes: 524_288 });

projectionCacheSuite({ name: 'LogCache that prefetches', open: openPrefetching, close, describe, test });
