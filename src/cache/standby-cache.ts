import { startsWith } from '../base/byte-keys.ts';
import { StoreError } from '../base/store-error.ts';
import { CacheCapabilities } from '../contract/cache-capabilities.ts';
import type { CacheEntry, CacheMeta } from '../contract/cache-entry.ts';
import type { ProjectionCache } from '../contract/projection-cache.ts';
import { MemoryStorage } from '../storage/memory-storage.ts';
import { LogCache } from './log-cache.ts';

/** Options of a `StandbyCache`; each has a default. */
export interface StandbyCacheOptions {
  /**
   * The most bytes that the records of all entries may take in memory; an integer of at least 1. Entries beyond that are
   * evicted. Default: no bound.
   */
  readonly maxBytes?: number;
}

/**
 * A cache in memory that moves into another cache later: a process that starts while the old one of a deploy still has the
 * store open works with this one until the lock is free.
 *
 * After `moveInto` every call goes to the other cache. Nothing is durable before. Throws as the caches it uses do.
 *
 * @example
 * ```ts
 * import { LogCache, MemoryStorage, Projector, StandbyCache } from 'projection-cache';
 *
 * const storage = new MemoryStorage();
 * const source = { head: () => 1n, read: () => [{ sequence: 1n, event: { cents: 1299 } }] };
 * const cache = new StandbyCache();
 * const projector = new Projector({ cache, source });
 * const moved = LogCache.openAsync('projections', { storage, waitForLockMs: 60_000 }).then((disk) => {
 *   cache.moveInto(disk);
 *   return disk;
 * });
 *
 * const total = { name: 'total', version: 1, initial: () => 0, apply: (sum: number, { cents }: { cents: number }) => sum + cents };
 * console.log(projector.project(total, 'order:507')); // 1299
 * (await moved).close();
 * ```
 */
export class StandbyCache implements ProjectionCache {
  readonly #memory: LogCache;
  /** In the order of the calls. One that another covers is not kept, so they are few. */
  #deletedPrefixes: Uint8Array[] = [];
  #cache: ProjectionCache;

  /** Throws `TypeError` or `RangeError` for invalid options. */
  constructor(options: StandbyCacheOptions = {}) {
    this.#memory = LogCache.open('standby', { ...options, storage: new MemoryStorage() });
    this.#cache = this.#memory;
  }

  /** Whether this cache has moved. */
  get hasMoved(): boolean {
    return this.#cache !== this.#memory;
  }

  /** Returns that prefetching is supported: the other cache may support it. */
  capabilities(): CacheCapabilities {
    return CacheCapabilities.prefetchHints();
  }

  /** The entry under `key`, or `undefined` on a miss. */
  get(key: Uint8Array): CacheEntry | undefined {
    return this.#cache.get(key);
  }

  /** Stores `value` and `meta` under `key` and replaces the entry that was there. */
  put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    this.#cache.put(key, value, meta);
  }

  /** Removes every entry whose key starts with `prefix`; `moveInto` removes them from the other cache too. */
  deletePrefix(prefix: Uint8Array): number {
    const removed = this.#cache.deletePrefix(prefix);
    if (!this.hasMoved) this.#remember(prefix.slice());
    return removed;
  }

  /** Makes everything durable after `moveInto`. Before that it does nothing, as memory cannot be durable. */
  sync(): void {
    this.#cache.sync();
  }

  /** Announces a `get` of `key`, if the cache in use supports that. */
  prefetch(key: Uint8Array, predictedMeta: CacheMeta): void {
    this.#cache.prefetch?.(key, predictedMeta);
  }

  /**
   * Removes from `cache` what was removed from this one, copies every entry that is newer there than the one in `cache`, by
   * its watermark, and uses `cache` from now on. If it throws, this cache has not moved and can try again. Throws
   * `CLOSED` if it has moved before. The caller closes `cache` in the end.
   */
  moveInto(cache: ProjectionCache): void {
    if (this.hasMoved) throw new StoreError('CLOSED', 'this StandbyCache has moved before: it moves once');
    for (const prefix of this.#deletedPrefixes) cache.deletePrefix(prefix);
    for (const [key, { value, meta }] of this.#memory.entries()) {
      const there = cache.get(key);
      if (there === undefined || there.meta.watermark < meta.watermark) cache.put(key, value, meta);
    }
    this.#cache = cache;
    this.#deletedPrefixes = [];
    this.#memory.close();
  }

  #remember(prefix: Uint8Array): void {
    if (this.#deletedPrefixes.some((earlier) => startsWith(prefix, earlier))) return;
    this.#deletedPrefixes = this.#deletedPrefixes.filter((earlier) => !startsWith(earlier, prefix));
    this.#deletedPrefixes.push(prefix);
  }
}
