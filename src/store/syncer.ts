import { storageFailure } from '../base/storage-failure.ts';
import { StoreError } from '../base/store-error.ts';
import type { LogFile } from '../log/log-file.ts';
import { endOfTurn } from './end-of-turn.ts';
import type { Generations } from './generations.ts';
import type { StoreStatus } from './store-status.ts';

/**
 * Makes the active log durable, at once or off the thread.
 *
 * A sync that fails poisons the store: the kernel may have dropped the pages and marked them clean, so that a later
 * success would prove nothing. A write that fails does not: what was accepted stays in memory and is written again.
 */
export class Syncer {
  readonly #generations: Generations;
  readonly #status: StoreStatus;
  #running: Promise<void> | undefined;
  #queued: Promise<void> | undefined;
  /** Successful syncs. */
  syncs = 0;

  constructor(generations: Generations, status: StoreStatus) {
    this.#generations = generations;
    this.#status = status;
  }

  /** Hands what was appended to the file. Throws `IO`, or `POISONED` where the lock was lost. */
  flush(): void {
    try {
      this.#generations.active.flush();
    } catch (error) {
      throw this.#judged(error);
    }
  }

  /** Returns when everything appended is durable. */
  sync(): void {
    const log = this.#generations.active;
    if (!log.needsSync) {
      this.#flushMark();
      return;
    }
    this.flush();
    try {
      log.sync();
    } catch (error) {
      throw this.#status.poison(error);
    }
    this.#covered(log, log.durable);
  }

  /**
   * The same off the thread. Callers that arrive while a sync runs, or in what is left of the turn in which it ended, share
   * the next one: it starts after their calls.
   */
  syncAsync(): Promise<void> {
    if (this.#queued !== undefined) return this.#queued;
    if (this.#running === undefined) return this.#start();
    this.#queued = this.#startAfter(this.#running);
    return this.#queued;
  }

  async #startAfter(running: Promise<void>): Promise<void> {
    await running.catch(() => {});
    await new Promise<void>(endOfTurn);
    this.#queued = undefined;
    // Closing the store in the meantime has made everything durable, unless it failed.
    if (this.#status.isClosed && !this.#generations.active.needsSync) return this.#status.assertNotPoisoned();
    return this.#start();
  }

  /**
   * Counts as running until the turn in which it ended is over, and the next one starts then: those who waited for it may
   * come again at once, and share one sync with all others who do.
   */
  #start(): Promise<void> {
    const running = this.#run().finally(() => {
      endOfTurn(() => {
        if (this.#running === running) this.#running = undefined;
      });
    });
    this.#running = running;
    return running;
  }

  async #run(): Promise<void> {
    this.#status.assertWritable();
    const log = this.#generations.active;
    if (log.file.syncAsync === undefined) return this.sync();
    if (!log.needsSync) {
      this.#flushMark();
      return;
    }
    this.flush();
    const covered = log.end;
    try {
      await log.file.syncAsync();
    } catch (error) {
      // A compaction that ended meanwhile has made everything durable in another file.
      if (this.#generations.active !== log) return;
      // Else another sync of this file proves nothing, even one that succeeded: each failure is told only once.
      const failure = storageFailure(`sync generation ${log.generation}`, error);
      throw this.#status.isClosed ? failure : this.#status.poison(failure);
    }
    if (this.#generations.active !== log) return;
    // For the same reason this success proves nothing where another sync has failed.
    this.#status.assertNotPoisoned();
    if (this.#status.isClosed || log.durable >= covered) return;
    log.markDurable(covered);
    this.#covered(log, covered);
  }

  #covered(log: LogFile, offset: number): void {
    this.syncs += 1;
    log.appendMark(offset);
    this.#flushMark();
  }

  /** A mark needs no sync of its own; where it cannot be written yet, the next write takes it along. */
  #flushMark(): void {
    try {
      this.flush();
    } catch (error) {
      if (error instanceof StoreError && error.code === 'POISONED') throw error;
    }
  }

  #judged(error: unknown): unknown {
    return error instanceof StoreError && error.code === 'POISONED' ? this.#status.poison(error) : error;
  }
}
