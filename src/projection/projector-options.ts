import { assertFunction, assertOptions } from '../base/argument.ts';
import { guardedHandler } from '../base/guarded-handler.ts';
import type { AsyncProjectionCache, ProjectionCache } from '../contract/projection-cache.ts';
import { ActiveFolds } from './active-folds.ts';
import type { CacheDeadline } from './cache-deadline.ts';
import type { CacheWrites } from './cache-writes.ts';
import { assertSignal } from './cancellation.ts';
import { assertNoPromise } from './coroutine.ts';
import type { AsyncEventReader, EventReader } from './event-reader.ts';
import { checkedClock, wallClock } from './freshness.ts';
import type { ProjectionReport } from './projection-report.ts';
import { ProjectorCounters } from './projector-counters.ts';
import { checkedBudget, type ReplayBudget } from './replay-budget.ts';
import { checkedElapsed } from './stopwatch.ts';

/** What both projectors take besides a cache and an event log. */
export interface ProjectorSettings {
  /**
   * The wall clock, in microseconds since the Unix epoch; default: that of the system. A clock that shows the present in
   * seconds, milliseconds or nanoseconds at construction is a `RangeError`.
   */
  readonly nowUs?: () => bigint;
  /** A steady clock in milliseconds, for durations and budgets; default: `performance.now`. */
  readonly elapsed?: () => number;
  /** Given the report of every call that is answered. What it throws surfaces as an uncaught exception. */
  readonly onReport?: (report: ProjectionReport) => void;
  /** How much one projection may replay; without it there is no bound. */
  readonly replayBudget?: ReplayBudget;
  /**
   * Compares one in so many hits that asked the event log with a replay; a positive integer. Without it none. A difference is
   * reported and counted, and the events are folded anew. A replay that exceeds `replayBudget` ends without a verdict.
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
  readonly nowUs: () => bigint;
  readonly elapsed: () => number;
  readonly replayBudget: ReplayBudget | undefined;
  readonly verifyEvery: number | undefined;
  readonly reports: boolean;
  readonly onReport: (report: ProjectionReport) => void;
  readonly activeFolds: ActiveFolds;
  readonly counters: ProjectorCounters;
  /** A cache that keeps nothing is not written to. */
  readonly keeps: boolean;
  /** What an asynchronous cache takes; absent in a `Projector`. */
  readonly later?: AsyncCacheAccess;
}

/** A cache that answers later: how long it is waited for, and what is written to it behind the results. */
export interface AsyncCacheAccess {
  readonly deadline: CacheDeadline;
  readonly writes: CacheWrites;
}

/** Throws `TypeError` or `RangeError` that names the option. */
export function contextOf<Event>(
  options: ProjectorSettings & {
    readonly cache: ProjectionCache | AsyncProjectionCache;
    readonly source: EventReader<Event> | AsyncEventReader<Event>;
  },
): ProjectionContext<Event> {
  const { cache, source, nowUs, elapsed, onReport, replayBudget, verifyEvery } = options ?? {};
  for (const verb of ['capabilities', 'get', 'put', 'deletePrefix'] as const) {
    if (typeof cache?.[verb] !== 'function')
      throw new TypeError(`cache has no method \`${verb}\`: give a ProjectionCache`);
  }
  for (const verb of ['head', 'read'] as const) {
    if (typeof source?.[verb] !== 'function')
      throw new TypeError(`source has no method \`${verb}\`: give an event reader`);
  }
  if (onReport !== undefined) assertFunction(onReport, 'onReport');
  if (verifyEvery !== undefined && (!Number.isSafeInteger(verifyEvery) || verifyEvery < 1)) {
    throw new RangeError(`verifyEvery must be a positive integer, not ${String(verifyEvery)}`);
  }
  const capabilities = cache.capabilities();
  assertNoPromise(capabilities, '`capabilities` of a cache');
  return {
    cache,
    source,
    nowUs: nowUs === undefined ? wallClock : checkedClock(nowUs),
    elapsed: elapsed === undefined ? () => performance.now() : checkedElapsed(elapsed),
    replayBudget: replayBudget === undefined ? undefined : checkedBudget(replayBudget),
    verifyEvery,
    reports: onReport !== undefined,
    onReport: guardedHandler(onReport),
    activeFolds: new ActiveFolds(),
    counters: new ProjectorCounters(),
    keeps: !capabilities.isNoop,
  };
}

/** Throws `TypeError` for options that a call does not have, and for a signal in place of them. */
export function assertCallOptions(options: ProjectOptions & { readonly signal?: AbortSignal }): void {
  assertOptions(options);
  const { onBudget, signal } = options;
  assertSignal(signal);
  if (onBudget !== undefined && onBudget !== 'throw' && onBudget !== 'stale') {
    throw new TypeError(`onBudget must be 'throw' or 'stale', not ${String(onBudget)}`);
  }
}
