// Run by node:test in its own process: one cache that passes, and one that fails.
import { describe, test } from 'node:test';
import { LogCache } from '../../src/cache/log-cache.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { projectionCacheSuite } from '../../src/testing/index.ts';
import { MapCache } from './map-cache.ts';

const open = () => LogCache.open('cache', { storage: new MemoryStorage() });
const close = (cache: LogCache) => cache.close();

class CountsOneMore extends MapCache {
  override deletePrefix(prefix: Uint8Array): number {
    return super.deletePrefix(prefix) + 1;
  }
}

projectionCacheSuite({ name: 'a cache that keeps the contract', open, close, describe, test });
projectionCacheSuite({ name: 'a cache that does not', open: () => new CountsOneMore(), describe, test });
