import { assertBytes } from '../base/argument.ts';
import { StoreError } from '../base/store-error.ts';
import { CacheCapabilities } from '../contract/cache-capabilities.ts';
import type { CacheEntry, CacheMeta } from '../contract/cache-entry.ts';
import { assertMeta, metaBytes, readMeta, writeMeta } from '../contract/meta-codec.ts';
import type { ProjectionCache } from '../contract/projection-cache.ts';
import type { RecordMemory } from '../log/record-codec.ts';
import { copyForCaller } from '../log/result-slab.ts';
import { unlock } from '../storage/node-lock.ts';
import { NodeStorage } from '../storage/node-storage.ts';
import type { StorageBackend } from '../storage/storage-backend.ts';
import type { Progress } from '../store/compaction.ts';
import type { StepOptions } from '../store/compaction-scheduler.ts';
import { LogStore } from '../store/log-store.ts';
import type { LogStoreOptions } from '../store/log-store-options.ts';
import type { LogCacheStats } from '../store/store-stats.ts';
import type { StoredPut } from '../store/store-writer.ts';
import type { VerifyReport } from '../store/verification.ts';
import { type KeyInput, keyBytes } from './key-bytes.ts';
import { intervalOf, type KeyRange, limitOf } from './key-range.ts';

/** How a `LogCache` is opened; each option has a default. */
export interface LogCacheOptions extends LogStoreOptions {
  /** Where the files are; default: the file system. `MemoryStorage` for tests and runtimes without files. */
  readonly storage?: StorageBackend;
}

/**
 * A `ProjectionCache` in one directory: an append-only log and its index in memory.
 *
 * One process at a time writes to a directory; what `sync` covered survives any crash, and after one the cache holds a
 * prefix of the accepted operations. Strings stand for their UTF-8. Every method throws `CLOSED` after `close`, and those
 * that write `READ_ONLY`, `POISONED` or `IO` as docs/errors.md tells.
 */
export class LogCache implements ProjectionCache {
  readonly #store: LogStore;
  /** The meta of the put under way; the store copies it. */
  readonly #trailer: Uint8Array = new Uint8Array(metaBytes);

  private constructor(store: LogStore) {
    this.#store = store;
  }

  /**
   * Opens the cache in `directory`, or begins one. Damaged content is forgotten and told to `onEvent`; it never stops the
   * opening. Throws `LOCKED` where another process writes to it, `INCOMPATIBLE` where a newer version wrote it, `IO` where
   * the platform refuses, `TypeError` or `RangeError` for options.
   */
  static open(directory: string, options: LogCacheOptions = {}): LogCache {
    if (typeof directory !== 'string' || directory === '') throw new TypeError('directory must be a non-empty string');
    const storage = options.storage ?? new NodeStorage();
    return new LogCache(LogStore.open(directory, options, { storage }));
  }

  /**
   * Removes the lock of a directory whose owner the caller knows to be gone, as on another host. Two writers at once
   * destroy a store: the lock is taken over by itself wherever its owner is provably gone.
   */
  static unlock(directory: string): void {
    unlock(directory);
  }

  /** How many entries there are. */
  get size(): number {
    return this.#store.size;
  }

  /** Whether `prefetch` does anything depends on the storage: memory needs none. */
  capabilities(): CacheCapabilities {
    return this.#store.canPrefetch ? CacheCapabilities.prefetchHints() : CacheCapabilities.none();
  }

  /**
   * The entry under `key`, `undefined` on a miss. An entry that proves damaged is a miss. Small values share a buffer with
   * others, as Node's `Buffer`s do: copy a value before you transfer its buffer to another thread.
   */
  get(key: KeyInput): CacheEntry | undefined {
    return this.#store.read(keyBytes(key, 'key'), entryOf);
  }

  /** Whether there is an entry under `key`; its bytes are not read. */
  has(key: KeyInput): boolean {
    return this.#store.has(keyBytes(key, 'key'));
  }

