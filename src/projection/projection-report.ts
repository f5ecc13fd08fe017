/** How a projection came about. */
export type ProjectionOutcome =
  /** The cached state was used as it was. */
  | 'hit'
  /** Newer events were folded onto the cached state. */
  | 'delta'
  /** All relevant events were folded. */
  | 'replay'
  /** The stream has no relevant event. */
  | 'empty';

/** Why a cached state was not used as it was. */
export type Refusal =
  /** There was none. */
  | 'absent'
  /** The cache could not be read. */
  | 'cache-failed'
  /** What was cached is none of a projection's values, or its codec does not decode it. */
  | 'undecodable'
  /** Events were recorded after it. */
  | 'behind'
  /** The same, and the projection is not incremental. */
  | 'behind-not-incremental'
  /** It holds events that the event log does not: the log was restored from an older state. */
  | 'ahead'
  /** A replay gave another state: `apply` changed without a new `version`. */
  | 'shadow-difference';

/**
 * What came of comparing a cached state with a replay: nothing where that failed or met the replay budget, or the codec
 * does not encode one state the same way twice.
 */
export type ShadowVerdict = 'same' | 'different' | 'unfinished';

/** A failure of the cache, which never fails a projection. */
export interface CacheFailure {
  readonly operation: 'get' | 'put' | 'delete';
  readonly error: unknown;
}

/** Microseconds spent in each phase; 0 in a phase that was not entered. */
export interface PhaseDurations {
  readonly lookupUs: number;
  readonly headUs: number;
  /** Waiting for a fold that another call had begun. */
  readonly waitUs: number;
  /** Reading events and folding them. */
  readonly foldUs: number;
  readonly codecUs: number;
  readonly storeUs: number;
  readonly totalUs: number;
}

/** What happened in one projection. */
export interface ProjectionReport {
  readonly stream: string;
  readonly name: string;
  readonly version: number;
  readonly outcome: ProjectionOutcome;
  /** Absent where the cached state was used as it was. */
  readonly refusal?: Refusal;
  /** Events read for it, those of a shadow check and of a fold that it joined included. */
  readonly eventsRead: number;
  /** Sequence of the newest event in the state; absent without one. */
  readonly watermark?: bigint;
  /** Newest relevant event of the log when it was asked; absent where the event log was not asked or has no relevant event. */
  readonly head?: bigint;
  /**
   * Age of the cached state when it was looked up, in microseconds; negative after the clock stepped back. Absent for one
   * that a budget stopped on the way to its head: it was never the newest.
   */
  readonly ageUs?: bigint;
  /** The replay budget ran out: the state is of an older head than the call asked for. */
  readonly stale: boolean;
  /** What came of comparing the cached state with a replay; absent where that was not due. */
  readonly shadow?: ShadowVerdict;
  /** Whether the caller joined a fold that another had begun. */
  readonly joined: boolean;
  readonly cacheFailures: readonly CacheFailure[];
  readonly durations: PhaseDurations;
}

/** A state with how it came about. */
export interface ProjectionResult<State> {
  readonly state: State | undefined;
  readonly report: ProjectionReport;
}
