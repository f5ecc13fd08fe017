import type { NodePlatform } from './node-fs.ts';

/** A lease is renewed after this part of it. */
const RENEWALS_PER_LEASE = 4;
/** After this part without a renewal another process may be about to take the lock over: the rest allows for its clock. */
const SAFE_PART = 0.5;

/**
 * The age of a lease that this process holds. It is measured by two clocks, and the larger age counts: the monotonic clock
 * stands still while the system sleeps, and the clock of the day may be set back.
 */
export class HeldLease {
  readonly #node: NodePlatform;
  readonly #leaseMs: number;
  readonly #stop: () => void;
  #elapsed: number;
  #now: number;

  /** `renew` is called at intervals from the event loop; it must not throw. The lock was written after `since`. */
  constructor(node: NodePlatform, leaseMs: number, since: LeaseTime, renew: () => void) {
    this.#node = node;
    this.#leaseMs = leaseMs;
    this.#elapsed = since.elapsed;
    this.#now = since.now;
    this.#stop = node.repeat(Math.floor(leaseMs / RENEWALS_PER_LEASE), renew);
  }

  /** `fresh`: nothing to do. `due`: the owner may renew it. `ended`: another process may be taking the lock over. */
  state(): 'fresh' | 'due' | 'ended' {
    const age = this.ageMs();
    if (age >= this.#leaseMs * SAFE_PART) return 'ended';
    return age >= this.#leaseMs / RENEWALS_PER_LEASE ? 'due' : 'fresh';
  }

  /** How long ago the lease was last renewed, in milliseconds. */
  ageMs(): number {
    return Math.max(this.#node.elapsed() - this.#elapsed, this.#node.now() - this.#now);
  }

  /** The lock was written after `since`, which was taken before that. */
  renewed(since: LeaseTime): void {
    this.#elapsed = since.elapsed;
    this.#now = since.now;
  }

  stop(): void {
    this.#stop();
  }
}

/** One moment on two clocks. */
export interface LeaseTime {
  readonly elapsed: number;
  readonly now: number;
}

export function leaseTime(node: NodePlatform): LeaseTime {
  return { elapsed: node.elapsed(), now: node.now() };
}
