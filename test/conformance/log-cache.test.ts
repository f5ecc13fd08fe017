import { describe, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { projectionCacheSuite } from './projection-cache-suite.ts';

const close = (cache: LogCache): void => cache.close();
const open = (): LogCache => LogCache.open('cache', { storage: new MemoryStorage(), pageCacheBytes: 524_288 });

projectionCacheSuite({ name: 'LogCache in memory, with the smallest page cache', open, close, describe, test });
