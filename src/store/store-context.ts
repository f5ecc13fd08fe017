import { type Later, runLater } from '../base/background-timer.ts';
import { storageFailure } from '../base/storage-failure.ts';
import { StoreError } from '../base/store-error.ts';
import { PagePool } from '../log/page-pool.ts';
import type { StorageDirectory, StorageLock } from '../storage/storage-backend.ts';
import { HeldLogs } from './held-logs.ts';
import type { StoreSettings } from './log-store-options.ts';
import type { StoreEventHandler } from './store-event.ts';
import { StoreStatus } from './store-status.ts';

/** The state that the parts of a store share, from opening its directory until its lock is released. */
export class StoreContext {
  readonly settings: StoreSettings;
  readonly directory: StorageDirectory;
  readonly pool: PagePool;
  readonly status: StoreStatus;
  /** The logs that backups read. */
  readonly heldLogs: HeldLogs = new HeldLogs();
  /** Passes an event to `onEvent`; it never throws. */
  readonly emit: StoreEventHandler;
  /** A uniform u32. */
  readonly random: () => number;
  /** Runs background work. */
  readonly later: Later;
  readonly #lock: StorageLock | undefined;

  constructor(init: {
    readonly settings: StoreSettings;
    readonly directory: StorageDirectory;
    /** `undefined` for a reader. */
    readonly lock: StorageLock | undefined;
    readonly emit: StoreEventHandler;
    readonly random: () => number;
    readonly later?: Later | undefined;
  }) {
    this.settings = init.settings;
    this.directory = init.directory;
    this.emit = init.emit;
    this.random = init.random;
    this.later = init.later ?? runLater;
    this.#lock = init.lock;
    this.pool = new PagePool(init.settings.pageCacheBytes);
    this.status = new StoreStatus(init.settings.readOnly, init.emit);
  }

  /** Throws `POISONED` if the lock is lost. Call it before any change to a file of the store. */
  readonly assertLockHeld = (): void => {
    if (this.#lock !== undefined) assertHeld(this.#lock);
  };

  /** Reports the failure of work that only makes the store faster or smaller: the store does not need it. */
  readonly onHousekeepingFailure = (error: unknown): void => this.emit({ type: 'housekeeping-failed', error });

  /** Throws `IO` if the lock cannot be removed; another call tries again. */
  releaseLock(): void {
    try {
      this.#lock?.release();
    } catch (error) {
      throw storageFailure('release the lock', error);
    }
  }
}

function assertHeld(lock: StorageLock): void {
  let held: boolean;
  try {
    held = lock.isHeld();
  } catch (error) {
    // The next write checks again: nothing is lost yet.
    throw storageFailure('check the lock', error);
  }
  if (!held)
    throw new StoreError(
      'POISONED',
      'the lock was taken by another process, its lease has ended, or the directory is gone',
    );
}