  /** Stores `value` with `meta`, replacing what was there. A call that throws for lack of space has changed
   * nothing, but may have evicted where there is `maxBytes`.
   */
  put(key: KeyInput, value: Uint8Array, meta: CacheMeta): void {
    const bytes = keyBytes(key, 'key');
    assertBytes(value, 'value');
    assertMeta(meta);
    writeMeta(this.#trailer, 0, meta);
    this.#store.put(bytes, value, this.#trailer);
  }

  /**
   * Stores all of them or, also across a crash, none; of two with the same key the later one counts. The entries are
   * gathered before the first is stored, so bytes that were yielded must not change until the call returns.
   */
  putMany(entries: Iterable<readonly [KeyInput, Uint8Array, CacheMeta]>): void {
    // First, so that a cache that can store nothing takes nothing from its caller either.
    this.#store.assertWritable();
    const puts: StoredPut[] = [];
    for (const [key, value, meta] of entries) {
      assertBytes(value, 'value');
      assertMeta(meta);
      const trailer = new Uint8Array(metaBytes);
      writeMeta(trailer, 0, meta);
      puts.push({ key: keyBytes(key, 'key'), value, trailer });
    }
    this.#store.putMany(puts);
  }

  /** Removes the entry under `key`; whether there was one. */
  delete(key: KeyInput): boolean {
    return this.#store.delete(keyBytes(key, 'key'));
  }

  /** Removes every entry whose key starts with `prefix`, all for the empty one; returns how many there were. */
  deletePrefix(prefix: KeyInput): number {
    return this.#store.deletePrefix(keyBytes(prefix, 'prefix'));
  }

  /**
   * Entries in byte order of their keys. The cache may be written to meanwhile: each key comes at most once, and one that
   * is there all the time comes.
   */
  entries(range: KeyRange = {}): IterableIterator<[Uint8Array, CacheEntry]> {
    const [interval, limit] = [intervalOf(range), limitOf(range)];
    this.#store.assertOpen();
    return this.#store.scan({ interval, reverse: range.reverse === true, limit }, entryOf);
  }

  /** The same without the values, which are not read. */
  keys(range: KeyRange = {}): IterableIterator<Uint8Array> {
    const [interval, limit] = [intervalOf(range), limitOf(range)];
    this.#store.assertOpen();
    return this.#store.keys({ interval, reverse: range.reverse === true, limit });
  }

  /** Returns when everything accepted is durable. A sync that fails poisons the cache: close it and open it again. */
  sync(): void {
    this.#store.sync();
  }

  /** The same off the event loop. Callers share a sync that starts after their call. */
  syncAsync(): Promise<void> {
    return this.#store.syncAsync();
  }

  /**
   * Says that `key` will be asked for soon: its page of the log is read off the event loop, so that a `get` in a later turn
   * need not wait for the disk. A hint: it may be dropped, it changes nothing, and nobody is told what it fails with.
   * `predictedMeta` is the meta the caller expects to find; this cache checks only its form.
   */
  prefetch(key: KeyInput, predictedMeta: CacheMeta): void {
    const bytes = keyBytes(key, 'key');
    assertMeta(predictedMeta);
    this.#store.prefetch(bytes);
  }

  /** Rewrites the log without dead records, at once. It happens by itself, in small steps, when dead bytes exceed live. */
  compact(): void {
    this.#store.compact();
  }

  /** The same between turns of the event loop; an abort rejects with its reason and leaves the cache as it was. */
  compactAsync(options?: StepOptions): Promise<void> {
    return this.#store.compactAsync(options);
  }

  /** Reads every record of the log from the disk and reports what is damaged, without changing anything. */
  verify(options?: { readonly onProgress?: (progress: Progress) => void }): VerifyReport {
    return this.#store.verify(options);
  }

  /** Sizes, counters since it was opened, and what opening it found. */
  stats(): LogCacheStats {
    return this.#store.stats();
  }

  /**
   * Syncs, writes the index image and gives the directory free. The cache is closed also where that throws. A poisoned one
   * is closed without a sync and without another error: what was not durable by then may be lost.
   */
  close(): void {
    this.#store.close();
  }

  /** `close`, for `using` declarations. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** The entry in a body: the value is the caller's own. */
function entryOf(memory: RecordMemory, start: number, length: number): CacheEntry {
  if (length < metaBytes)
    throw new StoreError('CORRUPT', `an entry has at least ${metaBytes} bytes, this one ${length}`);
  const valueBytes = length - metaBytes;
  return { value: copyForCaller(memory, start, valueBytes), meta: readMeta(memory.bytes, start + valueBytes) };
}
