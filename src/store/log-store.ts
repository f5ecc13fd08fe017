import { attempt } from '../base/attempt.ts';
import { storageFailure } from '../base/storage-failure.ts';
import type { KeyIndex } from '../key-index/key-index.ts';
import type { KeyInterval } from '../key-index/key-interval.ts';
import type { BodyUse } from '../log/body-reader.ts';
import { copyForCaller } from '../log/result-slab.ts';
import type { Progress } from './compaction.ts';
import { CompactionScheduler, type StepOptions } from './compaction-scheduler.ts';
import { bytesOf, Generations } from './generations.ts';
import { ImageKeeper } from './image-keeper.ts';
import { type LogStoreEnvironment, type LogStoreOptions, settingsOf } from './log-store-options.ts';
import { type OpenedStore, openStore } from './recovery/open-store.ts';
import type { RecoveryReport } from './recovery/recovery-report.ts';
import type { StoreContext } from './store-context.ts';
import { type ScanRange, StoreReader } from './store-reader.ts';
import type { LogStoreStats } from './store-stats.ts';
import { type StoredPut, StoreWriter } from './store-writer.ts';
import { Syncer } from './syncer.ts';
import { type VerifyReport, verifyLogs } from './verification.ts';

const NO_BYTES = new Uint8Array(0);

/**
 * A store from byte keys to byte bodies: one append-only log and the index of what is live in it. What `sync` covered
 * survives any crash; after one the store holds a prefix of the accepted operations, batches whole or not at all.
 */
export class LogStore {
  /** Whether `prefetch` does anything on this storage. */
  readonly canPrefetch: boolean;
  readonly #context: StoreContext;
  readonly #index: KeyIndex;
  readonly #generations: Generations;
  readonly #syncer: Syncer;
  readonly #scheduler: CompactionScheduler;
  readonly #writer: StoreWriter;
  readonly #reader: StoreReader;
  readonly #images: ImageKeeper;
  readonly #recovery: RecoveryReport;

  /**
   * Opens the store in `path`, or begins one. Damaged content never stops it: it fails with `LOCKED`, `INCOMPATIBLE` or
   * `IO`, and with `TypeError` or `RangeError` for options.
   */
  static open(path: string, options: LogStoreOptions, environment: LogStoreEnvironment): LogStore {
    return new LogStore(openStore(path, settingsOf(options), environment), environment);
  }

  private constructor(opened: OpenedStore, environment: LogStoreEnvironment) {
    const { context, log, index, report } = opened;
    const { settings } = context;
    const generations = new Generations(log);
    this.#context = context;
    this.#index = index;
    this.#generations = generations;
    this.#recovery = report;
    this.canPrefetch = log.file.readAsync !== undefined;
    this.#images = new ImageKeeper(context, index, log.generation, opened.imageEnd);
    this.#syncer = new Syncer(generations, context.status, environment.defer);
    this.#scheduler = new CompactionScheduler(context, generations, index);
    this.#writer = new StoreWriter(context, index, generations, this.#syncer, this.#scheduler);
    this.#reader = new StoreReader(context, index, generations, this.#writer);
    if (settings.readOnly) return;
    if (settings.syncEveryMs !== undefined) this.#syncer.syncEvery(settings.syncEveryMs);
    // Makes the decision about damage durable: a log without the damage replaces this one at once.
    if (report.damaged.length > 0) this.#housekeep(() => this.#scheduler.run());
    this.#housekeep(() => this.#writer.shrink());
  }

  get size(): number {
    this.#context.status.assertOpen();
    return this.#index.size;
  }

  /** Throws `CLOSED` where nothing can be read any more. */
  assertOpen(): void {
    this.#context.status.assertOpen();
  }

  /** Throws why nothing can be written: `CLOSED`, `READ_ONLY`, `POISONED`, or what a write in the background failed with. */
  assertWritable(): void {
    this.#context.status.assertWritable();
  }

  /** A copy of the body under `key`, `undefined` where there is none. Throws `IO` where reading fails. */
  get(key: Uint8Array): Uint8Array | undefined {
    return this.#reader.read(key, copyForCaller);
  }

  /** The same with the body lent to `use` instead of copied; returns what that returns. */
  read<Result>(key: Uint8Array, use: BodyUse<Result>): Result | undefined {
    return this.#reader.read(key, use);
  }

  has(key: Uint8Array): boolean {
    return this.#reader.has(key);
  }

  /** Begins to read the record under `key` off the thread, where the storage can. A hint: what fails is not told. */
  prefetch(key: Uint8Array): void {
    this.#reader.prefetch(key);
  }

  /** Stores `value` and behind it `trailer`. */
  put(key: Uint8Array, value: Uint8Array, trailer: Uint8Array = NO_BYTES): void {
    this.#writer.put(key, value, trailer);
  }

