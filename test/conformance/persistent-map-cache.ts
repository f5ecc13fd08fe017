import { CacheCapabilities } from '../../src/contract/cache-capabilities.ts';
import type { CacheEntry, CacheMeta } from '../../src/contract/cache-entry.ts';
import type { ProjectionCache } from '../../src/contract/projection-cache.ts';
import { MapCache } from './map-cache.ts';

type Operation = (cache: ProjectionCache) => void;

/** What became durable, as the operations that lead there: the disk of a `PersistentMapCache`. */
export type MapDisk = Operation[];

/** A `MapCache` that outlives its process: `sync` writes the operations since the last one to its disk. */
export class PersistentMapCache implements ProjectionCache {
  readonly disk: MapDisk;
  readonly #cache: MapCache = new MapCache();
  readonly #unsynced: Operation[] = [];

  constructor(disk: MapDisk = []) {
    this.disk = disk;
    for (const operation of disk) operation(this.#cache);
  }

  capabilities(): CacheCapabilities {
    return CacheCapabilities.prefetchHints();
  }

  get(key: Uint8Array): CacheEntry | undefined {
    return this.#cache.get(key);
  }

  put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    this.#cache.put(key, value, meta);
    const [ownKey, ownValue, ownMeta] = [new Uint8Array(key), new Uint8Array(value), { ...meta }];
    this.#unsynced.push((cache) => cache.put(ownKey, ownValue, ownMeta));
  }

  deletePrefix(prefix: Uint8Array): number {
    const ownPrefix = new Uint8Array(prefix);
    this.#unsynced.push((cache) => void cache.deletePrefix(ownPrefix));
    return this.#cache.deletePrefix(prefix);
  }

  sync(): void {
    this.disk.push(...this.#unsynced.splice(0));
  }

  prefetch(_key: Uint8Array, _predictedMeta: CacheMeta): void {}
}
