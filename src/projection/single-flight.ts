import type { ActiveFold } from './cached-states.ts';
import type { LogicalTime } from './head-readings.ts';
import type { Folded } from './projection-run.ts';

/** The state that a shared fold produces. */
export interface SharedFoldTarget {
  /** The head that it will reach. */
  readonly head: bigint;
  /** The checkpoint of that head, if the reader has checkpoints. */
  readonly checkpoint: string | undefined;
  /** When the read of that head started. */
  readonly askedAt: LogicalTime;
  readonly activeFold: ActiveFold;
}

/** A head that a call has read. */
type FoundHead = Pick<SharedFoldTarget, 'head' | 'checkpoint'>;

/** A fold under way that callers share. */
export class SharedFold {
  readonly head: bigint;
  readonly result: Promise<Folded>;
  readonly #checkpoint: string | undefined;
  readonly #askedAt: LogicalTime;
  readonly #activeFold: ActiveFold;
  readonly #abandonment = new AbortController();
  #callers = 0;
  #hasEnded = false;

  /** `begin` starts the fold. Its signal is aborted when all callers have left. */
  constructor(
    { head, checkpoint, askedAt, activeFold }: SharedFoldTarget,
    begin: (signal: AbortSignal) => Promise<Folded>,
  ) {
    this.head = head;
    this.#checkpoint = checkpoint;
    this.#askedAt = askedAt;
    this.#activeFold = activeFold;
    this.result = begin(this.#abandonment.signal);
    const end = (): void => {
      this.#hasEnded = true;
    };
    // Callers that wait see a failure. Without callers it is ignored.
    this.result.then(end, end);
  }

  /**
   * Whether callers may join. Not after all have left, as it then ends early, and not after its stream was invalidated, as it
   * may be based on an entry that was removed.
   */
  get isJoinable(): boolean {
    return !(this.#abandonment.signal.aborted || this.#activeFold.isDropped);
  }

  /** Resolves when the fold has ended, with or without an error. */
  get ended(): Promise<unknown> {
    return this.result.catch(() => {});
  }

  /**
   * Whether its result answers a call that began at `beganAt`, whose last try read the head `found` and its checkpoint, and
   * whose tries read `lowest` as the lowest head. A higher head counts only if its reading began after the call: otherwise the log may have
   * been restored to an older state in between.
   */
  answers(beganAt: LogicalTime, found: FoundHead, lowest: bigint): boolean {
    if (this.head === found.head && this.#checkpoint === found.checkpoint) return true;
    return this.head >= lowest && this.#askedAt > beganAt;
  }

  join(): void {
    this.#callers += 1;
  }

  leave(): void {
    this.#callers -= 1;
    if (this.#callers === 0 && !this.#hasEnded) this.#abandonment.abort();
  }

  /** Another fold replaces it: its result must not overwrite what that one caches. */
  supersede(): void {
    this.#activeFold.isDropped = true;
  }
}

/** At most one shared fold for each id: concurrent calls join it. */
export class SingleFlight {
  readonly #shared = new Map<string, SharedFold>();

  /** The fold for an id that callers may join. */
  find(id: string): SharedFold | undefined {
    const sharedFold = this.#shared.get(id);
    return sharedFold?.isJoinable === true ? sharedFold : undefined;
  }

  /** Starts the fold for an id that has none to join. */
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
