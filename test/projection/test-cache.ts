import { LogCache } from '../../src/cache/log-cache.ts';
import type { CacheCapabilities } from '../../src/contract/cache-capabilities.ts';
import type { CacheEntry, CacheMeta } from '../../src/contract/cache-entry.ts';
import type { AsyncProjectionCache, ProjectionCache } from '../../src/contract/projection-cache.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';

type Verb = 'get' | 'put' | 'deletePrefix' | 'prefetch';

function memoryCache(): LogCache {
  return LogCache.open('cache', { storage: new MemoryStorage() });
}

/** A cache in memory that counts its calls and whose operations can be made to throw. */
export class TestCache implements ProjectionCache {
  readonly inner: LogCache = memoryCache();
  readonly calls: Record<Verb, number> = { get: 0, put: 0, deletePrefix: 0, prefetch: 0 };
  readonly prefetched: Uint8Array[] = [];
  /** The operations that throw. */
  failing: readonly Verb[] = [];
  capability: CacheCapabilities = { supportsPrefetch: true, isNoop: false };

  capabilities(): CacheCapabilities {
    return this.capability;
  }

  get(key: Uint8Array): CacheEntry | undefined {
    this.#called('get');
    return this.inner.get(key);
  }

  put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    this.#called('put');
    this.inner.put(key, value, meta);
  }

  deletePrefix(prefix: Uint8Array): number {
    this.#called('deletePrefix');
    return this.inner.deletePrefix(prefix);
  }

  prefetch(key: Uint8Array): void {
    this.#called('prefetch');
    this.prefetched.push(key);
  }

  sync(): void {}

  keys(): IterableIterator<Uint8Array> {
    return this.inner.keys();
  }

  #called(verb: Verb): void {
    this.calls[verb] += 1;
    if (this.failing.includes(verb)) throw new Error(`${verb} failed`);
  }
}

/** The same cache as an asynchronous one; its errors become rejections. */
export function cacheAnsweringLater(cache: TestCache): AsyncProjectionCache & { keys(): AsyncIterable<Uint8Array> } {
  return {
    capabilities: () => cache.capabilities(),
    get: async (key) => {
      await null;
      return cache.get(key);
    },
    put: async (key, value, meta) => {
      await null;
      cache.put(key, value, meta);
    },
    deletePrefix: async (prefix) => {
      await null;
      return cache.deletePrefix(prefix);
    },
    prefetch: async (key) => {
      await null;
      cache.prefetch(key);
    },
    sync: async () => {
      await null;
    },
    keys: async function* () {
      yield* cache.keys();
    },
  };
}
