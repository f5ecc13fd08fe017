import { storageFailure } from '../base/storage-failure.ts';
import { IndexImageWriter } from '../image/index-image-writer.ts';
import type { KeyInterval } from '../key-index/index-cursor.ts';
import type { KeyIndex } from '../key-index/key-index.ts';
import type { BodyUse } from '../log/body-reader.ts';
import type { PagePool } from '../log/page-pool.ts';
import { copyForCaller } from '../log/record-memory.ts';
import type { StorageLock } from '../storage/storage-backend.ts';
import { Compactor } from './compactor.ts';
import { DeferredFlush } from './deferred-flush.ts';
import { imageName } from './generation-files.ts';
import type { Generations } from './generations.ts';
import { bytesOf } from './location.ts';
import { type LogStoreEnvironment, type LogStoreOptions, type StoreSettings, settingsOf } from './log-store-options.ts';
import { Mutations, type StoredPut } from './mutations.ts';
import { type OpenedStore, openStore } from './open-store.ts';
import type { Progress, StepOptions } from './progress.ts';
import { Reads } from './reads.ts';
import type { RecoveryReport } from './recovery-report.ts';
import type { ScanRange } from './scan-range.ts';
import type { StoreEventHandler } from './store-event.ts';
import type { LogStoreStats } from './store-stats.ts';
import { Syncer } from './syncer.ts';
import { type VerifyReport, verifyLogs } from './verification.ts';
import type { WriteGate } from './write-gate.ts';

const NO_BYTES = new Uint8Array(0);

/**
 * A store from byte keys to byte bodies: one append-only log and the index of what is live in it. What `sync` covered
 * survives any crash; after one the store holds a prefix of the accepted operations, batches whole or not at all.
 */
export class LogStore {
  /** Whether `prefetch` does anything on this storage. */
  readonly canPrefetch: boolean;
  readonly #lock: StorageLock | undefined;
  readonly #pool: PagePool;
  readonly #index: KeyIndex;
  readonly #generations: Generations;
  readonly #gate: WriteGate;
  readonly #emit: StoreEventHandler;
  readonly #syncer: Syncer;
  readonly #compactor: Compactor;
  readonly #deferred: DeferredFlush;
  readonly #mutations: Mutations;
  readonly #reads: Reads;
  readonly #images: IndexImageWriter;
  readonly #recovery: RecoveryReport;

  /**
   * Opens the store in `path`, or begins one. Damaged content never stops it: it fails with `LOCKED`, `INCOMPATIBLE` or
   * `IO`, and with `TypeError` or `RangeError` for options.
   */
  static open(path: string, options: LogStoreOptions, environment: LogStoreEnvironment): LogStore {
    const settings = settingsOf(options);
    return new LogStore(settings, openStore(path, settings, environment), environment);
  }

