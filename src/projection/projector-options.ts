import { kindOf } from '../base/argument.ts';
import { guardedHandler } from '../base/guarded-handler.ts';
import type { AsyncProjectionCache, ProjectionCache } from '../contract/projection-cache.ts';
import { assertSignal } from './abortable.ts';
import type { CacheDeadline } from './cache-deadline.ts';
import type { CacheWrites } from './cache-writes.ts';
import type { AsyncEventReader, EventReader } from './event-reader.ts';
import { FoldTokens } from './fold-token.ts';
import type { ProjectionReport } from './projection-report.ts';
import { ProjectorCounters } from './projector-counters.ts';
import { checkedBudget, type ReplayBudget } from './replay-budget.ts';
import { assertNoPromise } from './steps.ts';

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
  readonly tokens: FoldTokens;
  readonly counters: ProjectorCounters;
  /** A cache that keeps nothing is not written to. */
  readonly keeps: boolean;
  /** What an asynchronous cache takes; absent in a `Projector`. */
  readonly later?: LaterCache;
}

/** A cache that answers later: how long it is waited for, and what is written to it behind the results. */
export interface LaterCache {
  readonly deadline: CacheDeadline;
  readonly writes: CacheWrites;
}

const US_PER_MS = 1000n;
/** Times from 2001 to 5138 are here in seconds or milliseconds. Clocks of tests, which begin near 0, are not. */
const COARSER_UNITS: { readonly from: bigint; readonly to: bigint } = { from: 10n ** 9n, to: 10n ** 14n };
/** Times from 1973 on are above it in nanoseconds. */
const PLAUSIBLE_MAX_US: bigint = 10n ** 17n;

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
    tokens: new FoldTokens(),
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

function wallClock(): bigint {
  return BigInt(Date.now()) * US_PER_MS;
}

/**
 * Throws `TypeError` or `RangeError` for a clock of another unit, which would otherwise show as a cache that fails each
 * `put`, or as states that are always fresh. Later readings are taken as they come: a clock may step anywhere.
 */
function checkedClock(clock: () => bigint): () => bigint {
  assertFunction(clock, 'nowUs');
  const nowUs = (): bigint => {
    const timeUs = clock();
    if (typeof timeUs === 'bigint') return timeUs;
    throw new TypeError(`nowUs must return microseconds since the Unix epoch as a bigint; got ${kindOf(timeUs)}`);
  };
  const timeUs = nowUs();
  const isCoarser = timeUs >= COARSER_UNITS.from && timeUs < COARSER_UNITS.to;
  if (!isCoarser && timeUs >= 0n && timeUs < PLAUSIBLE_MAX_US) return nowUs;
  throw new RangeError(`nowUs must return microseconds since the Unix epoch; ${timeUs} looks like another unit`);
}

function checkedElapsed(elapsed: () => number): () => number {
  assertFunction(elapsed, 'elapsed');
  const ms: unknown = elapsed();
  if (Number.isFinite(ms)) return elapsed;
  throw new TypeError(`elapsed must return milliseconds as a finite number; got ${String(ms)} (${kindOf(ms)})`);
}

/** Throws `TypeError` for options in which nothing would be found, an `AbortSignal` perhaps. */
export function assertOptions(options: object): void {
  if (typeof options === 'object' && options !== null && !('aborted' in options)) return;
  throw new TypeError(`options must be an object with the options by name; got ${kindOf(options)}`);
}

/** Throws `TypeError` where `value` cannot be gone through, and for a string, whose characters are not meant. */
export function assertIterable(value: object, name: string): void {
  if (typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value))
    return;
  throw new TypeError(`${name} must be an iterable, such as an array; got ${kindOf(value)}`);
}

export function assertFunction(value: unknown, name: string): void {
  if (typeof value !== 'function') throw new TypeError(`${name} must be a function; got ${kindOf(value)}`);
}