  /** Stores all of them or, also across a crash, none. Of two with the same key the later one counts. */
  putMany(puts: readonly StoredPut[]): void {
    this.#writer.putMany(puts);
  }

  /** Removes `key`; whether it was there. */
  delete(key: Uint8Array): boolean {
    return this.#writer.delete(key);
  }

  /** Removes every key that starts with `prefix` and returns how many there were. */
  deletePrefix(prefix: Uint8Array): number {
    return this.#writer.deletePrefix(prefix);
  }

  /**
   * Keys of the interval in order. One that is there all the time comes, one removed before the order reaches it does not;
   * whether one comes that is new meanwhile is left open, as new keys are linked in order in groups.
   */
  keys(range: ScanRange): Generator<Uint8Array, undefined> {
    return this.#reader.keys(range);
  }

  /** The same with copies of the bodies; an entry that proves damaged is passed over. */
  entries(interval: KeyInterval, reverse = false): Generator<[Uint8Array, Uint8Array], undefined> {
    return this.#reader.scan({ interval, reverse, limit: Number.POSITIVE_INFINITY }, copyForCaller);
  }

  /** The same with each body lent to `use`, and for a number of entries at most. */
  scan<Result>(range: ScanRange, use: BodyUse<Result>): Generator<[Uint8Array, Result], undefined> {
    return this.#reader.scan(range, use);
  }

  /** Returns when everything accepted is durable. A failed sync poisons the store. */
  sync(): void {
    this.#context.status.assertWritable();
    this.#syncer.sync();
  }

  async syncAsync(): Promise<void> {
    this.#context.status.assertWritable();
    await this.#syncer.syncAsync();
  }

  /** Rewrites the log without what is dead, and the image of the index. */
  compact(): void {
    this.#context.status.assertWritable();
    this.#scheduler.run();
    this.#syncer.sync();
    this.#writeImage();
  }

  /** The same in small steps between turns of the event loop. An abort leaves the store as it was. */
  async compactAsync(options: StepOptions = {}): Promise<void> {
    this.#context.status.assertWritable();
    await this.#scheduler.runAsync(options);
    await this.#syncer.syncAsync();
    this.#writeImage();
    await this.#scheduler.removeObsoleteAsync();
  }

  /** Reads every record and reports; damage is found, not thrown. */
  verify(options: { readonly onProgress?: (progress: Progress) => void } = {}): VerifyReport {
    this.#context.status.assertOpen();
    if (this.#context.status.isWritable) {
      this.#syncer.flush();
      this.#scheduler.flush();
    }
    return verifyLogs(this.#generations.all, this.#index, options.onProgress);
  }

  stats(): LogStoreStats {
    this.#context.status.assertOpen();
    return {
      entries: this.#index.size,
      liveBytes: bytesOf(this.#index.recordUnits),
      deadBytes: this.#scheduler.deadBytes,
      logBytes: this.#generations.active.end,
      indexBytes: this.#index.bytes,
      pageBytes: this.#context.pool.bytes,
      generation: this.#generations.active.generation,
      counters: {
        hits: this.#reader.hits,
        misses: this.#reader.misses,
        evictions: this.#writer.evictions,
        corruptions: this.#reader.corruptions + this.#scheduler.entriesLost + this.#recovery.entriesLost,
        recoveries: this.#recovery.clean ? 0 : 1,
        compactions: this.#scheduler.compactions,
        syncs: this.#syncer.syncs,
      },
      recovery: this.#recovery,
    };
  }

  /**
   * Makes everything durable, writes the image, closes the files and gives up the lock. What fails is thrown after all of
   * it was attempted: the store is closed in any case, and what no sync covered may be lost.
   */
  close(): void {
    const { status } = this.#context;
    if (status.isClosed) return;
    const failures: unknown[] = [];
    const collect = (error: unknown): unknown => failures.push(error);
    this.#syncer.stopTimer();
    if (status.isWritable) {
      this.#scheduler.settle();
      attempt(() => this.#syncer.sync(), collect);
      this.#writeImage();
      this.#scheduler.removeObsolete();
    }
    if (!status.isWritable) attempt(() => status.throwBackgroundFailure(), collect);
    status.close();
    for (const log of this.#generations.all) attempt(() => log.close(), collect);
    attempt(() => this.#context.releaseLock(), collect);
    if (failures.length > 0) throw storageFailure('close the store', failures[0]);
  }

  #writeImage(): void {
    // While a compaction is under way, the index holds locations in a log that is not whole.
    if (this.#generations.isBuilding) return;
    this.#housekeep(() => this.#images.write(this.#generations.active));
  }

  /** Runs work that only makes the store faster or smaller: its failure is reported as an event and changes nothing. */
  #housekeep(task: () => void): void {
    if (this.#context.status.isWritable) attempt(task, this.#context.onHousekeepingFailure);
  }
}
