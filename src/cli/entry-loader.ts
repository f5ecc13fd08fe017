import type { LogCache } from '../cache/log-cache.ts';
import type { CacheEntry } from '../contract/cache-entry.ts';
import type { DumpEntry } from './dump-line.ts';

/** A batch is stored when it has this many bytes of keys and values ... */
const BATCH_BYTES_MAX: number = 1024 * 1024;
/** ... or this many entries. */
const BATCH_ENTRIES_MAX = 4_096;
/** What is stored is synced at least this often, so that an interrupted load loses little. */
const SYNC_BYTES: number = 64 * 1024 * 1024;

/** What became of the entries. */
export interface LoadCounts {
  /** Written to the store. */
  stored: number;
  /** Not written, as the store has the same entry. */
  unchanged: number;
  /** Not written, as the store has an entry with a higher watermark, or with the same one and cached later. */
  kept: number;
}

/** Stores entries in batches. An older entry does not replace a newer one, unless `overwrite` is set. */
export class EntryLoader {
  readonly #cache: LogCache;
  readonly #overwrite: boolean;
  readonly #batch = new Map<string, DumpEntry>();
  readonly counts: LoadCounts = { stored: 0, unchanged: 0, kept: 0 };
  #batchBytes = 0;
  #unsyncedBytes = 0;

  constructor(cache: LogCache, { overwrite }: { readonly overwrite: boolean }) {
    this.#cache = cache;
    this.#overwrite = overwrite;
  }

  /** Throws as `putMany` does. */
  add(entry: DumpEntry): void {
    const key = Buffer.from(entry.key.buffer, entry.key.byteOffset, entry.key.length).toString('latin1');
    const there = this.#there(key, entry);
    if (there !== undefined && this.#keeps(there, entry)) return;
    this.#batch.set(key, entry);
    this.#batchBytes += entry.key.length + entry.value.length;
    this.counts.stored += 1;
    if (this.#batchBytes >= BATCH_BYTES_MAX || this.#batch.size >= BATCH_ENTRIES_MAX) this.flush();
  }

  /** Stores what was added so far. */
  flush(): void {
    if (this.#batch.size === 0) return;
    this.#cache.putMany(this.#entries());
    this.#unsyncedBytes += this.#batchBytes;
    this.#batch.clear();
    this.#batchBytes = 0;
    if (this.#unsyncedBytes < SYNC_BYTES) return;
    this.#cache.sync();
    this.#unsyncedBytes = 0;
  }

  #there(key: string, entry: DumpEntry): CacheEntry | undefined {
    return this.#batch.get(key) ?? this.#cache.get(entry.key);
  }

  #keeps(there: CacheEntry, entry: DumpEntry): boolean {
    const isSameMeta = order(there, entry) === 0;
    if (isSameMeta && Buffer.compare(there.value, entry.value) === 0) {
      this.counts.unchanged += 1;
      return true;
    }
    if (this.#overwrite || order(there, entry) <= 0) return false;
    this.counts.kept += 1;
    return true;
  }

  *#entries(): Generator<readonly [Uint8Array, Uint8Array, CacheEntry['meta']]> {
    for (const { key, value, meta } of this.#batch.values()) yield [key, value, meta];
  }
}

/** Above 0 if `a` is newer than `b`, below 0 if it is older. */
function order({ meta: a }: CacheEntry, { meta: b }: CacheEntry): number {
  if (a.watermark !== b.watermark) return a.watermark > b.watermark ? 1 : -1;
  if (a.cachedAtUs !== b.cachedAtUs) return a.cachedAtUs > b.cachedAtUs ? 1 : -1;
  return 0;
}
