import { assertBytes, bytesArgument, kindOf } from '../base/argument.ts';
import { assertOptions } from '../base/options.ts';
import { StoreError } from '../base/store-error.ts';
import { CacheCapabilities } from '../contract/cache-capabilities.ts';
import type { CacheEntry, CacheMeta } from '../contract/cache-entry.ts';
import { assertMeta, metaBytes, readMeta, writeMeta } from '../contract/meta-codec.ts';
import type { ProjectionCache } from '../contract/projection-cache.ts';
import { copyForCaller, type RecordMemory } from '../log/record-memory.ts';
import { fileSystem, unlock } from '../storage/file-system.ts';
import type { StorageBackend } from '../storage/storage-backend.ts';
import { assertDirectory, assertStorage } from '../storage/store-place.ts';
import type { BackupOptions, BackupReport } from '../store/backup/backup.ts';
import type { Progress } from '../store/compaction.ts';
import type { StepOptions } from '../store/compaction-scheduler.ts';
import { LogStore } from '../store/log-store.ts';
import type { StoreReader } from '../store/store-reader.ts';
import type { LogCacheStats } from '../store/store-stats.ts';
import type { StoredPut, StoreWriter } from '../store/store-writer.ts';
import type { VerifyReport } from '../store/verification.ts';
import { intervalOf, type KeyInput, type KeyRange, limitOf } from './key-range.ts';
import { type LogCacheOptions, OPTION_NAMES } from './log-cache-options.ts';
import { addReopenable, closeReopenable } from './reopenable-caches.ts';

export type { LogCacheOptions } from './log-cache-options.ts';

/**
 * A `ProjectionCache` in one directory: an append-only log on disk and its index in memory.
 *
 * One process at a time writes to a directory. What `sync` covered survives any crash; after a crash the cache holds a
 * prefix of the accepted operations. Keys and prefixes are bytes, or strings, which are encoded as UTF-8. After `close`
 * every method except `capabilities` and `close` throws `CLOSED`; methods that write throw `READ_ONLY`, `POISONED` or
 * `IO`, see docs/errors.md.
 */
export class LogCache implements ProjectionCache {
  readonly #store: LogStore;
  readonly #reader: StoreReader;
  readonly #writer: StoreWriter;
  /** The encoded meta of the current put; the store copies it. */
  readonly #trailer: Uint8Array = new Uint8Array(metaBytes);
  #forget: () => void = () => {};

  private constructor(store: LogStore) {
    if (!(store instanceof LogStore)) throw new TypeError('a LogCache is opened with LogCache.open(directory)');
    this.#store = store;
    this.#reader = store.reader;
    this.#writer = store.writer;
  }

  /**
   * Opens the cache in `directory`, or creates it. Damaged content is forgotten and reported to `onEvent`; it never
   * makes opening fail. Throws `LOCKED` if another process writes to the directory, `INCOMPATIBLE` if a newer version
   * of this package wrote it, `IO` if the platform refuses, and `TypeError` or `RangeError` for invalid options.
   */
  static open(directory: string, options: LogCacheOptions = {}): LogCache {
    assertOptions(options, 'options of open', OPTION_NAMES);
    const environment = environmentOf(directory, options);
    return new LogCache(LogStore.open(directory, options, environment)).#opened(directory, options);
  }

  /**
   * `open`, but waits for the lock without blocking, up to `waitForLockMs`: for the new process of a deploy, which starts
   * before the old one has closed the cache. An abort of `signal` ends the wait and rejects with its reason. The opening
   * itself, once the lock is taken, is the same synchronous work.
   */
  static async openAsync(
    directory: string,
    options: LogCacheOptions & { readonly signal?: AbortSignal } = {},
  ): Promise<LogCache> {
    assertOptions(options, 'options of openAsync', [...OPTION_NAMES, 'signal']);
    const { signal, ...others } = options;
    const environment = environmentOf(directory, others);
    const store = await LogStore.openAsync(directory, others, environment, signal);
    return new LogCache(store).#opened(directory, others);
  }

  /**
   * Removes the lock of a directory, also the lock in a copy of an open cache. Call it only if you know that its owner no
   * longer runs, for example on another host: two writers at once destroy a cache. If the owner is provably gone, `open`
   * takes over the lock without this call. Throws `LOCKED` if this process has that very directory open, `IO` if the
   * platform refuses.
   */
  static unlock(directory: string): void {
    assertDirectory(directory);
    unlock(directory);
  }

