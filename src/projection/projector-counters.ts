import type { ProjectionOutcome } from './projection-report.ts';

/** Counters of a projector since it was created. */
export interface ProjectorStats {
  /** Calls that returned the cached state as it was. */
  readonly hits: number;
  /** Calls that folded newer events onto the cached state. */
  readonly deltas: number;
  /** Calls that folded all relevant events. */
  readonly replays: number;
  /** Calls for streams without a relevant event. */
  readonly empties: number;
  /** Events folded, including those of shadow checks. */
  readonly eventsRead: number;
  /** Calls of the cache that failed, by an error or by `cacheTimeoutMs`. */
  readonly cacheFailures: number;
  /**
   * Cached values that were not in the format of a projector, or that the codec could not decode. If it grows continuously,
   * the codec is at fault.
   */
  readonly undecodable: number;
  /** Cached states that were compared with a replay, including comparisons without a verdict. */
  readonly shadowChecks: number;
  /** Cached states that differed from their replay. */
  readonly shadowDifferences: number;
}

/** The counters behind `ProjectorStats`. */
export class ProjectorCounters {
  readonly outcomes: Record<ProjectionOutcome, number> = { hit: 0, delta: 0, replay: 0, empty: 0 };
  eventsRead = 0;
  cacheFailures = 0;
  undecodable = 0;
  shadowChecks = 0;
  shadowDifferences = 0;
  #hitsSinceCheck = 0;

  /** Whether the current hit, one of every `every`, is to be compared with a replay. */
  isCheckDue(every: number): boolean {
    this.#hitsSinceCheck += 1;
    if (this.#hitsSinceCheck < every) return false;
    this.#hitsSinceCheck = 0;
    return true;
  }

  snapshot(): ProjectorStats {
    const { hit, delta, replay, empty } = this.outcomes;
    const { eventsRead, cacheFailures, undecodable, shadowChecks, shadowDifferences } = this;
    return {
      hits: hit,
      deltas: delta,
      replays: replay,
      empties: empty,
      eventsRead,
      cacheFailures,
      undecodable,
      shadowChecks,
      shadowDifferences,
    };
  }
}
