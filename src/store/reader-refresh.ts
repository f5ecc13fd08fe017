import { startTimer } from '../base/background-timer.ts';
import { storageFailure } from '../base/storage-failure.ts';
import type { KeyIndex } from '../key-index/key-index.ts';
import type { LogFile } from '../log/log-file.ts';
import { LogFollower } from './log-follower.ts';
import type { RecoveredLog } from './recovery/log-recovery.ts';
import type { StoreContext } from './store-context.ts';

/** What a read-only store reads. */
export interface ReadLog {
  readonly log: LogFile;
  readonly index: KeyIndex;
}

/** A read-only store: what it reads now, and how that is replaced. */
export interface ReadStore {
  current(): ReadLog;
  adopt(opened: RecoveredLog): void;
}

/** Refreshes a read-only store: on request, at intervals, and when a record cannot be read. */
export class ReaderRefresh {
  readonly #context: StoreContext;
  readonly #store: ReadStore;
  readonly #follower: LogFollower;
  readonly #stopTimer: (() => void) | undefined;

  constructor(context: StoreContext, store: ReadStore) {
    this.#context = context;
    this.#store = store;
    this.#follower = new LogFollower(context, store.current().log);
    const { refreshEveryMs } = context.settings;
    if (refreshEveryMs !== undefined) this.#stopTimer = startTimer(refreshEveryMs, () => void this.runInBackground());
  }

  /** Returns whether there may be a change. Throws `IO`; then the store keeps what it had, or is empty. */
  run(): boolean {
    const { log, index } = this.#store.current();
    try {
      const found = this.#follower.refresh(log, index);
      if (found.kind === 'unchanged') return false;
      const replaced = found.kind === 'replaced';
      const records = replaced ? found.opened.report.records : found.records;
      if (replaced) this.#store.adopt(found.opened);
      this.#context.emit({ type: 'refreshed', generation: this.#store.current().log.generation, records, replaced });
      return true;
    } catch (error) {
      throw storageFailure('refresh', error);
    }
  }

  /** `run`, but a failure is an event. */
  runInBackground(): boolean {
    try {
      return this.run();
    } catch (error) {
      this.#context.emit({ type: 'refresh-failed', error: storageFailure('refresh', error) });
      return false;
    }
  }

  stopTimer(): void {
    this.#stopTimer?.();
  }
}
