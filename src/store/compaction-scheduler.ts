import { guardedHandler } from '../base/guarded-handler.ts';
import { assertOptions } from '../base/options.ts';
import { nextTurn } from '../base/pauses.ts';
import { StoreError } from '../base/store-error.ts';
import type { KeyIndex } from '../key-index/key-index.ts';
import { FILE_HEADER_BYTES } from '../log/file-header.ts';
import type { LogFile } from '../log/log-file.ts';
import { RECORD_HEADER_BYTES } from '../log/record-format.ts';
import { Compaction, type Progress } from './compaction.ts';
import { bytesOf, type Generations } from './generations.ts';
import { ObsoleteGenerations } from './obsolete-generations.ts';
import type { StoreContext } from './store-context.ts';

/** Below this many dead bytes a compaction is not worth its syncs. */
const DEAD_BYTES_MIN: number = 1024 * 1024;
/**
 * For each byte written, this many bytes of the old generation are processed or removed, so that the work catches up.
 */
const PACE = 8;
const STEP_BYTES_MIN: number = 4 * 1024;
/** After a failed compaction the log must grow by this factor before the next, to spare a full disk. */
const RETRY_GROWTH = 1.25;
/** `close` leaves no log with more dead bytes than this many times its live ones. */
const DEAD_RATIO_AT_CLOSE_MAX = 1.25;
/** A compaction that runs to its end processes this many bytes of the log at a time. */
const TURN_BYTES: number = 256 * 1024;
/** The bytes of a new log besides the records of entries: its header and COMPLETE. */
const OVERHEAD_BYTES: number = FILE_HEADER_BYTES + RECORD_HEADER_BYTES;

/** Options of an operation that runs in small steps. */
export interface StepOptions {
  /** Ends the operation before its next step and undoes what it has done. Default: none. */
  readonly signal?: AbortSignal;
  /** Called after each step. An error it throws is reported as a process warning and ignored. Default: none. */
  readonly onProgress?: (progress: Progress) => void;
}

/** Decides when to compact and lets later writes pay for it. */
export class CompactionScheduler {
  readonly #context: StoreContext;
  readonly #generations: Generations;
  readonly #index: KeyIndex;
  #current: Compaction | undefined;
  /** The old generation that is being removed after a compaction. */
  #obsolete: ObsoleteGenerations | undefined;
  #retryAtBytes = 0;
  /** Whether the next write begins a compaction, whatever it gains. */
  #requested = false;
  /** Number of `runAsync` calls that wait for the current compaction. */
  #callers = 0;
  /** Number of compactions that ended with a new generation. */
  compactions = 0;
  /** Number of entries that compactions found damaged. */
  entriesLost = 0;

  constructor(context: StoreContext, generations: Generations, index: KeyIndex) {
    this.#context = context;
    this.#generations = generations;
    this.#index = index;
  }

