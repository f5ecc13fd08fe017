import { CacheCapabilities } from '../../src/contract/cache-capabilities.ts';
import type { CacheEntry, CacheMeta } from '../../src/contract/cache-entry.ts';
import type { ProjectionCache } from '../../src/contract/projection-cache.ts';
import { MapCache } from './map-cache.ts';

/** One written operation: a put, or a deletion if there is no value. */
export interface MapRecord {
  readonly key: Uint8Array;
  readonly put?: CacheEntry;
}

/** The durable operations, in order: the disk of a `PersistentMapCache`. */
export type MapDisk = MapRecord[];

/** Returns what is written for an operation, or `undefined` for nothing. `before` is the previous value of the key. */
export type WriteRecord = (record: MapRecord, before: CacheEntry | undefined) => MapRecord | undefined;

/** A `MapCache` that outlives its process: `sync` writes the operations since the last sync to its disk. */
export class PersistentMapCache implements ProjectionCache {
  readonly disk: MapDisk;
  readonly unsynced: MapRecord[] = [];
  readonly #write: WriteRecord;
  readonly #cache: MapCache = new MapCache();

  constructor(disk: MapDisk = [], write: WriteRecord = (record) => record) {
    this.disk = disk;
    this.#write = write;
    for (const { key, put } of disk) {
      if (put === undefined) this.#cache.deletePrefix(key);
      else this.#cache.put(key, put.value, put.meta);
    }
  }

  capabilities(): CacheCapabilities {
    return CacheCapabilities.prefetchHints();
  }

  get(key: Uint8Array): CacheEntry | undefined {
    return this.#cache.get(key);
  }

  put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    const before = this.#cache.get(key);
    this.#cache.put(key, value, meta);
    this.#append({ key: new Uint8Array(key), put: { value: new Uint8Array(value), meta: { ...meta } } }, before);
  }

  deletePrefix(prefix: Uint8Array): number {
    const count = this.#cache.deletePrefix(prefix);
    this.#append({ key: new Uint8Array(prefix) }, undefined);
    return count;
  }

  sync(): void {
    this.disk.push(...this.unsynced.splice(0));
  }

  prefetch(_key: Uint8Array, _predictedMeta: CacheMeta): void {}

  #append(record: MapRecord, before: CacheEntry | undefined): void {
    const written = this.#write(record, before);
    if (written !== undefined) this.unsynced.push(written);
  }
}
