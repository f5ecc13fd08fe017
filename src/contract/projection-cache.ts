import type { CacheCapabilities } from './cache-capabilities.ts';
import type { CacheEntry, CacheMeta } from './cache-entry.ts';
import type { CacheReading, PutBasis, SharedDeletions, WantedEntry } from './cache-reading.ts';

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
  /**
   * Resolves when every later `get` of `key` returns this value and meta. A `SharedProjectionCache` resolves to whether it
   * stored them, any other cache to `undefined`. A cache that is not shared ignores `basis`.
   */
  put(key: Uint8Array, value: Uint8Array, meta: CacheMeta, basis?: PutBasis): Promise<unknown>;
  /** Removes every entry whose key starts with `prefix`, all for an empty prefix. Resolves to how many there were. */
  deletePrefix(prefix: Uint8Array): Promise<number>;
  /** Resolves when everything accepted before the call is durable. */
  sync(): Promise<void>;
  /** A hint that `key` will be read soon. Optional; its promise need not be awaited. */
  prefetch?(key: Uint8Array, predictedMeta: CacheMeta): Promise<void>;
}

/**
 * A cache that several processes write to. The order of their calls is not known, so two rules replace it:
 *
 * 1. *The newest entry stays.* A put replaces an entry only if its watermark is higher, or equal and its `cachedAtUs` later,
 *    and resolves to whether it stored its entry. `PutBasis.replaces` names one entry that is replaced nevertheless.
 * 2. *A deletion refuses what is older.* Each deletion has a number, the epoch, higher than that of all deletions before it. A
 *    reading carries the epoch that it has seen, and a put carries the epoch of the reading from which its value was made. A
 *    put is refused, and resolves to `false`, if a deletion with a higher epoch covers its key: the value may be made from
 *    what was removed, however late the put arrives. After a deletion has resolved, no entry that was read or made before
 *    it comes back.
 *
 * A put without `basis` carries the epoch that this cache had seen when `put` was called, and its own earlier deletions
 * do not refuse it. So it may be refused once after a deletion on another machine, and is accepted when the cache has read again.
 * A promise that rejects may leave a put that takes effect later: by both rules it does no harm.
 */
export interface SharedProjectionCache extends AsyncProjectionCache {
  /** Like `get`, with the epoch for a put that is based on it. `wanted`: when a nearer tier may answer alone. */
  readWithEpoch(key: Uint8Array, wanted?: WantedEntry): Promise<CacheReading>;
  /** Resolves to whether the entry was stored: see the rules above. */
  put(key: Uint8Array, value: Uint8Array, meta: CacheMeta, basis?: PutBasis): Promise<boolean>;
  /** Resolves to the deletions after the one with the number `epoch`. Absent: only this process deletes. */
  deletionsSince?(epoch: bigint): Promise<SharedDeletions>;
  /**
   * Calls `onDeletion` soon after deletions of any process, and when some may have been missed. Resolves to a function that
   * ends that. Optional: `deletionsSince` is enough.
   */
  watchDeletions?(onDeletion: () => void): Promise<() => Promise<void>>;
}