  /** Number of entries. */
  get size(): number {
    return this.#store.size;
  }

  /** Whether it was opened with `readOnly`: a projector then uses what the writer has cached, and writes nothing. */
  get isReadOnly(): boolean {
    return this.#store.isReadOnly;
  }

  /**
   * Lets a cache opened with `readOnly` see what its writer has made durable since it was opened or last refreshed, also
   * across compactions and crashes of the writer. Returns whether there may be a change: `false` means that there is none.
   * The time it takes is in proportion to what is new; after a compaction, all of the new log is. Iterators that were begun
   * before continue after the key they returned last. It never goes back to an older state, unless the directory was replaced
   * by an older copy. Returns `false` for a cache that writes, as it is always up to date. Throws `IO` if the platform refuses;
   * then the cache keeps what it had, or is empty until a refresh succeeds.
   */
  refresh(): boolean {
    return this.#store.refresh();
  }

  /** What this cache supports: `supportsPrefetch` is `false` for storage in memory, which does not need it. */
  capabilities(): CacheCapabilities {
    return this.#store.canPrefetch ? CacheCapabilities.prefetchHints() : CacheCapabilities.none();
  }

  /**
   * The entry under `key`, or `undefined` on a miss. A damaged entry is a miss. The value is a copy of your own. Small
   * values share one buffer, as Node's `Buffer`s do: copy a value before you transfer its buffer to another thread.
   */
  get(key: KeyInput): CacheEntry | undefined {
    return this.#reader.read(bytesArgument(key, 'key'), entryOf);
  }

  /** Whether there is an entry under `key`. Its value is not read, so damage is not noticed. */
  has(key: KeyInput): boolean {
    return this.#reader.has(bytesArgument(key, 'key'));
  }