  private constructor(settings: StoreSettings, opened: OpenedStore, environment: LogStoreEnvironment) {
    const { context, gate, emit, generations, index, report } = opened;
    this.#lock = opened.lock;
    this.#pool = context.pool;
    this.#index = index;
    this.#generations = generations;
    this.#gate = gate;
    this.#emit = emit;
    this.#recovery = report;
    this.canPrefetch = generations.active.file.readAsync !== undefined;
    const { directory, beforeWrite: assertLockHeld } = context;
    const image = { directory, assertLockHeld };
    this.#images = new IndexImageWriter(image, index, generations.active.generation, opened.imageEnd);
    const syncer = new Syncer(generations, gate);
    const compactor = new Compactor(context, generations, index, gate, emit);
    const deferred = new DeferredFlush(syncer, gate, environment.defer);
    [this.#syncer, this.#compactor, this.#deferred] = [syncer, compactor, deferred];
    this.#mutations = new Mutations({ settings, gate, index, generations, syncer, compactor, deferred });
    this.#reads = new Reads({ settings, gate, index, generations, mutations: this.#mutations, emit });
    if (settings.readOnly) return;
    if (settings.syncEveryMs !== undefined) deferred.syncEvery(settings.syncEveryMs);
    // The verdict over damage is made lasting: a log without it is written at once.
    if (report.damaged.length > 0) this.#housekeep(() => compactor.run());
    this.#housekeep(() => this.#mutations.shrink());
  }

  get size(): number {
    this.#gate.assertOpen();
    return this.#index.size;
  }

  /** Throws `CLOSED` where nothing can be read any more. */
  assertOpen(): void {
    this.#gate.assertOpen();
  }

  /** Throws why nothing can be written: `CLOSED`, `READ_ONLY`, `POISONED`, or what a write in the background failed with. */
  assertWritable(): void {
    this.#gate.assertWritable();
  }

  /** A copy of the body under `key`, `undefined` where there is none. Throws `IO` where reading fails. */
  get(key: Uint8Array): Uint8Array | undefined {
    return this.#reads.read(key, copyForCaller);
  }

  /** The same with the body lent to `use` instead of copied; returns what that returns. */
  read<Result>(key: Uint8Array, use: BodyUse<Result>): Result | undefined {
    return this.#reads.read(key, use);
  }

  has(key: Uint8Array): boolean {
    return this.#reads.has(key);
  }

  /** Begins to read the record under `key` off the thread, where the storage can. A hint: what fails is not told. */
  prefetch(key: Uint8Array): void {
    this.#reads.prefetch(key);
  }

  /** Stores `value` and behind it `trailer`. */
  put(key: Uint8Array, value: Uint8Array, trailer: Uint8Array = NO_BYTES): void {
    this.#mutations.put(key, value, trailer);
  }

  /** Stores all of them or, also across a crash, none. Of two with the same key the later one counts. */
  putMany(puts: readonly StoredPut[]): void {
    this.#mutations.putMany(puts);
  }

  /** Removes `key`; whether it was there. */
  delete(key: Uint8Array): boolean {
    return this.#mutations.delete(key);
  }

  /** Removes every key that starts with `prefix` and returns how many there were. */
  deletePrefix(prefix: Uint8Array): number {
    return this.#mutations.deletePrefix(prefix);
  }

  /**
   * Keys of the interval in order. One that is there all the time comes, one removed before the order reaches it does not;
   * whether one comes that is new meanwhile is left open, as new keys are linked in order in groups.
   */
  keys(range: ScanRange): Generator<Uint8Array, undefined> {
    return this.#reads.keys(range);
  }

  /** The same with copies of the bodies; an entry that proves damaged is passed over. */
  entries(interval: KeyInterval, reverse = false): Generator<[Uint8Array, Uint8Array], undefined> {
    return this.#reads.scan({ interval, reverse, limit: Number.POSITIVE_INFINITY }, copyForCaller);
  }

  /** The same with each body lent to `use`, and for a number of entries at most. */
  scan<Result>(range: ScanRange, use: BodyUse<Result>): Generator<[Uint8Array, Result], undefined> {
    return this.#reads.scan(range, use);
  }

  /** Returns when everything accepted is durable. A failed sync poisons the store. */
  sync(): void {
    this.#gate.assertWritable();
    this.#syncer.sync();
  }

  async syncAsync(): Promise<void> {
    this.#gate.assertWritable();
    await this.#syncer.syncAsync();
  }

  /** Rewrites the log without what is dead, and the image of the index. */
  compact(): void {
    this.#gate.assertWritable();
    this.#compactor.run();
    this.#syncer.sync();
    this.#writeImage();
  }

  /** The same in small steps between turns of the event loop. An abort leaves the store as it was. */
  async compactAsync(options: StepOptions = {}): Promise<void> {
    this.#gate.assertWritable();
    await this.#compactor.runAsync(options);
    await this.#syncer.syncAsync();
    this.#writeImage();
    await this.#compactor.removeLeftoversAsync();
  }

  /** Reads every record and reports; damage is found, not thrown. */
  verify(options: { readonly onProgress?: (progress: Progress) => void } = {}): VerifyReport {
    this.#gate.assertOpen();
    if (!this.#gate.shut) {
      this.#syncer.flush();
      this.#compactor.flush();
    }
    return verifyLogs(this.#generations.all, this.#index, options.onProgress);
  }

  stats(): LogStoreStats {
    this.#gate.assertOpen();
    return {
      entries: this.#index.size,
      liveBytes: bytesOf(this.#index.recordUnits),
      deadBytes: this.#compactor.deadBytes,
      logBytes: this.#generations.active.end,
      indexBytes: this.#index.bytes,
      pageBytes: this.#pool.bytes,
      generation: this.#generations.active.generation,
      counters: {
        hits: this.#reads.hits,
        misses: this.#reads.misses,
        evictions: this.#mutations.evictions,
        corruptions: this.#reads.corruptions + this.#compactor.entriesLost + this.#recovery.entriesLost,
        recoveries: this.#recovery.clean ? 0 : 1,
        compactions: this.#compactor.compactions,
        syncs: this.#syncer.syncs,
      },
      recovery: this.#recovery,
    };
  }

  /**
   * Makes everything durable, writes the image, closes the files and gives up the lock. What fails is thrown after all of
   * it was attempted: the store is closed in any case, and what no sync covered may be lost. Closing again tries again to
   * give up a lock that could not be given up, and does nothing else.
   */
  close(): void {
    if (this.#gate.closed) {
      this.#releaseLock();
      return;
    }
    const failures: unknown[] = [];
    const attempt = (task: () => void): void => {
      try {
        task();
      } catch (error) {
        failures.push(error);
      }
    };
    this.#deferred.stop();
    if (!this.#gate.shut) {
      this.#compactor.settle();
      attempt(() => this.#syncer.sync());
      this.#writeImage();
      this.#compactor.removeLeftovers();
    }
    if (this.#gate.shut) attempt(() => this.#gate.assertTold());
    this.#gate.close();
    for (const log of this.#generations.all) attempt(() => log.close());
    attempt(() => this.#releaseLock());
    if (failures.length > 0) throw storageFailure('close the store', failures[0]);
  }

  #releaseLock(): void {
    try {
      this.#lock?.release();
    } catch (error) {
      throw storageFailure('release the lock', error);
    }
  }

  #writeImage(): void {
    // A compaction may have begun meanwhile: then the index names places in a log that is not whole.
    if (this.#generations.isBuilding) return;
    const log = this.#generations.active;
    this.#housekeep(() => this.#images.write(log, imageName(log.generation)));
  }

  /** For what only makes the store faster or smaller: its failure is told and changes nothing. */
  #housekeep(task: () => void): void {
    if (this.#gate.shut) return;
    try {
      task();
    } catch (error) {
      this.#emit({ type: 'housekeeping-failed', error });
    }
  }
}
