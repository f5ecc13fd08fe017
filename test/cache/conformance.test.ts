import { describe, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { projectionCacheSuite } from '../conformance/projection-cache-suite.ts';
import { temporaryDirectory } from './cache-fixtures.ts';

const close = (cache: LogCache): void => cache.close();

projectionCacheSuite({
  name: 'LogCache on disk',
  open: () => LogCache.open(temporaryDirectory()),
  close,
  describe,
  test,
});

projectionCacheSuite({
  name: 'LogCache in memory, each put durable',
  open: () => LogCache.open('cache', { storage: new MemoryStorage(), durability: 'on-put' }),
  close,
  describe,
  test,
});
