import { attempt } from '../base/attempt.ts';
import { assertOptions } from '../base/options.ts';
import { runBlocking, runUnblocked } from '../base/pauses.ts';
import { storageFailure } from '../base/storage-failure.ts';
import type { KeyIndex } from '../key-index/key-index.ts';
import type { BackupOptions, BackupReport } from './backup/backup.ts';
import { StoreBackups } from './backup/store-backups.ts';
import type { Progress } from './compaction.ts';
import { CompactionScheduler, deadBytesOf, type StepOptions } from './compaction-scheduler.ts';
import { bytesOf, Generations } from './generations.ts';
import { ImageScheduler } from './image-scheduler.ts';
import { type LogStoreEnvironment, type LogStoreOptions, settingsOf } from './log-store-options.ts';
import { ReaderRefresh, type ReadLog } from './reader-refresh.ts';
import type { ReplayFindings } from './recovery/late-replay.ts';
import type { RecoveredLog } from './recovery/log-recovery.ts';
import { type OpenedStore, openingFailure, openStore } from './recovery/open-store.ts';
import type { RecoveryReport } from './recovery/recovery-report.ts';
import type { StoreContext } from './store-context.ts';
import { StoreReader } from './store-reader.ts';
import type { LogCacheStats } from './store-stats.ts';
import { StoreWriter } from './store-writer.ts';
import { Syncer } from './syncer.ts';
import { type VerifyReport, verifyLogs } from './verification.ts';

/**
 * A store from byte keys to byte bodies: an append-only log and the index of its live records. What a sync covered
 * survives any crash. After a crash the store holds a prefix of the accepted operations, each batch whole or not at
 * all.
 */
export class LogStore {
  /** Finds entries. */
  readonly reader: StoreReader;
  /** Accepts mutations. */
  readonly writer: StoreWriter;
  /** Whether `reader.prefetch` does anything on this storage. */
  readonly canPrefetch: boolean;
  readonly #context: StoreContext;
  #index: KeyIndex;
  readonly #generations: Generations;
  readonly #syncer: Syncer;
  readonly #scheduler: CompactionScheduler;
  readonly #images: ImageScheduler;
  #recovery: RecoveryReport;
  readonly #refresh: ReaderRefresh | undefined;
  readonly #backups: StoreBackups;
  /** Entries that a replay after the opening found damaged. */
  #entriesLostLate = 0;

  /**
   * Opens the store in the directory `path`, or creates it. Damaged content never makes it fail: it throws `LOCKED`,
   * `INCOMPATIBLE` or `IO`, and `TypeError` or `RangeError` for invalid options.
   */
  static open(path: string, options: LogStoreOptions, environment: LogStoreEnvironment): LogStore {
    const opened = runBlocking(openStore(path, settingsOf(options), environment, { blocks: true }));
    return LogStore.#started(path, opened, environment);
  }

  /** `open`, but waits for the lock without blocking. An abort of `signal` ends the wait and rejects with its reason. */
  static async openAsync(
    path: string,
    options: LogStoreOptions,
    environment: LogStoreEnvironment,
    signal?: AbortSignal,
  ): Promise<LogStore> {
    const opening = openStore(path, settingsOf(options), environment, { blocks: false });
    return LogStore.#started(path, await runUnblocked(opening, signal), environment);
  }

