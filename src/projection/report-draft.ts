import type { CacheFailure, ProjectionOutcome, ProjectionReport, Refusal, ShadowVerdict } from './projection-report.ts';
import type { Stopwatch } from './stopwatch.ts';

/** What is noted for the report of a call, however often it tries. */
export interface ReportDraft {
  refusal: Refusal | undefined;
  head: bigint | undefined;
  ageUs: bigint | undefined;
  shadow: ShadowVerdict | undefined;
  eventsRead: number;
  readonly cacheFailures: CacheFailure[];
}

/** How a projection ended. */
export interface ProjectionEnd {
  readonly outcome: ProjectionOutcome;
  readonly watermark: bigint | undefined;
  readonly stale: boolean;
  readonly joined: boolean;
}

export function emptyDraft(): ReportDraft {
  return { refusal: undefined, head: undefined, ageUs: undefined, shadow: undefined, eventsRead: 0, cacheFailures: [] };
}

/** For another try: why the cached state was not used, and its age, are of the try that answers. */
export function beginTry(draft: ReportDraft): void {
  draft.refusal = undefined;
  draft.ageUs = undefined;
  draft.head = undefined;
}

/** The report. A property without a value is absent. */
export function reportOf(
  subject: { readonly stream: string; readonly projection: { readonly name: string; readonly version: number } },
  draft: ReportDraft,
  end: ProjectionEnd,
  watch: Stopwatch,
): ProjectionReport {
  const { refusal, head, ageUs, shadow, eventsRead, cacheFailures } = draft;
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
    durations: watch.durations(),
  };
}
