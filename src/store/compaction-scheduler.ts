import { attempt } from '../base/attempt.ts';
import { storageFailure } from '../base/storage-failure.ts';
import { StoreError } from '../base/store-error.ts';
import type { KeyIndex } from '../key-index/key-index.ts';
import { FILE_HEADER_BYTES } from '../log/file-header.ts';
import { HEAD_BYTES } from '../log/record-format.ts';
import { Compaction } from './compaction.ts';
import { createLog, logName, syncDirectory } from './generation-files.ts';
import { bytesOf, type Generations } from './generations.ts';
import { ObsoleteGenerations } from './obsolete-generations.ts';
import type { StepOptions } from './progress.ts';
import type { StoreContext } from './store-context.ts';

/** Below this many dead bytes a compaction is not worth its syncs. */
const DEAD_BYTES_MIN: number = 1024 * 1024;
/** For each byte written this many of the old generation are gone through, or taken away, so that it is caught up with. */
const PACE = 8;
const STEP_BYTES_MIN: number = 4 * 1024;
/** After a compaction that failed the log must grow by this before the next, so that a full disk is not hammered. */
const RETRY_GROWTH = 1.25;
/** `close` leaves no log with more dead bytes than this many times its live ones. */
const DEAD_RATIO_AT_CLOSE_MAX = 1.25;
/** A compaction run to its end goes through this much of the log at a time. */
const TURN_BYTES: number = 256 * 1024;
/** What a log holds besides records of entries even when it is fresh: its header and COMPLETE. */
const OVERHEAD_BYTES: number = FILE_HEADER_BYTES + HEAD_BYTES;

/** Decides when a generation is compacted and lets later writes pay for it. */
export class CompactionScheduler {
  readonly #context: StoreContext;
  readonly #generations: Generations;
  readonly #index: KeyIndex;
  readonly #obsolete: ObsoleteGenerations;
  #current: Compaction | undefined;
  #retryAtBytes = 0;
  /** Calls of `runAsync` that wait for the compaction under way. */
  #callers = 0;
  /** Compactions that ended with a new generation. */
  compactions = 0;
  /** Entries that compactions found damaged. */
  entriesLost = 0;

  constructor(context: StoreContext, generations: Generations, index: KeyIndex) {
    this.#context = context;
    this.#generations = generations;
    this.#index = index;
    this.#obsolete = new ObsoleteGenerations(context);
  }

  /** Bytes of the active log that hold nothing live. */
  get deadBytes(): number {
    const dead = this.#generations.active.content.end - OVERHEAD_BYTES - bytesOf(this.#index.recordUnits);
    return Math.max(0, dead);
  }