  /** Throws if the log must be replaced and cannot; then the store is closed. */
  static #started(path: string, opened: OpenedStore, environment: LogStoreEnvironment): LogStore {
    const store = new LogStore(opened, environment);
    try {
      if (opened.isShared) store.#scheduler.replaceLog();
    } catch (error) {
      attempt(
        () => store.close(),
        () => {},
      );
      throw openingFailure(path, error);
    }
    const { context, index, report, startedMs } = opened;
    const { readOnly } = context.settings;
    const entries = index.pending?.hasSums === false ? undefined : index.size;
    context.emit({ type: 'opened', readOnly, entries, durationMs: millisecondsSince(startedMs), report });
    return store;
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
    this.#syncer = new Syncer(generations, context.status, environment.defer);
    this.#images = new ImageScheduler(context, index, { generations, syncer: this.#syncer, onDisk: opened.image });
    this.#scheduler = new CompactionScheduler(context, generations, index);
    const parts = { syncer: this.#syncer, scheduler: this.#scheduler, images: this.#images };
    this.writer = new StoreWriter(context, index, generations, parts);
    this.reader = new StoreReader(context, index, generations, this.writer);
    this.#backups = new StoreBackups({
      context,
      syncer: this.#syncer,
      scheduler: this.#scheduler,
      storage: environment.storage,
      current: () => ({ log: generations.active, entries: this.#index.size }),
    });
    this.#watch(opened);
    if (settings.readOnly) {
      const current = (): ReadLog => ({ log: generations.active, index: this.#index });
      this.#refresh = new ReaderRefresh(context, { current, adopt: (recovered) => this.#adopt(recovered) });
      this.reader.onUnreadable = () => this.#refresh?.runInBackground() ?? false;
      return;
    }
    if (settings.syncEveryMs !== undefined) this.#syncer.syncEvery(settings.syncEveryMs);
    // Makes the decision about damage durable: a log without the damage replaces this one at once.
    if (report.damaged.length > 0) this.#housekeep(() => this.#scheduler.run());
    if (settings.maxBytes !== undefined) this.#housekeep(() => this.writer.shrink());
  }

  /** Number of entries. */
  get size(): number {
    this.assertOpen();
    return this.#index.size;
  }

  get isReadOnly(): boolean {
    return this.#context.settings.readOnly;
  }

  /** Throws `CLOSED` after `close`. */
  assertOpen(): void {
    this.#context.status.assertOpen();
  }

  /**
   * Throws `CLOSED`, `READ_ONLY`, `POISONED`, or the failure of a write in the background, if the store cannot be
   * written.
   */
  assertWritable(): void {
    this.#context.status.assertWritable();
  }

  /**
   * Lets a read-only store see what its writer has made durable since. Returns whether there may be a change; for a store
   * that writes, `false`. Throws `IO`; then the store keeps what it had, or is empty until a refresh succeeds.
   */
  refresh(): boolean {
    this.assertOpen();
    return this.#refresh?.run() ?? false;
  }

  /** Makes everything accepted so far durable. A failed sync poisons the store. */
  sync(): void {
    this.assertWritable();
    this.#syncer.sync();
  }

  /** `sync` off the thread; calls that wait at the same time share one sync. */
  async syncAsync(): Promise<void> {
    this.assertWritable();
    await this.#syncer.syncAsync();
  }

  /** Rewrites the log without its dead records, and writes the index image. */
  compact(): void {
    this.assertWritable();
    this.#scheduler.run();
    this.#syncer.sync();
    this.#images.write();
  }

  /** `compact` in small steps between turns of the event loop. An abort leaves the store as it was. */
  async compactAsync(options: StepOptions = {}): Promise<void> {
    this.assertWritable();
    await this.#scheduler.runAsync(options);
    await this.#syncer.syncAsync();
    this.#images.write();
    await this.#scheduler.removeObsoleteAsync();
  }

  /** Reads and checks every record. Damage is reported, not thrown. */
  verify(options: { readonly onProgress?: (progress: Progress) => void } = {}): VerifyReport {
    this.assertOpen();
    assertOptions(options, 'options of verify', ['onProgress']);
    if (this.#context.status.isWritable) {
      this.#syncer.flush();
      this.#scheduler.flush();
    }
    return verifyLogs(this.#generations.all, this.#index, options.onProgress);
  }

  /** Copies the store, as it is now, into the empty or absent directory `path`, and verifies the copy. */
  backup(path: string, options: BackupOptions = {}): BackupReport {
    return this.#backups.run(path, options);
  }

  /** `backup` in small steps between turns of the event loop; the copy is of the moment of the call. */
  async backupAsync(path: string, options: BackupOptions = {}): Promise<BackupReport> {
    return await this.#backups.runAsync(path, options);
  }

  /** Sizes, counters since the store was opened, and what opening it found. */
  stats(): LogCacheStats {
    this.assertOpen();
    return {
      entries: this.#index.size,
      liveBytes: bytesOf(this.#index.recordUnits),
      deadBytes: deadBytesOf(this.#generations.active, this.#index),
      logBytes: this.#generations.active.end,
      indexBytes: this.#index.bytes,
      pageBytes: this.#context.pool.bytes,
      generation: this.#generations.active.generation,
      counters: {
        hits: this.reader.hits,
        misses: this.reader.misses,
        evictions: this.writer.evictions,
        corruptions:
          this.reader.corruptions + this.#scheduler.entriesLost + this.#recovery.entriesLost + this.#entriesLostLate,
        recoveries: this.#recovery.clean ? 0 : 1,
        compactions: this.#scheduler.compactions,
        syncs: this.#syncer.syncs,
      },
      recovery: this.#recovery,
    };
  }

  /**
   * Makes everything durable, writes the index image, closes the files and releases the lock. It attempts all of this
   * and then throws the first failure. The store is closed in any case; what no sync covered may be lost. Another call
   * tries again to release a lock that could not be released, and does nothing else.
   */
  close(): void {
    const { status } = this.#context;
    if (status.isClosed) {
      this.#context.releaseLock();
      return;
    }
    const startedMs = performance.now();
    const failures: unknown[] = [];
    const collect = (error: unknown): unknown => failures.push(error);
    this.#syncer.stopTimer();
    this.#images.stop();
    this.#refresh?.stopTimer();
    this.#context.heldLogs.releaseAll();
    if (status.isWritable) {
      this.#scheduler.settle();
      attempt(() => this.#syncer.sync(), collect);
      this.#images.write();
      this.#scheduler.removeObsolete();
    }
    if (!status.isWritable) attempt(() => status.throwBackgroundFailure(), collect);
    status.close();
    this.#index.pending?.release();
    for (const log of this.#generations.all) attempt(() => log.close(), collect);
    attempt(() => this.#context.releaseLock(), collect);
    const error = failures.length === 0 ? undefined : storageFailure('close the store', failures[0]);
    this.#context.emit({ type: 'closed', durationMs: millisecondsSince(startedMs), error });
    if (error !== undefined) throw error;
  }

  /** For a reader: from now on it reads the log that has replaced the old one. */
  #adopt(opened: RecoveredLog): void {
    const { log, index, report } = opened;
    const old = this.#generations.active;
    this.#index.pending?.release();
    this.#generations.replace(log);
    this.#index = index;
    this.#recovery = report;
    this.reader.useIndex(index);
    this.#watch(opened);
    attempt(() => old.close(), this.#context.onHousekeepingFailure);
    if (!report.clean) this.#context.emit({ type: 'recovered', report });
  }

  /** Reads what is left of the index in its image, and learns if the image is damaged. */
  #watch({ index, lateReplay }: RecoveredLog): void {
    if (lateReplay !== undefined) lateReplay.onReplayed = (findings) => this.#replayedLate(findings);
    if (this.#context.settings.preloadIndex) index.pending?.preload(this.#context.later);
  }

  /** The image proved damaged: another one is to be written. So is a log without the damage, if the log has any. */
  #replayedLate({ damaged, entriesLost }: ReplayFindings): void {
    this.#images.forget();
    this.#entriesLostLate += entriesLost;
    if (damaged.length > 0) this.#scheduler.request();
  }

  /** Runs work that only makes the store faster or smaller: its failure is reported as an event and changes nothing. */
  #housekeep(task: () => void): void {
    if (this.#context.status.isWritable) attempt(task, this.#context.onHousekeepingFailure);
  }
}

function millisecondsSince(startedMs: number): number {
  return Math.round(performance.now() - startedMs);
}
