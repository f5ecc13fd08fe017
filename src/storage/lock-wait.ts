import type { Pausing } from '../base/pauses.ts';
import { StoreError } from '../base/store-error.ts';
import { HeldHereError } from './lock-refusals.ts';
import type { StorageDirectory, StorageLock } from './storage-backend.ts';

/** The pauses between the first attempts, in milliseconds; the last one repeats. An attempt writes and syncs a small file. */
const PAUSES_MS: readonly number[] = [5, 10, 20, 50, 100];

/** How a lock is taken. */
export interface LockTerms {
  /** How long to wait for a lock that another owner holds, in milliseconds. */
  readonly waitMs: number;
  /** The lease to state in the lock, in milliseconds; `undefined` for a lock without one. */
  readonly leaseMs: number | undefined;
  /** Whether the thread blocks while it waits: then it does not wait for a lock that it holds itself. */
  readonly blocks: boolean;
  /** Called once if the lock is not free at once. */
  readonly onWait: (error: StoreError) => void;
}

/** Takes the lock of a directory. Throws the `LOCKED` of the last attempt if the time is over, and errors of the platform. */
export function* awaitLock(directory: StorageDirectory, terms: LockTerms): Pausing<StorageLock> {
  const { waitMs, leaseMs, blocks, onWait } = terms;
  const deadline = performance.now() + waitMs;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return directory.lock(leaseMs === undefined ? {} : { leaseMs });
    } catch (error) {
      const left = deadline - performance.now();
      if (!(error instanceof StoreError) || error.code !== 'LOCKED' || left <= 0) throw error;
      if (blocks && error instanceof HeldHereError) throw error;
      if (attempt === 0) onWait(error);
      yield Math.min(left, PAUSES_MS[Math.min(attempt, PAUSES_MS.length - 1)] as number);
    }
  }
}
