import { storageFailure } from '../base/storage-failure.ts';
import { endOfTurn } from './end-of-turn.ts';
import type { StoreStatus } from './store-status.ts';
import type { Syncer } from './syncer.ts';

/** Writes and syncs that no call waits for. What they fail with goes to the gate. */
export class DeferredFlush {
  readonly #syncer: Syncer;
  readonly #status: StoreStatus;
  readonly #defer: (task: () => void) => void;
  #scheduled = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(syncer: Syncer, status: StoreStatus, defer: (task: () => void) => void = endOfTurn) {
    this.#syncer = syncer;
    this.#status = status;
    this.#defer = defer;
  }

  /** Sees to it that what was appended reaches the file when this turn ends. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#defer(() => {
      this.#scheduled = false;
      if (!this.#status.isWritable) return;
      try {
        this.#syncer.flush();
      } catch (error) {
        this.#status.failInBackground(storageFailure('write the log', error));
      }
    });
  }

  /** Also syncs every so many milliseconds, without keeping the process alive for it. */
  syncEvery(milliseconds: number): void {
    this.#timer = setInterval(() => {
      if (!this.#status.isWritable) return;
      this.#syncer.syncAsync().catch((error: unknown) => {
        if (!this.#status.isClosed) this.#status.failInBackground(storageFailure('sync the log', error));
      });
    }, milliseconds);
    // Where timers are plain numbers nothing has to be let go of.
    (this.#timer as { unref?: () => void }).unref?.();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
