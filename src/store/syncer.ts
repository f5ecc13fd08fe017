import { startTimer } from '../base/background-timer.ts';
import { storageFailure } from '../base/storage-failure.ts';
import { StoreError } from '../base/store-error.ts';
import type { LogFile } from '../log/log-file.ts';
import type { Generations } from './generations.ts';
import type { StoreStatus } from './store-status.ts';

/** Read when the module is loaded: fake timers that a test installs later must not keep a sync from starting. */
const later: (task: () => void) => unknown = typeof setImmediate === 'function' ? setImmediate : setTimeout;

/** Runs `task` at the end of the current turn of the event loop; it keeps the process alive until then. */
function endOfTurn(task: () => void): void {
  later(task);
}

/**
 * Writes the active log and makes it durable: at once, off the thread, or in the background, where failures go to the
 * status of the store.
 *
 * A failed sync poisons the store: the kernel may have dropped the pages and marked them clean, so a later success
 * would prove nothing. A failed write does not: the accepted records stay in memory and are written again.
 */
export class Syncer {
  readonly #generations: Generations;
  readonly #status: StoreStatus;
  readonly #defer: (task: () => void) => void;
  #running: Promise<void> | undefined;
  #queued: Promise<void> | undefined;
  /** The sync whose failure goes to the status. A busy turn may ask for it with every put: more handlers would fill the memory. */
  #watched: Promise<void> | undefined;
  #isFlushScheduled = false;
  #stopTimer: (() => void) | undefined;
  /** Number of successful syncs. */
  syncs = 0;

  /** `defer` runs a task at the end of the current turn of the event loop. */
  constructor(generations: Generations, status: StoreStatus, defer: (task: () => void) => void = endOfTurn) {
    this.#generations = generations;
    this.#status = status;
    this.#defer = defer;
  }

  /** Writes all appended records to the file. Throws `IO`, or `POISONED` if the lock is lost. */
  flush(): void {
    try {
      this.#generations.active.flush();
    } catch (error) {
      throw error instanceof StoreError && error.code === 'POISONED' ? this.#status.poison(error) : error;
    }
    this.#status.reportWritten();
  }

  /** Flushes at the end of this turn of the event loop. */
  flushLater(): void {
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    this.#defer(() => {
      this.#isFlushScheduled = false;
      if (!this.#status.isWritable) return;
      try {
        this.flush();
      } catch (error) {
        this.#status.failInBackground(storageFailure('write the log', error));
      }
    });
  }

  /** Makes all appended records durable. */
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
   * `sync` off the thread. Callers that arrive while a sync runs, or in the rest of the turn in which it ended, share
   * the next one: a group commit that starts after their calls.
   */
  syncAsync(): Promise<void> {
    if (this.#queued !== undefined) return this.#queued;
    if (this.#running === undefined) return this.#start();
    this.#queued = this.#startAfter(this.#running);
    return this.#queued;
  }

  /** `syncAsync`, for no caller: a failure goes to the status, once for all calls that share a sync. */
  syncInBackground(): void {
    const sync = this.syncAsync();
    if (sync === this.#watched) return;
    this.#watched = sync;
    sync.catch((error: unknown) => {
      if (!this.#status.isClosed) this.#status.failInBackground(storageFailure('sync the log', error));
    });
  }

  /** Also syncs every `milliseconds` in the background; the timer does not keep the process alive. */
  syncEvery(milliseconds: number): void {
    this.#stopTimer = startTimer(milliseconds, () => {
      if (this.#status.isWritable) this.syncInBackground();
    });
  }

  stopTimer(): void {
    this.#stopTimer?.();
  }

  async #startAfter(running: Promise<void>): Promise<void> {
    await running.catch(() => {});
    await new Promise<void>(endOfTurn);
    this.#queued = undefined;
    // If the store was closed meanwhile, `close` has made everything durable, unless it failed.
    if (this.#status.isClosed && !this.#generations.active.needsSync) return this.#status.assertNotPoisoned();
    return this.#start();
  }

  /**
   * A sync counts as running until the end of the turn in which it ended, and the next one starts then: its callers may
   * call again at once and share one sync with all others.
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
      // Even a later sync of this file that succeeds proves nothing: the kernel reports each failure only once.
      const failure = storageFailure(`sync ${log.name}`, error);
      throw this.#status.isClosed ? failure : this.#status.poison(failure);
    }
    if (this.#generations.active !== log) return;
    // For the same reason this success proves nothing if another sync has failed.
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

  /** A MARK needs no sync of its own. If it cannot be written now, the next write includes it. */
  #flushMark(): void {
    try {
      this.flush();
    } catch (error) {
      if (error instanceof StoreError && error.code === 'POISONED') throw error;
    }
  }
}
