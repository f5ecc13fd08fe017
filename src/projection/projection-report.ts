import type { PhaseDurations } from './stopwatch.ts';

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

/** How a projection ended. */
export interface ProjectionEnd {
  readonly outcome: ProjectionOutcome;
  readonly watermark: bigint | undefined;
  readonly stale: boolean;
  readonly joined: boolean;
}

/** What the report of one call will say. A call that tries more than once adds to the same draft. */
export class ReportDraft {
  refusal: Refusal | undefined;
  head: bigint | undefined;
  ageUs: bigint | undefined;
  shadow: ShadowVerdict | undefined;
  eventsRead = 0;
  readonly cacheFailures: CacheFailure[] = [];

  /** Forgets what only the try that answers may say. */
  beginRetry(): void {
    this.refusal = undefined;
    this.head = undefined;
    this.ageUs = undefined;
  }

  /** The report. A property without a value is absent. */
  finish(
    subject: { readonly stream: string; readonly projection: { readonly name: string; readonly version: number } },
    end: ProjectionEnd,
    durations: PhaseDurations,
  ): ProjectionReport {
    const { refusal, head, ageUs, shadow, eventsRead, cacheFailures } = this;
    const { outcome, watermark, stale, joined } = end;
    return {
      stream: subject.stream,
      name: subject.projection.name,
      version: subject.projection.version,
      outcome,
      ...(refusal === undefined ? {} : { refusal }),
      eventsRead,
      ...(watermark === undefined ? {} : { watermark }),
      ...(head === undefined ? {} : { head }),
      ...(ageUs === undefined ? {} : { ageUs }),
      stale,
      ...(shadow === undefined ? {} : { shadow }),
      joined,
      cacheFailures: [...cacheFailures],
      durations,
    };
  }
}
