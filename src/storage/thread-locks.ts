import type { OwnerVerdict } from './owner-verdict.ts';

/** How many nonces are remembered after their locks were given up, the oldest forgotten first. */
const GIVEN_UP_MAX = 10_000;

/** A lock that this thread holds, as those who find its nonce in a file need it. */
export interface HeldLock {
  /** Whether the file at `path` is the lock itself. */
  isAt(path: string): boolean;
  /** What the file at `path`, which holds the nonce, is worth to a taker whose draft stands beside it at `draft`. */
  judge(path: string, draft: string): OwnerVerdict;
}

/**
 * The locks of this thread: those it holds, and those it gave up. Other threads of the process have their own.
 *
 * Invariants:
 * 1. A nonce is in one of the two at most. Nothing is written to a log under a nonce that was given up.
 * 2. A nonce that was given up is never held again.
 */
class ThreadLocks {
  readonly #held = new Map<string, HeldLock>();
  readonly #givenUp = new Set<string>();

  hold(nonce: string, lock: HeldLock): void {
    this.#held.set(nonce, lock);
  }

  /** From here on a file with this nonce is nobody's lock, also where removing it fails. */
  giveUp(nonce: string): void {
    this.#held.delete(nonce);
    this.#givenUp.add(nonce);
    if (this.#givenUp.size <= GIVEN_UP_MAX) return;
    for (const oldest of this.#givenUp) {
      this.#givenUp.delete(oldest);
      return;
    }
  }

  held(nonce: string): HeldLock | undefined {
    return this.#held.get(nonce);
  }

  /** What this thread knows of the file at `path`, which holds `nonce`; `undefined` where it never had that nonce. */
  judge(nonce: string, path: string, draft: string): OwnerVerdict | undefined {
    const lock = this.#held.get(nonce);
    if (lock !== undefined) return lock.judge(path, draft);
    return this.#givenUp.has(nonce) ? 'gone' : undefined;
  }
}

/** Those of this thread. */
export const threadLocks: ThreadLocks = new ThreadLocks();
