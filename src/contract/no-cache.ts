import { assertBytes } from '../base/argument.ts';
import type { CacheCapabilities } from './cache-capabilities.ts';
import type { CacheEntry, CacheMeta } from './cache-entry.ts';
import { assertMeta } from './meta-codec.ts';
import type { ProjectionCache } from './projection-cache.ts';

/**
 * The cache that keeps nothing: every `get` is a miss and every prefix is empty. It is for switching caching off without
 * touching the code that uses it. Arguments are checked as any other cache checks them, so that a mistake shows here and
 * not on the day a real cache takes its place.
 */
export class NoCache implements ProjectionCache {
  /** Says that the cache is a no-op: what is put is not worth encoding. */
  capabilities(): CacheCapabilities {
    return { supportsPrefetch: false, isNoop: true };
  }

  /** Always a miss. */
  get(key: Uint8Array): CacheEntry | undefined {
    assertBytes(key, 'key');
    return undefined;
  }

  /** Forgets the value at once. */
  put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    assertBytes(key, 'key');
    assertBytes(value, 'value');
    assertMeta(meta);
  }

  /** Removes nothing: 0. */
  deletePrefix(prefix: Uint8Array): number {
    assertBytes(prefix, 'prefix');
    return 0;
  }

  /** Nothing to make durable. */
  sync(): void {}

  /** Nothing to read ahead. */
  prefetch(key: Uint8Array, predictedMeta: CacheMeta): void {
    assertBytes(key, 'key');
    assertMeta(predictedMeta);
  }
}