  /** Lets a write of `bytes` pay its share. Failures end the compaction, not the write. */
  advance(bytes: number): void {
    const share = Math.max(STEP_BYTES_MIN, bytes * PACE);
    this.#obsolete.advance(share);
    if (this.#current === undefined && !this.#due()) return;
    try {
      if (this.#current === undefined) this.#begin();
      this.#step(share);
    } catch (error) {
      // One that has not begun is told of here, as no caller sees the error.
      if (this.#current === undefined) this.#context.emit({ type: 'housekeeping-failed', error });
      this.abandon(error);
    }
  }

  /** Compacts to the end where there is anything to gain. Throws what fails; then nothing has changed. */
  run(): void {
    try {
      const compaction = this.#beginIfWorthwhile();
      while (compaction !== undefined && this.#current === compaction) this.#step(TURN_BYTES);
      this.#obsolete.finish();
    } catch (error) {
      this.abandon(error);
      throw error;
    }
  }

  /** The same in steps between turns of the event loop, in which later writes may take part. */
  async runAsync({ signal, onProgress }: StepOptions): Promise<void> {
    signal?.throwIfAborted();
    const compaction = this.#beginIfWorthwhile();
    if (compaction === undefined) return;
    this.#callers += 1;
    let toldBytes = 0;
    try {
      while (this.#current === compaction) {
        this.#step(TURN_BYTES);
        const { progress } = compaction;
        // A step that only syncs is no progress.
        if (progress.doneBytes > toldBytes) onProgress?.(progress);
        toldBytes = progress.doneBytes;
        if (this.#current === compaction) await nextTurn();
        if (this.#current !== compaction) break;
        this.#context.status.assertWritable();
        signal?.throwIfAborted();
      }
    } catch (error) {
      // Where another caller waits for the same compaction, the abort of one does not end it.
      const goesOn = signal?.aborted === true && this.#callers > 1;
      if (this.#current === compaction && !goesOn) this.abandon(error);
      throw error;
    } finally {
      this.#callers -= 1;
    }
    // A write that took part may have met the failure.
    if (compaction.abandonedFor !== undefined) throw compaction.abandonedFor;
  }

  /** Takes old generations away, at once or, asynchronously, in steps between turns of the event loop. */
  removeObsolete(): void {
    this.#obsolete.finish();
  }

  async removeObsoleteAsync(): Promise<void> {
    while (this.#obsolete.any && this.#context.status.isWritable) {
      this.#obsolete.step();
      await nextTurn();
    }
  }

  /** For `close`: ends a compaction the disk bound asks for, gives up another. One that fails is told as an event. */
  settle(): void {
    if (this.#current === undefined) return;
    const bounded = this.deadBytes <= bytesOf(this.#index.recordUnits) * DEAD_RATIO_AT_CLOSE_MAX;
    try {
      if (bounded) this.abandon(new StoreError('CLOSED', 'the store was closed'));
      else this.run();
    } catch {
      // Nothing is lost by it: the old generation is the store as before, and `close` makes it durable.
    }
  }

  /** Hands what was copied to its file, so that it can be read there. A failure ends the compaction, not the caller. */
  flush(): void {
    try {
      this.#current?.target.flush();
    } catch (error) {
      this.abandon(error);
    }
  }

  #beginIfWorthwhile(): Compaction | undefined {
    return this.#current ?? (this.deadBytes > 0 ? this.#begin() : undefined);
  }

  /** Goes on with the compaction under way and ends it where it has caught up. */
  #step(bytes: number): void {
    const compaction = this.#current;
    if (compaction === undefined) return;
    try {
      compaction.step(bytes);
      if (compaction.isReady) this.#finish(compaction);
    } finally {
      this.#tellLost(compaction);
    }
  }

  #tellLost(compaction: Compaction): void {
    const { generation } = compaction.source;
    for (const { key, offset } of compaction.takeLost()) {
      this.entriesLost += 1;
      this.#context.emit({ type: 'entry-damaged', key, generation, offset });
    }
  }

  /** Ends the compaction under way without a result, because of `cause`. Nothing is lost. */
  abandon(cause: unknown): void {
    const compaction = this.#current;
    this.#current = undefined;
    this.#retryLater();
    if (cause instanceof StoreError && cause.code === 'POISONED') this.#context.status.poisonInBackground(cause);
    if (compaction === undefined) return;
    compaction.abandon(cause);
    this.#generations.stopBuilding();
    this.#removeTarget(compaction);
    this.#context.emit({ type: 'compaction-abandoned', generation: compaction.target.generation, error: cause });
  }

  #due(): boolean {
    const dead = this.deadBytes;
    return (
      dead > DEAD_BYTES_MIN &&
      dead > bytesOf(this.#index.recordUnits) &&
      this.#generations.active.end >= this.#retryAtBytes
    );
  }

  #retryLater(): void {
    this.#retryAtBytes = this.#generations.active.end * RETRY_GROWTH;
  }

  #begin(): Compaction {
    const source = this.#generations.active;
    source.flush();
    const target = createLog(this.#context, source.generation);
    this.#generations.build(target);
    const { directory } = this.#context;
    const compaction = new Compaction(source, target, this.#index, () => syncDirectory(directory));
    this.#current = compaction;
    // Last, as the handler may write: what it writes takes part in this compaction and must not begin another.
    this.#context.emit({ type: 'compaction-started', generation: target.generation, logBytes: source.end });
    return compaction;
  }

  #finish(compaction: Compaction): void {
    const { source, target } = compaction;
    compaction.finish();
    this.#current = undefined;
    this.#retryAtBytes = 0;
    this.compactions += 1;
    this.#generations.switch();
    target.appendMark(target.durable);
    this.#housekeep(() => target.flush());
    this.#housekeep(() => source.close());
    this.#obsolete.collect(target.generation);
    this.#context.emit({ type: 'compaction-finished', generation: target.generation, logBytes: target.end });
  }

  /**
   * A generation that may hold COMPLETE must durably hold it no longer before the old one takes another record, or a
   * crash would bring it back as the newer one. Removing it does not prove that: the directory may keep the name.
   */
  #removeTarget({ target, mayBeWhole }: Compaction): void {
    const { directory, assertLockHeld } = this.#context;
    let keep = false;
    if (mayBeWhole) {
      try {
        assertLockHeld();
        target.file.truncate(0);
        target.file.sync();
      } catch (error) {
        keep = true;
        this.#context.status.poisonInBackground(storageFailure('empty an abandoned generation', error));
      }
    }
    this.#housekeep(() => target.close());
    if (keep) return;
    this.#housekeep(() => {
      // By name it may be another owner's by now, who took the lock and built a generation of the same number.
      assertLockHeld();
      directory.remove(logName(target.generation));
      directory.sync();
    });
  }

  #housekeep(task: () => void): void {
    attempt(task, this.#context.onHousekeepingFailure);
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
