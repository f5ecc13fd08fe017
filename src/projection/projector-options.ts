import { kindOf } from '../base/argument.ts';
import { guardedHandler } from '../base/guarded-handler.ts';
import type { AsyncProjectionCache, ProjectionCache } from '../contract/projection-cache.ts';
import type { AsyncEventReader, EventReader } from './event-reader.ts';
import { FoldTokens } from './fold-token.ts';
import type { ProjectionReport } from './projection-report.ts';
import { ProjectorCounters } from './projector-counters.ts';
import { assertBudget, type ReplayBudget } from './replay-budget.ts';

/** What both projectors take besides a cache and an event log. */
export interface ProjectorSettings {
  /** The wall clock, in microseconds since the Unix epoch; default: that of the system. */
  readonly now?: () => bigint;
  /** A steady clock in milliseconds, for durations and budgets; default: `performance.now`. */
  readonly elapsed?: () => number;
  /** Given the report of every call that is answered. What it throws surfaces as an uncaught exception. */
  readonly onReport?: (report: ProjectionReport) => void;
  /** How much one projection may replay; without it there is no bound. */
  readonly replayBudget?: ReplayBudget;
  /**
   * Compares one hit in so many with a replay; a positive integer. Without it none. A difference is reported and counted,
   * and the events are folded anew. A replay that exceeds `replayBudget` ends without a verdict.
   */
  readonly verifyEvery?: number;
}

/** What a call that is reported on may be told. */
export interface ProjectOptions {
  /**
   * What to do where the replay budget runs out: throw `REPLAY_BUDGET`, the default, or give the newest state there is,
   * which is folded so far or was cached. The report then says `stale`.
   */
  readonly onBudget?: 'throw' | 'stale';
}

/** What the rules of projections work with. */
export interface ProjectionContext<Event> {
  readonly cache: ProjectionCache | AsyncProjectionCache;
  readonly source: EventReader<Event> | AsyncEventReader<Event>;
  readonly now: () => bigint;
  readonly elapsed: () => number;
  readonly replayBudget: ReplayBudget | undefined;
  readonly verifyEvery: number | undefined;
  readonly reports: boolean;
  readonly onReport: (report: ProjectionReport) => void;
  readonly tokens: FoldTokens;
  readonly counters: ProjectorCounters;
  /** A cache that keeps nothing is not written to. */
  readonly keeps: boolean;
}

const US_PER_MS = 1000n;

/** Throws `TypeError` or `RangeError` that names the option. */
export function contextOf<Event>(
  options: ProjectorSettings & {
    readonly cache: ProjectionCache | AsyncProjectionCache;
    readonly source: EventReader<Event> | AsyncEventReader<Event>;
  },
): ProjectionContext<Event> {
  const { cache, source, now, onReport, replayBudget, verifyEvery } = options ?? {};
  for (const verb of ['capabilities', 'get', 'put', 'deletePrefix'] as const) {
    if (typeof cache?.[verb] !== 'function')
      throw new TypeError(`cache has no method \`${verb}\`: give a ProjectionCache`);
  }
  for (const verb of ['head', 'read'] as const) {
    if (typeof source?.[verb] !== 'function')
      throw new TypeError(`source has no method \`${verb}\`: give an event reader`);
  }
  if (replayBudget !== undefined) assertBudget(replayBudget);
  if (verifyEvery !== undefined && (!Number.isSafeInteger(verifyEvery) || verifyEvery < 1)) {
    throw new RangeError(`verifyEvery must be a positive integer, not ${String(verifyEvery)}`);
  }
  return {
    cache,
    source,
    now: now === undefined ? wallClock : checkedClock(now),
    elapsed: options.elapsed ?? (() => performance.now()),
    replayBudget,
    verifyEvery,
    reports: onReport !== undefined,
    onReport: guardedHandler(onReport),
    tokens: new FoldTokens(),
    counters: new ProjectorCounters(),
    keeps: !cache.capabilities().isNoop,
  };
}

/** Throws `TypeError` for options that a call does not have. */
export function assertCallOptions({ onBudget }: ProjectOptions): void {
  if (onBudget !== undefined && onBudget !== 'throw' && onBudget !== 'stale') {
    throw new TypeError(`onBudget must be 'throw' or 'stale', not ${String(onBudget)}`);
  }
}

function wallClock(): bigint {
  return BigInt(Date.now()) * US_PER_MS;
}

/** A clock of milliseconds as numbers, the likely mistake, would otherwise show as a cache that fails each `put`. */
function checkedClock(now: () => bigint): () => bigint {
  return () => {
    const nowUs = now();
    if (typeof nowUs === 'bigint') return nowUs;
    throw new TypeError(`now must return microseconds since the Unix epoch as a bigint; got ${kindOf(nowUs)}`);
  };
}
