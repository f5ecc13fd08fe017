import { withReportForm } from './report-form.ts';
import type { PhaseDurations } from './stopwatch.ts';

/** How the state of a call was obtained. */
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
  /** The cache had no state. */
  | 'absent'
  /** The cache could not be read. */
  | 'cache-failed'
  /** The cached value is not in the format of a projector, or the codec could not decode it. */
  | 'undecodable'
  /** There are newer events. */
  | 'behind'
  /** There are newer events, and the projection is not incremental. */
  | 'behind-not-incremental'
  /** It holds events that the event log does not: the log was restored from an older state. */
  | 'ahead'
  /** The event at its watermark is not the one it was: the event log was restored and has grown since. */
  | 'restored'
  /** It was stored without a checkpoint, and the event reader has checkpoints. */
  | 'unverifiable'
  /** A replay resulted in another state: `apply` probably changed without a new `version`. */
  | 'shadow-difference';

/**
 * The result of comparing a cached state with a replay. `unfinished`: the replay failed or exceeded the replay budget, or the
 * codec does not encode the same state as the same bytes.
 */
export type ShadowVerdict = 'same' | 'different' | 'unfinished';

/** A failure of the cache during a call. It never fails the call. */
export interface CacheFailure {
  /** The operation that failed. */
  readonly operation: 'get' | 'put' | 'delete';
  /** The error that the cache threw or rejected with. */
  readonly error: unknown;
}

/**
 * What happened during one call of a projector. `JSON.stringify` writes sequences as decimal text, microseconds as numbers,
 * and errors with name, message, code and cause.
 */
export interface ProjectionReport {
  /** The stream that was projected. */
  readonly stream: string;
  /** The name of the projection. */
  readonly name: string;
  /** The version of the projection; 0 if it has none. */
  readonly version: number;
  /** How the call ended: with a cached state, or with events folded. */
  readonly outcome: ProjectionOutcome;
  /** Why the cached state was not used as it was; absent if it was. */
  readonly refusal?: Refusal;
  /** How many events were read for this call, including those of a shadow check and of a shared fold. */
  readonly eventsRead: number;
  /** Sequence of the newest event in the state; absent when no event was folded. */
  readonly watermark?: bigint;
  /** Sequence of the newest relevant event; absent when the head was not read, or when there is no relevant event. */
  readonly head?: bigint;
  /**
   * Age of the cached state when it was looked up, in microseconds; negative after the clock stepped back. Absent when there
   * was no cached state, or when a replay budget had stopped its fold before the head.
   */
  readonly ageUs?: bigint;
  /** Whether the replay budget was used up, so that the state may lack the newest events. */
  readonly stale: boolean;
  /** The result of comparing the cached state with a replay; absent when there was no comparison. */
  readonly shadow?: ShadowVerdict;
  /** Whether this call shared a fold that another call had started. */
  readonly joined: boolean;
  /** Failures of the cache during this call, oldest first. */
  readonly cacheFailures: readonly CacheFailure[];
  /** How long each phase took. */
  readonly durations: PhaseDurations;
}

/** A state, and the report of the call that returned it. */
export interface ProjectionResult<State> {
  /** The state; `undefined` if the stream has none. */
  readonly state: State | undefined;
  /** What happened during the call. */
  readonly report: ProjectionReport;
}

/** A state and its watermark. `JSON.stringify` writes the watermark, and bigints in the state, as decimal text. */
export interface WatermarkedState<State> {
  /** The state; `undefined` if the stream has none. */
  readonly state: State | undefined;
  /** Sequence of the newest event in the state; absent when the stream has no relevant event. */
  readonly watermark?: bigint;
}

/** The answer without its report. */
export function watermarkedState<State>({
  state,
  watermark,
}: {
  readonly state: State | undefined;
  readonly watermark: bigint | undefined;
}): WatermarkedState<State> {
  return withReportForm(watermark === undefined ? { state } : { state, watermark });
}

/** How a call ended. */
export interface ProjectionEnd {
  readonly outcome: ProjectionOutcome;
  readonly watermark: bigint | undefined;
  readonly stale: boolean;
  readonly joined: boolean;
}

/** Collects the fields of the report of one call. A call that tries more than once adds to the same draft. */
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
    return withReportForm({
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
    });
  }
}
