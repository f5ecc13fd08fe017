import type { BoundProjection } from './bound-projection.ts';
import type { ActiveFold } from './cached-states.ts';
import type { Freshness } from './freshness.ts';
import type { HeadReading } from './head-readings.ts';
import type { ReportDraft } from './projection-report.ts';
import type { ProjectOptions } from './projector-options.ts';
import type { Stopwatch } from './stopwatch.ts';

/** One call of a projector. */
export interface RunCall<State, Event> {
  readonly projection: BoundProjection<State, Event>;
  readonly stream: string;
  readonly freshness: Freshness;
  readonly options: ProjectOptions;
  /** The signal of the caller. */
  readonly signal: AbortSignal | undefined;
  /** Returns a shared reading of the head, or starts one with `ask`; absent in a `Projector`, which shares nothing. */
  readonly readHead?: (nowUs: bigint, activeFold: ActiveFold, ask: () => HeadReading['answer']) => HeadReading;
  /** The head of a call that is one of several; `undefined` or absent: the call reads its own. */
  readonly askHead?: () => PromiseLike<bigint | undefined> | undefined;
  /** The report so far, of all its tries. */
  readonly draft: ReportDraft;
  /** Absent if there will be no report: measuring makes a hit half as slow again. */
  readonly watch: Stopwatch | undefined;
}
