import type { CacheCapabilities } from './cache-capabilities.ts';
import type { CacheEntry, CacheMeta } from './cache-entry.ts';

/**
 * The contract of every cache. A cache may forget, but it must never lie: a miss is `undefined` and costs a replay; a value
 * older than one that replaced it, or a key that reappears after its prefix was deleted, is a bug.
 */
export interface ProjectionCache {
  /** Whether this cache cannot be written to, so that a projector only reads it; always the same. Optional: `false`. */
  readonly isReadOnly?: boolean;
  /** Returns what this cache can do; always the same. */
  capabilities(): CacheCapabilities;
  /** Returns the entry under `key`, `undefined` when there is none. */
  get(key: Uint8Array): CacheEntry | undefined;
  /** Stores `value` with `meta` under `key`, and replaces an existing entry. */
  put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void;
  /** Removes every entry whose key starts with `prefix`, all for an empty prefix. Returns how many there were. */
  deletePrefix(prefix: Uint8Array): number;
  /** Returns when everything accepted before the call is durable. */
  sync(): void;
  /** A hint that `key` will be read soon. Optional; does nothing unless `capabilities().supportsPrefetch` is true. */
  prefetch?(key: Uint8Array, predictedMeta: CacheMeta): void;
}

/**
 * A `ProjectionCache` that is asynchronous, such as one on a server. Calls may overlap: each copies or encodes its arguments
 * before it returns its promise, and puts and deletions take effect in the order of their calls.
 */
export interface AsyncProjectionCache {
  /** Whether this cache cannot be written to, so that a projector only reads it; always the same. Optional: `false`. */
  readonly isReadOnly?: boolean;
  /** Returns, synchronously, what this cache can do; always the same. */
  capabilities(): CacheCapabilities;
  /** Resolves to the entry under `key`, to `undefined` when there is none. */
  get(key: Uint8Array): Promise<CacheEntry | undefined>;
  /** Resolves when every later `get` of `key` returns this value and meta. */
  put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): Promise<void>;
  /** Removes every entry whose key starts with `prefix`, all for an empty prefix. Resolves to how many there were. */
  deletePrefix(prefix: Uint8Array): Promise<number>;
  /** Resolves when everything accepted before the call is durable. */
  sync(): Promise<void>;
  /** A hint that `key` will be read soon. Optional; its promise need not be awaited. */
  prefetch?(key: Uint8Array, predictedMeta: CacheMeta): Promise<void>;
}
