import type { FoldToken } from './fold-token.ts';
import type { Ordinal } from './head-readings.ts';
import type { Folded } from './projection-run.ts';

/** What a flight is begun with. */
export interface FlightPlan {
  /** The head it will reach. */
  readonly head: bigint;
  /** When that head was asked for. */
  readonly askedAt: Ordinal;
  readonly token: FoldToken;
}

/** A fold under way that callers share. */
export class Flight {
  readonly head: bigint;
  readonly result: Promise<Folded>;
  readonly #askedAt: Ordinal;
  readonly #token: FoldToken;
  readonly #abandonment = new AbortController();
  #passengers = 0;
  #hasEnded = false;

  /** The signal that `begin` is given is aborted when all who share the fold have left. */
  constructor({ head, askedAt, token }: FlightPlan, begin: (signal: AbortSignal) => Promise<Folded>) {
    this.head = head;
    this.#askedAt = askedAt;
    this.#token = token;
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
  get isOpen(): boolean {
    return !(this.#abandonment.signal.aborted || this.#token.isDropped);
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
  answers(beganAt: Ordinal, found: bigint, lowest: bigint): boolean {
    return this.head === found || (this.head >= lowest && this.#askedAt > beganAt);
  }

  board(): void {
    this.#passengers += 1;
  }

  leave(): void {
    this.#passengers -= 1;
    if (this.#passengers === 0 && !this.#hasEnded) this.#abandonment.abort();
  }

  /** Another flight takes its place: what it has folded so far must not replace what that one caches. */
  supersede(): void {
    this.#token.isDropped = true;
  }
}

/** The folds under way, by what they fold. */
export class FlightBoard {
  readonly #flights = new Map<string, Flight>();

  /** The flight for an id that can still be joined. */
  find(id: string): Flight | undefined {
    const flight = this.#flights.get(id);
    return flight?.isOpen === true ? flight : undefined;
  }

  /** Begins the flight for an id that has none to join. */
  start(id: string, plan: FlightPlan, begin: (signal: AbortSignal) => Promise<Folded>): Flight {
    this.#flights.get(id)?.supersede();
    const flight = new Flight(plan, begin);
    this.#flights.set(id, flight);
    const clear = (): void => {
      if (this.#flights.get(id) === flight) this.#flights.delete(id);
    };
    flight.result.then(clear, clear);
    return flight;
  }
}
