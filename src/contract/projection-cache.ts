import type { CacheCapabilities } from './cache-capabilities.ts';
import type { CacheEntry, CacheMeta } from './cache-entry.ts';

/**
 * The contract every cache backend keeps. A cache may forget, but it must never lie: a miss is `undefined` and costs a
 * replay; a value older than one it was told to replace, or a key that returns after its prefix was deleted, is a bug.
 */
export interface ProjectionCache {
  /** What this cache can do; the same for as long as it lives. */
  capabilities(): CacheCapabilities;
  /** The entry under `key`, `undefined` when there is none. */
  get(key: Uint8Array): CacheEntry | undefined;
  /** Stores `value` with `meta` under `key`, replacing what was there. */
  put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void;
  /** Removes every entry whose key starts with `prefix` (the empty prefix: all) and returns how many there were. */
  deletePrefix(prefix: Uint8Array): number;
  /** Returns when everything accepted before the call is durable. */
  sync(): void;
  /** A hint that `key` will be asked for soon. Absent or a no-op where `capabilities()` says so. */
  prefetch?(key: Uint8Array, predictedMeta: CacheMeta): void;
}

/**
 * The same verbs for caches that answer later, such as those on a server. Calls may overlap: each copies or encodes its
 * arguments before it returns its promise, and puts and deletions take effect in the order of their calls.
 */
export interface AsyncProjectionCache {
  /** What this cache can do, known without waiting. */
  capabilities(): CacheCapabilities;
  /** Resolves to the entry under `key`, to `undefined` when there is none. */
  get(key: Uint8Array): Promise<CacheEntry | undefined>;
  /** Resolves when every later `get` of `key` gives this value and meta. */
  put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): Promise<void>;
  /** Resolves to how many entries it removed: those whose key starts with `prefix`, all for the empty one. */
  deletePrefix(prefix: Uint8Array): Promise<number>;
  /** Resolves when everything accepted before the call is durable. */
  sync(): Promise<void>;
  /** A hint that `key` will be asked for soon; nobody need wait for it. */
  prefetch?(key: Uint8Array, predictedMeta: CacheMeta): Promise<void>;
}
