import type { OwnerVerdict } from './owner-verdict.ts';

/** How many released nonces are remembered; the oldest is forgotten first. */
const RELEASED_MAX = 10_000;

/** A lock that this thread holds, as code that finds its nonce in a file needs it. */
export interface HeldLock {
  /** Whether the file at `path` is the lock itself. */
  isAt(path: string): boolean;
  /** The verdict on the file at `path`, which holds the nonce, for a process whose draft is beside it at `draft`. */
  judge(path: string, draft: string): OwnerVerdict;
}

/**
 * The locks of this thread: those it holds and those it has released. Other threads of the process have their own.
 *
 * Invariants:
 * 1. A nonce is in at most one of the two. Nothing is written to a log under a released nonce.
 * 2. A released nonce is never held again.
 */
class ThreadLocks {
  readonly #held = new Map<string, HeldLock>();
  readonly #released = new Set<string>();

  hold(nonce: string, lock: HeldLock): void {
    this.#held.set(nonce, lock);
  }

  /** From now on a file with this nonce has no owner, even if removing it fails. */
  release(nonce: string): void {
    this.#held.delete(nonce);
    this.#released.add(nonce);
    if (this.#released.size <= RELEASED_MAX) return;
    for (const oldest of this.#released) {
      this.#released.delete(oldest);
      return;
    }
  }

  held(nonce: string): HeldLock | undefined {
    return this.#held.get(nonce);
  }

  /** The verdict of this thread on the file at `path`, which holds `nonce`; `undefined` if it never had that nonce. */
  judge(nonce: string, path: string, draft: string): OwnerVerdict | undefined {
    const lock = this.#held.get(nonce);
    if (lock !== undefined) return lock.judge(path, draft);
    return this.#released.has(nonce) ? 'gone' : undefined;
  }
}

/** The locks of this thread. */
export const threadLocks: ThreadLocks = new ThreadLocks();
