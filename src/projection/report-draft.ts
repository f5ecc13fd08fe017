import type { CacheFailure, ProjectionOutcome, ProjectionReport, Refusal, ShadowVerdict } from './projection-report.ts';
import type { Stopwatch } from './stopwatch.ts';

/** What is noted for the report while a projection is under way. */
export interface ReportDraft {
  refusal: Refusal | undefined;
  head: bigint | undefined;
  ageUs: bigint | undefined;
  shadow: ShadowVerdict | undefined;
  eventsRead: number;
}

/** How a projection ended. */
export interface ProjectionEnd {
  readonly outcome: ProjectionOutcome;
  readonly watermark: bigint | undefined;
  readonly stale: boolean;
  readonly joined: boolean;
}

export function emptyDraft(): ReportDraft {
  return { refusal: undefined, head: undefined, ageUs: undefined, shadow: undefined, eventsRead: 0 };
}

/** The report. A property without a value is absent. */
export function reportOf(
  subject: { readonly stream: string; readonly projection: { readonly name: string; readonly version: number } },
  draft: ReportDraft,
  end: ProjectionEnd,
  cacheFailures: readonly CacheFailure[],
  watch: Stopwatch,
): ProjectionReport {
  const { refusal, head, ageUs, shadow, eventsRead } = draft;
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
    cacheFailures,
    durations: watch.durations(),
  };
}
