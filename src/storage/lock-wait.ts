import type { Pausing } from '../base/pauses.ts';
import { StoreError } from '../base/store-error.ts';
import { HeldHereError } from './lock-refusals.ts';

/** The pauses between the first attempts, in milliseconds; the last one repeats. An attempt writes and syncs a small file. */
const PAUSES_MS: readonly number[] = [5, 10, 20, 50, 100];

/** How an attempt that throws `LOCKED` is repeated. */
export interface LockWait {
  /** How long to wait for the lock, in milliseconds. */
  readonly waitMs: number;
  /** Whether the thread blocks while it waits: then it does not wait for a lock that it holds itself. */
  readonly blocks: boolean;
  /** Called once, if the first attempt throws `LOCKED` and there will be another one. */
  readonly onWait: (error: StoreError) => void;
}

/** Repeats `attempt` while it throws `LOCKED`, until the time is over. Throws every other error, and the last `LOCKED`. */
export function* retryWhileLocked<Result>(attempt: () => Result, wait: LockWait): Pausing<Result> {
  const deadline = performance.now() + wait.waitMs;
  for (let attempts = 0; ; attempts += 1) {
    try {
      return attempt();
    } catch (error) {
      const left = deadline - performance.now();
      if (!(error instanceof StoreError) || error.code !== 'LOCKED' || left <= 0) throw error;
      if (wait.blocks && error instanceof HeldHereError) throw error;
      if (attempts === 0) wait.onWait(error);
      yield Math.min(left, PAUSES_MS[Math.min(attempts, PAUSES_MS.length - 1)] as number);
    }
  }
}