  /** Bytes of the active log that hold nothing live. */
  get deadBytes(): number {
    return deadBytesOf(this.#generations.active, this.#index);
  }

  /** Does the share of work that a write of `bytes` pays for. A failure ends the compaction, not the write. */
  advance(bytes: number): void {
    const share = Math.max(STEP_BYTES_MIN, bytes * PACE);
    if (this.#obsolete !== undefined) this.#removeSome(this.#obsolete, share);
    if (this.#current === undefined && !this.#due()) return;
    try {
      if (this.#current === undefined) this.#begin();
      this.#step(share);
    } catch (error) {
      // No caller sees why a compaction could not begin.
      if (this.#current === undefined) this.#context.onHousekeepingFailure(error);
      this.#abandon(error);
    }
  }

  /** Compacts to the end if there is anything to gain. Throws what storage throws; then nothing has changed. */
  run(): void {
    this.#runToEnd(() => this.#beginIfWorthwhile());
  }

  /** Replaces the log by a new one in any case. Throws what storage throws; then nothing has changed. */
  replaceLog(): void {
    this.#runToEnd(() => this.#current ?? this.#begin());
  }

  /** The next write begins a compaction. */
  request(): void {
    this.#requested = true;
  }

  #runToEnd(begin: () => Compaction | undefined): void {
    try {
      const compaction = begin();
      while (compaction !== undefined && this.#current === compaction) this.#step(TURN_BYTES);
      this.removeObsolete();
    } catch (error) {
      this.#abandon(error);
      throw error;
    }
  }

  /** `run` in steps between turns of the event loop; writes in between advance it too. */
  async runAsync(options: StepOptions): Promise<void> {
    assertOptions(options, 'options of compactAsync', ['signal', 'onProgress']);
    const { signal, onProgress } = options;
    signal?.throwIfAborted();
    const compaction = this.#beginIfWorthwhile();
    if (compaction === undefined) return;
    const report = guardedHandler('onProgress', onProgress);
    this.#callers += 1;
    let reportedBytes = 0;
    try {
      while (this.#current === compaction) {
        this.#step(TURN_BYTES);
        const { progress } = compaction;
        // A step that only syncs is no progress.
        if (progress.doneBytes > reportedBytes) report(progress);
        reportedBytes = progress.doneBytes;
        if (this.#current === compaction) await nextTurn();
        if (this.#current !== compaction) break;
        this.#context.status.assertWritable();
        signal?.throwIfAborted();
      }
    } catch (error) {
      // If another caller waits for the same compaction, the abort of one does not end it.
      const goesOn = signal?.aborted === true && this.#callers > 1;
      if (this.#current === compaction && !goesOn) this.#abandon(error);
      throw error;
    } finally {
      this.#callers -= 1;
    }
    // The failure may have happened in a write that advanced it.
    if (compaction.abandonedFor !== undefined) throw compaction.abandonedFor;
  }

  /** Removes old generations at once. One that a backup reads stays for later. */
  removeObsolete(): void {
    this.#obsolete?.finish();
    this.#forgetRemoved();
  }

  /** Removes old generations in steps between turns of the event loop. */
  async removeObsoleteAsync(): Promise<void> {
    while (this.#obsolete?.any && this.#context.status.isWritable) {
      this.#obsolete.step();
      await nextTurn();
    }
  }

  /** For `close`: finishes a compaction if the log would be too large without it, and abandons it otherwise. */
  settle(): void {
    if (this.#current === undefined) return;
    const bounded = this.deadBytes <= bytesOf(this.#index.recordUnits) * DEAD_RATIO_AT_CLOSE_MAX;
    try {
      if (bounded) this.#abandon(new StoreError('CLOSED', 'the store was closed'));
      else this.run();
    } catch {
      // Nothing is lost: the old generation is still the store, and `close` makes it durable.
    }
  }

  /**
   * Writes what was copied to its file, so that it can be read there. A failure ends the compaction, not the caller.
   */
  flush(): void {
    try {
      this.#current?.target.flush();
    } catch (error) {
      this.#abandon(error);
    }
  }

  #beginIfWorthwhile(): Compaction | undefined {
    return this.#current ?? (this.deadBytes > 0 ? this.#begin() : undefined);
  }

  #begin(): Compaction {
    const compaction = Compaction.begin(this.#context, this.#generations, this.#index);
    this.#current = compaction;
    this.#requested = false;
    const { source, target } = compaction;
    // Last, as the handler may write: its writes must advance this compaction and not begin another.
    this.#context.emit({ type: 'compaction-started', generation: target.generation, logBytes: source.end });
    return compaction;
  }

  /** Advances the current compaction and finishes it when it has caught up. */
  #step(bytes: number): void {
    const compaction = this.#current;
    if (compaction === undefined) return;
    try {
      compaction.step(bytes);
      if (compaction.isReady) this.#finish(compaction);
    } finally {
      this.#reportLost(compaction);
    }
  }

  #finish(compaction: Compaction): void {
    // Before `finish` can report a failure of housekeeping: a handler that writes must not advance this compaction
    // again.
    this.#current = undefined;
    try {
      compaction.finish();
    } catch (error) {
      this.#current = compaction;
      throw error;
    }
    const { generation, end } = compaction.target;
    this.#retryAtBytes = 0;
    this.compactions += 1;
    this.#obsolete = new ObsoleteGenerations(this.#context);
    this.#obsolete.collect(generation);
    this.#context.emit({ type: 'compaction-finished', generation, logBytes: end });
  }

  /** Ends the current compaction, if any, without a result, because of `cause`. Nothing is lost. */
  #abandon(cause: unknown): void {
    const compaction = this.#current;
    const { status, emit } = this.#context;
    this.#current = undefined;
    this.#requested = false;
    this.#retryAtBytes = this.#generations.active.end * RETRY_GROWTH;
    if (cause instanceof StoreError && cause.code === 'POISONED') status.poisonInBackground(cause);
    if (compaction === undefined) return;
    compaction.abandon(cause);
    emit({ type: 'compaction-abandoned', generation: compaction.target.generation, error: cause });
  }

  #reportLost(compaction: Compaction): void {
    const { generation } = compaction.source;
    for (const { key, offset } of compaction.takeLost()) {
      this.entriesLost += 1;
      this.#context.emit({ type: 'entry-damaged', key, generation, offset });
    }
  }

  #removeSome(obsolete: ObsoleteGenerations, bytes: number): void {
    obsolete.advance(bytes);
    this.#forgetRemoved();
  }

  #forgetRemoved(): void {
    if (this.#obsolete?.isDone) this.#obsolete = undefined;
  }

  #due(): boolean {
    if (this.#requested) return true;
    // Nothing waits for sums that only the whole index image has: they are known soon.
    if (this.#index.pending?.hasSums === false) return false;
    const dead = this.deadBytes;
    return (
      dead > DEAD_BYTES_MIN &&
      dead > bytesOf(this.#index.recordUnits) &&
      this.#generations.active.end >= this.#retryAtBytes
    );
  }
}

/** Bytes of a log that hold nothing live. */
export function deadBytesOf(log: LogFile, index: KeyIndex): number {
  return Math.max(0, log.lastDataRecord.end - OVERHEAD_BYTES - bytesOf(index.recordUnits));
}
