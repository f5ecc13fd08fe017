import { assertBytes } from '../base/argument.ts';
import type { CacheCapabilities } from './cache-capabilities.ts';
import type { CacheEntry, CacheMeta } from './cache-entry.ts';
import { assertMeta } from './meta-codec.ts';
import type { ProjectionCache } from './projection-cache.ts';

/**
 * A cache that stores nothing: every `get` is a miss. Use it to switch caching off without a change of the code that uses the
 * cache. Arguments are checked as in other caches, so that mistakes are found before a real cache replaces it. All methods
 * throw `TypeError` for arguments of the wrong type; `put` and `prefetch` throw `RangeError` for a meta out of range.
 */
export class NoCache implements ProjectionCache {
  /** Returns `isNoop: true`: values need not be encoded for this cache. */
  capabilities(): CacheCapabilities {
    return { supportsPrefetch: false, isNoop: true };
  }

  /** Returns `undefined`: always a miss. */
  get(key: Uint8Array): CacheEntry | undefined {
    assertBytes(key, 'key');
    return undefined;
  }

  /** Checks its arguments and stores nothing. */
  put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    assertBytes(key, 'key');
    assertBytes(value, 'value');
    assertMeta(meta);
  }

  /** Returns 0: there is nothing to remove. */
  deletePrefix(prefix: Uint8Array): number {
    assertBytes(prefix, 'prefix');
    return 0;
  }

  /** Does nothing: there is nothing to make durable. */
  sync(): void {}

  /** Checks its arguments and reads nothing. */
  prefetch(key: Uint8Array, predictedMeta: CacheMeta): void {
    assertBytes(key, 'key');
    assertMeta(predictedMeta);
  }
}
