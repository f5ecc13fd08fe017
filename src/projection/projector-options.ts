import { assertFunction } from '../base/argument.ts';
import { guardedHandler } from '../base/guarded-handler.ts';
import { assertOptions } from '../base/options.ts';
import type { AsyncProjectionCache, ProjectionCache, SharedProjectionCache } from '../contract/projection-cache.ts';
import { type CacheFailureEvent, CacheFailures } from './cache-failures.ts';
import { ActiveFolds, type CacheContext } from './cached-states.ts';
import { assertNoPromise } from './coroutine.ts';
import type { AsyncEventReader, EventReader } from './event-reader.ts';
import { checkedClock, wallClock } from './freshness.ts';
import type { ProjectionReport } from './projection-report.ts';
import { ProjectorCounters } from './projector-counters.ts';
import { checkedBudget, type ReplayBudget } from './replay-budget.ts';
import { checkedElapsed } from './stopwatch.ts';

/** The settings of both projectors, besides the cache and the event log. All are optional. */
export interface ProjectorSettings {
  /**
   * Returns the wall-clock time in microseconds since the Unix epoch; default: `Date.now()` in microseconds. It is called
   * once by the constructor, which throws `RangeError` for a negative time, for one from 10^9 to 10^14 and for one from
   * 10^17: these look like seconds, milliseconds or nanoseconds. It may step back or forward later.
   */
  readonly nowUs?: () => bigint;
  /**
   * Returns the time of a monotonic clock in milliseconds, a finite number, for the durations of reports and for
   * `replayBudget.ms`; default: `performance.now`.
   */
  readonly elapsed?: () => number;
  /**
   * Called with the report of every call that succeeds; default: none, and then `project` measures nothing. An error
   * that it throws does not affect the call: the first one is reported as a process warning.
   */
  readonly onReport?: (report: ProjectionReport) => void;
  /**
   * Called when the cache fails; default: none. The call that needed the cache still returns its state, by a fold. `CLOSED` is
   * thrown instead: a closed cache is a mistake of the program. Failures are also counted in `stats().cacheFailures`.
   */
  readonly onCacheFailure?: (failure: CacheFailureEvent) => void;
  /** How many events one fold may read, and for how long; default: no limit. A fold beyond it ends with `REPLAY_BUDGET`. */
  readonly replayBudget?: ReplayBudget;
  /**
   * Compares every nth hit that read the head with a replay of all its events; a positive integer, default: no comparison.
   * A state that differs is removed, reported and counted, and the result of a new fold is returned. A replay that exceeds
   * `replayBudget` ends without a verdict.
   */
  readonly verifyEvery?: number;
}

/** Options of one call of `projectWithReport`. */
export interface ProjectOptions {
  /**
   * What happens when the replay budget is used up: `'throw'`, the default, throws `REPLAY_BUDGET`; `'stale'` returns the
   * newest state available, either folded up to the limit or found in the cache, with `stale: true` in the report.
   */
  readonly onBudget?: 'throw' | 'stale';
}

/** The parts that all calls of one projector share. */
export interface ProjectionContext<Event> extends CacheContext {
  readonly source: EventReader<Event> | AsyncEventReader<Event>;
  readonly nowUs: () => bigint;
  readonly elapsed: () => number;
  readonly replayBudget: ReplayBudget | undefined;
  readonly verifyEvery: number | undefined;
  readonly reports: boolean;
  readonly onReport: (report: ProjectionReport) => void;
  readonly activeFolds: ActiveFolds;
}

/** Those of `AsyncProjector` included: a program may pass the same options to both. */
const OPTIONS: readonly string[] = [
  'cache',
  'source',
  'nowUs',
  'elapsed',
  'onReport',
  'onCacheFailure',
  'replayBudget',
  'verifyEvery',
  'cacheTimeoutMs',
  'startTimer',
];

/** Checks the options of a projector. Throws `TypeError` or `RangeError` that names the option. */
export function contextOf<Event>(
  options: ProjectorSettings & {
    readonly cache: ProjectionCache | AsyncProjectionCache;
    readonly source: EventReader<Event> | AsyncEventReader<Event>;
  },
): ProjectionContext<Event> {
  assertOptions(options, 'options of a projector', OPTIONS);
  const { cache, source, nowUs, elapsed, onReport, onCacheFailure, replayBudget, verifyEvery } = options;
  for (const verb of ['capabilities', 'get', 'put', 'deletePrefix'] as const) {
    if (typeof cache?.[verb] !== 'function')
      throw new TypeError(`cache has no method \`${verb}\`: pass a ProjectionCache`);
  }
  for (const verb of ['head', 'read'] as const) {
    if (typeof source?.[verb] !== 'function')
      throw new TypeError(`source has no method \`${verb}\`: pass an event reader`);
  }
  if (source.checkpoint !== undefined) assertFunction(source.checkpoint, 'checkpoint of an event reader');
  if (source.heads !== undefined) assertFunction(source.heads, 'heads of an event reader');
  if (onReport !== undefined) assertFunction(onReport, 'onReport');
  if (onCacheFailure !== undefined) assertFunction(onCacheFailure, 'onCacheFailure');
  if (verifyEvery !== undefined && (!Number.isSafeInteger(verifyEvery) || verifyEvery < 1)) {
    throw new RangeError(`verifyEvery must be a positive integer, not ${String(verifyEvery)}`);
  }
  const capabilities = cache.capabilities();
  assertNoPromise(capabilities, '`capabilities` of a cache');
  const counters = new ProjectorCounters();
  return {
    cache,
    shared: 'readWithEpoch' in cache ? (cache as SharedProjectionCache) : undefined,
    source,
    nowUs: nowUs === undefined ? wallClock : checkedClock(nowUs),
    elapsed: elapsed === undefined ? () => performance.now() : checkedElapsed(elapsed),
    replayBudget: replayBudget === undefined ? undefined : checkedBudget(replayBudget),
    verifyEvery,
    reports: onReport !== undefined,
    onReport: guardedHandler('onReport', onReport),
    activeFolds: new ActiveFolds(),
    counters,
    failures: new CacheFailures(counters, onCacheFailure),
    keeps: !(capabilities.isNoop || cache.isReadOnly === true),
  };
}

/** Throws `TypeError` for invalid options of a call, or for a signal in place of the options. */
export function assertCallOptions(options: ProjectOptions & { readonly signal?: AbortSignal }): void {
  assertOptions(options, 'options of a call', ['onBudget', 'signal']);
  const { onBudget } = options;
  if (onBudget !== undefined && onBudget !== 'throw' && onBudget !== 'stale') {
    throw new TypeError(`onBudget must be 'throw' or 'stale', not ${String(onBudget)}`);
  }
}
