import type { ProjectionOutcome } from './projection-report.ts';

/** Counted since a projector was made. */
export interface ProjectorStats {
  /** Calls that were answered, by how. */
  readonly hits: number;
  readonly deltas: number;
  readonly replays: number;
  readonly empties: number;
  /** Events folded, those of shadow checks included. */
  readonly eventsRead: number;
  /** Calls of the cache that threw. */
  readonly cacheFailures: number;
  /** Cached states that were not a projector's or that the codec did not decode. One that grows on is a codec at fault. */
  readonly undecodable: number;
  /** Hits compared with a replay, also where that could not be finished, and those that differed. */
  readonly shadowChecks: number;
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

  /** Whether the hit at hand is the one in `every` to compare with a replay. */
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
