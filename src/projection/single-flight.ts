import type { ActiveFold } from './active-folds.ts';
import type { LogicalTime } from './head-readings.ts';
import type { Folded } from './projection-run.ts';

/** What a sharedFold is begun with. */
export interface SharedFoldTarget {
  /** The head it will reach. */
  readonly head: bigint;
  /** When that head was asked for. */
  readonly askedAt: LogicalTime;
  readonly activeFold: ActiveFold;
}

/** A fold under way that callers share. */
export class SharedFold {
  readonly head: bigint;
  readonly result: Promise<Folded>;
  readonly #askedAt: LogicalTime;
  readonly #activeFold: ActiveFold;
  readonly #abandonment = new AbortController();
  #callers = 0;
  #hasEnded = false;

  /** The signal that `begin` is given is aborted when all who share the fold have left. */
  constructor({ head, askedAt, activeFold }: SharedFoldTarget, begin: (signal: AbortSignal) => Promise<Folded>) {
    this.head = head;
    this.#askedAt = askedAt;
    this.#activeFold = activeFold;
    this.result = begin(this.#abandonment.signal);
    const end = (): void => {
      this.#hasEnded = true;
    };
    // Those who wait see its failure; where nobody waits any more it is no failure of anybody's.
    this.result.then(end, end);
  }

  /**
   * Whether others may join: not where all have left, as it ends early then, nor where its stream was invalidated, as it
   * may rest on what was removed.
   */
  get isJoinable(): boolean {
    return !(this.#abandonment.signal.aborted || this.#activeFold.isDropped);
  }

  /** Settles when the fold has ended, however it did. */
  get ended(): Promise<unknown> {
    return this.result.catch(() => {});
  }

  /**
   * Whether its result answers a call that began at `beganAt` and has read the head `found`, and `lowest` in its tries so
   * far. A head above the one found proves nothing unless it was asked for after the call began: the log may have been
   * restored to an older state in between.
   */
  answers(beganAt: LogicalTime, found: bigint, lowest: bigint): boolean {
    return this.head === found || (this.head >= lowest && this.#askedAt > beganAt);
  }

  join(): void {
    this.#callers += 1;
  }

  leave(): void {
    this.#callers -= 1;
    if (this.#callers === 0 && !this.#hasEnded) this.#abandonment.abort();
  }

  /** Another sharedFold takes its place: what it has folded so far must not replace what that one caches. */
  supersede(): void {
    this.#activeFold.isDropped = true;
  }
}

/** The folds under way, by what they fold. */
export class SingleFlight {
  readonly #shared = new Map<string, SharedFold>();

  /** The sharedFold for an id that can still be joined. */
  find(id: string): SharedFold | undefined {
    const sharedFold = this.#shared.get(id);
    return sharedFold?.isJoinable === true ? sharedFold : undefined;
  }

  /** Begins the sharedFold for an id that has none to join. */
  start(id: string, plan: SharedFoldTarget, begin: (signal: AbortSignal) => Promise<Folded>): SharedFold {
    this.#shared.get(id)?.supersede();
    const sharedFold = new SharedFold(plan, begin);
    this.#shared.set(id, sharedFold);
    const clear = (): void => {
      if (this.#shared.get(id) === sharedFold) this.#shared.delete(id);
    };
    sharedFold.result.then(clear, clear);
    return sharedFold;
  }
}