  /**
   * Stores `value` and `meta` under `key` and replaces the entry that was there. If it throws for lack of space,
   * nothing has changed, except that with `maxBytes` other entries may have been evicted. Throws `TOO_LARGE` for a key
   * above 65,535 bytes, a value above 1 GiB, or an entry above `maxBytes`.
   */
  put(key: KeyInput, value: Uint8Array, meta: CacheMeta): void {
    const bytes = bytesArgument(key, 'key');
    assertBytes(value, 'value');
    assertMeta(meta);
    writeMeta(this.#trailer, 0, meta);
    this.#writer.put(bytes, value, this.#trailer);
  }

  /**
   * Stores all entries or none, also across a crash. Of two entries with the same key the later one counts. All are
   * collected before the first is stored, so bytes that the iterable has yielded must not change until the call
   * returns.
   */
  putMany(entries: Iterable<readonly [KeyInput, Uint8Array, CacheMeta]>): void {
    // First, so that a cache that cannot be written does not consume the iterable.
    this.#store.assertWritable();
    const puts: StoredPut[] = [];
    for (const entry of entries) {
      if (!Array.isArray(entry)) throw new TypeError(`an entry must be [key, value, meta]; got ${kindOf(entry)}`);
      const [key, value, meta] = entry;
      assertBytes(value, 'value');
      assertMeta(meta);
      const trailer = new Uint8Array(metaBytes);
      writeMeta(trailer, 0, meta);
      puts.push({ key: bytesArgument(key, 'key'), value, trailer });
    }
    this.#writer.putMany(puts);
  }

  /** Removes the entry under `key` and returns whether there was one. */
  delete(key: KeyInput): boolean {
    return this.#writer.delete(bytesArgument(key, 'key'));
  }

  /** Removes every entry whose key starts with `prefix` and returns their number. The empty prefix removes all. */
  deletePrefix(prefix: KeyInput): number {
    return this.#writer.deletePrefix(bytesArgument(prefix, 'prefix'));
  }

  /**
   * Iterates over the entries of `range` in byte order of their keys; by default over all. The cache may be changed
   * meanwhile: each key is returned at most once, and a key that is there all the time is returned. Damaged entries are
   * skipped. Throws `TypeError` or `RangeError` for an invalid range.
   */
  entries(range: KeyRange = {}): IterableIterator<[Uint8Array, CacheEntry]> {
    const [interval, limit] = [intervalOf(range), limitOf(range)];
    this.#store.assertOpen();
    return this.#reader.scan({ interval, reverse: range.reverse === true, limit }, entryOf);
  }

  /** Iterates over the keys of `range` as `entries` does, without reading the values. */
  keys(range: KeyRange = {}): IterableIterator<Uint8Array> {
    const [interval, limit] = [intervalOf(range), limitOf(range)];
    this.#store.assertOpen();
    return this.#reader.keys({ interval, reverse: range.reverse === true, limit });
  }

  /** Makes everything accepted so far durable. A sync that fails poisons the cache: close it and open it again. */
  sync(): void {
    this.#store.sync();
  }

  /**
   * `sync` off the event loop: resolves when everything accepted before the call is durable. Concurrent calls share a
   * sync.
   */
  syncAsync(): Promise<void> {
    return this.#store.syncAsync();
  }

  /**
   * Announces a `get` of `key`: its page of the log is read off the event loop, so that a `get` in a later turn does
   * not wait for the disk. It is a hint: it may be dropped, changes nothing, and its failures are ignored.
   * `predictedMeta` is the meta you expect to find; this cache only checks that it is valid.
   */
  prefetch(key: KeyInput, predictedMeta: CacheMeta): void {
    const bytes = bytesArgument(key, 'key');
    assertMeta(predictedMeta);
    this.#reader.prefetch(bytes);
  }

  /**
   * Rewrites the log without dead records, at once. The cache also does so itself, in small steps, if dead bytes exceed
   * live.
   */
  compact(): void {
    this.#store.compact();
  }

  /**
   * `compact` in small steps between turns of the event loop. An abort rejects with its reason and leaves the cache as
   * it was.
   */
  compactAsync(options?: StepOptions): Promise<void> {
    return this.#store.compactAsync(options);
  }

  /** Reads and checks every record of the log on disk. Damage is reported, not thrown, and nothing is changed. */
  verify(options?: { readonly onProgress?: (progress: Progress) => void }): VerifyReport {
    return this.#store.verify(options);
  }

  /**
   * Copies the cache, as it is now, into `directory`, which must be empty or absent; opening the copy restores it. The
   * copy is verified and durable when this returns. If it throws, or the process ends before, the directory is
   * empty or does not open. Throws `IO` if the directory is not empty or cannot be written, `CORRUPT` if the log is damaged,
   * and the reason of `signal` if that is aborted. The copy has the size of the log: call `compact()` before to make it
   * small.
   */
  backup(directory: string, options?: BackupOptions): BackupReport {
    assertDirectory(directory);
    return this.#store.backup(directory, options);
  }

  /**
   * `backup` in small steps between turns of the event loop, while the cache is used: the copy holds what was accepted
   * before the call, and nothing later. Of a cache that is open with `readOnly`, the copy holds what the reader sees, or
   * a newer state if the writer replaces the log meanwhile. `close` ends a backup: it rejects with `CLOSED`.
   */
  async backupAsync(directory: string, options?: BackupOptions): Promise<BackupReport> {
    assertDirectory(directory);
    return await this.#store.backupAsync(directory, options);
  }

  /** Sizes, counters since the cache was opened, and what opening it found. */
  stats(): LogCacheStats {
    return this.#store.stats();
  }

  /**
   * Syncs, writes the index image and releases the lock. If that throws, the cache is closed nevertheless; if the lock
   * could not be removed, another call tries again. A poisoned cache is closed without a sync and without another error:
   * what was not durable by then may be lost.
   */
  close(): void {
    this.#forget();
    this.#store.close();
  }

  /** Calls `close`; for `using` declarations. */
  [Symbol.dispose](): void {
    this.close();
  }

  #opened(directory: string, { reopen = false, storage }: LogCacheOptions): this {
    if (reopen) this.#forget = addReopenable(directory, storage, this);
    return this;
  }
}

/** Where the files are. A cache that `reopen` replaces is closed. */
function environmentOf(directory: unknown, options: LogCacheOptions): { readonly storage: StorageBackend } {
  assertDirectory(directory);
  const { reopen = false, storage } = options;
  assertStorage(storage);
  if (reopen) closeReopenable(directory, storage);
  return { storage: storage ?? fileSystem() };
}

/** Decodes the entry in a body; the value is a copy. */
function entryOf(memory: RecordMemory, start: number, length: number): CacheEntry {
  if (length < metaBytes)
    throw new StoreError('CORRUPT', `an entry has at least ${metaBytes} bytes, this one ${length}`);
  const valueBytes = length - metaBytes;
  return { value: copyForCaller(memory, start, valueBytes), meta: readMeta(memory.bytes, start + valueBytes) };
}
