import { assertIterable, isPromise } from '../base/argument.ts';
import type { AsyncProjectionCache, ProjectionCache } from '../contract/projection-cache.ts';
import { BoundProjections } from './bound-projection.ts';
import { CacheDeadline, type CacheDeadlineOptions } from './cache-deadline.ts';
import { sweepCache } from './cache-sweep.ts';
import { CacheWrites, sharedId } from './cache-writes.ts';
import type { AsyncCacheAccess } from './cached-states.ts';
import { unlessAborted } from './cancellation.ts';
import { runLater } from './coroutine.ts';
import type { AsyncEventReader, EventReader } from './event-reader.ts';
import { assertFreshness, Freshness } from './freshness.ts';
import { HeadReadings, type LogicalTime } from './head-readings.ts';
import type { Projection } from './projection.ts';
import { streamPrefix } from './projection-key.ts';
import { type ProjectionResult, ReportDraft } from './projection-report.ts';
import { type Folded, type ProjectionAnswer, ProjectionRun, type RunCall } from './projection-run.ts';
import type { ProjectorStats } from './projector-counters.ts';
import {
  assertCallOptions,
  contextOf,
  type ProjectionContext,
  type ProjectOptions,
  type ProjectorSettings,
} from './projector-options.ts';
import { type SharedFold, SingleFlight } from './single-flight.ts';
import { Stopwatch } from './stopwatch.ts';
import { assertWarmUp, type WarmOptions, type WarmReport, warmStreams } from './warm-up.ts';

/** The cache, the event log and the settings of an `AsyncProjector`. */
export interface AsyncProjectorOptions<Event> extends ProjectorSettings, CacheDeadlineOptions {
  /** Where states are cached; synchronous or asynchronous. */
  readonly cache: ProjectionCache | AsyncProjectionCache;
  /** Where events are read; synchronous or asynchronous. */
  readonly source: AsyncEventReader<Event> | EventReader<Event>;
}

/** Options of one call of `AsyncProjector.project`. */
export interface AsyncCallOptions {
  /**
   * Aborts this call: its promise is rejected with the reason of the signal. Other callers that share the fold are not
   * affected. Default: none.
   */
  readonly signal?: AbortSignal;
}

/** Options of one call of `AsyncProjector.projectWithReport`. */
export interface AsyncProjectOptions extends AsyncCallOptions, ProjectOptions {}

/** One call that waits for its answer. */
interface Caller {
  readonly signal: AbortSignal | undefined;
  readonly beganAt: LogicalTime;
  /** The lowest head that its tries have read. */
  lowestHead: bigint | undefined;
  /** The fold it shares. */
  sharedFold: SharedFold | undefined;
}

/**
 * Like `Projector`, for event logs or caches that are asynchronous. Concurrent calls for the same state share one fold: a
 * call joins the fold under way if it will reach the head that the call read; otherwise the call waits for the fold to end
 * and folds the remaining events. Writes to an asynchronous cache follow the results: call `flush` before you close it.
 */
export class AsyncProjector<Event> {
  readonly #context: ProjectionContext<Event> & { readonly later: AsyncCacheAccess };
  readonly #bound: BoundProjections<Event>;
  readonly #cache: ProjectionCache | AsyncProjectionCache;
  readonly #singleFlight = new SingleFlight();
  readonly #heads = new HeadReadings();
  #now: LogicalTime = 0;

  /** Throws `TypeError` for an option of the wrong type and `RangeError` for one out of its range. */
  constructor(options: AsyncProjectorOptions<Event>) {
    const context = contextOf(options);
    const deadline = new CacheDeadline(options);
    const writes = new CacheWrites(options.cache, deadline, context.failures);
    this.#context = { ...context, later: { deadline, writes } };
    this.#cache = options.cache;
    this.#bound = new BoundProjections(options.source);
  }

  /**
   * Resolves to the state of a projection of a stream, `undefined` when there is none. `freshness` is how old the state may
   * be; default: `Freshness.consistent`. Rejects with `StoreError` `SOURCE_INVALID`, `STATE_CODEC`, `REPLAY_BUDGET` or `CLOSED`,
   * `TypeError` or `RangeError` for an invalid argument, any error of the event log or of `apply`, and the reason of an
   * aborted `signal`.
   */
  async project<State>(
    projection: Projection<State, Event>,
    stream: string,
    freshness: Freshness = Freshness.consistent,
    options: AsyncCallOptions = {},
  ): Promise<State | undefined> {
    assertCallOptions(options);
    const { signal } = options;
    const own = signal === undefined ? {} : { signal };
    return (await this.#project(projection, stream, freshness, own, this.#context.reports)).state;
  }

  /**
   * Like `project`, and resolves to a report as well: the outcome, why a cached state was not used, how many events were read
   * and how long each phase took. Rejects with the errors of `project`.
   */
  async projectWithReport<State>(
    projection: Projection<State, Event>,
    stream: string,
    freshness: Freshness = Freshness.consistent,
    options: AsyncProjectOptions = {},
  ): Promise<ProjectionResult<State>> {
    assertCallOptions(options);
    return (await this.#project(projection, stream, freshness, options, true)) as ProjectionResult<State>;
  }

  /**
   * Removes the cached states of all projections of a stream, and resolves to how many there were. Folds that are under way
   * before the promise is settled are neither cached nor shared with later calls. Rejects with `TypeError` for an invalid
   * stream, with any error of the cache, and with `CACHE_FAILED` when the cache does not answer within `cacheTimeoutMs`; some
   * entries may remain then. An older write that completes later is not used, and is removed again.
   */
  async invalidate(stream: string): Promise<number> {
    const prefix = streamPrefix(stream);
    const { activeFolds, later } = this.#context;
    activeFolds.beginInvalidation(stream);
    later.writes.invalidate(stream);
    try {
      if (later.writes.isBusy(stream)) await later.writes.ended(stream);
      const removing = this.#cache.deletePrefix(prefix);
      return isPromise(removing) ? await later.deadline.within(removing) : removing;
    } finally {
      activeFolds.endInvalidation(stream);
    }
  }

  /**
   * Resolves when all writes to the cache that are under way have ended, or have exceeded `cacheTimeoutMs`. Call it before
   * you sync or close the cache. Never rejects: `onCacheFailure` receives writes that failed.
   */
  async flush(): Promise<void> {
    await this.#context.later.writes.ended();
  }

  /**
   * Removes the cached states of all projections that are not in `live`: those of other names, versions, kinds and event
   * logs. Other keys of the cache stay. Resolves to how many entries it removed. Rejects with `TypeError` for a cache without
   * a method `keys`, with any error of the cache, and with `CACHE_FAILED` when an answer exceeds `cacheTimeoutMs`.
   */
  async sweep(live: Iterable<Projection<unknown, Event>>): Promise<number> {
    assertIterable(live, 'live');
    const { deadline } = this.#context.later;
    return await runLater(sweepCache(this.#cache, this.#bound.all(live)), (answer) => deadline.within(answer));
  }

  /**
   * Projects the streams, several at once, so that the next call for each is a hit. The next streams are announced to a cache
   * that supports prefetching. A stream that fails is listed in the report, and the warm-up continues. It ends early, and
   * rejects, when `signal` is aborted or when `streams` throws; projections under way end first. Rejects with
   * `TypeError` or `RangeError` for an invalid argument.
   */
  async warm<State>(
    streams: Iterable<string> | AsyncIterable<string>,
    projection: Projection<State, Event>,
    options: WarmOptions = {},
  ): Promise<WarmReport> {
    assertWarmUp(streams, options);
    this.#bound.of(projection);
    const { signal } = options;
    const callOptions = signal === undefined ? {} : { signal };
    const prefetches = this.#cache.capabilities().supportsPrefetch;
    const work = {
      announce: prefetches ? (stream: string) => this.#prefetch(projection, stream) : undefined,
      project: async (stream: string) => {
        await this.project(projection, stream, Freshness.consistent, callOptions);
        // So that there are never more writes under way than `concurrency`.
        await unlessAborted(this.#context.later.writes.ended(stream), signal);
      },
    };
    return await warmStreams(streams, work, options);
  }

  /** Returns a snapshot of the counters since this projector was created. */
  stats(): ProjectorStats {
    return this.#context.counters.snapshot();
  }

  #prefetch<State>(projection: Projection<State, Event>, stream: string): void {
    const { cache, nowUs, failures } = this.#context;
    const failed = (error: unknown): void => failures.add('prefetch', stream, error);
    try {
      const key = this.#bound.of(projection).key(stream);
      Promise.resolve(cache.prefetch?.(key, { watermark: 0n, cachedAtUs: nowUs() })).catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  async #project<State>(
    projection: Projection<State, Event>,
    stream: string,
    freshness: Freshness,
    options: AsyncProjectOptions,
    reports: boolean,
  ): Promise<ProjectionAnswer<State>> {
    assertFreshness(freshness);
    const watch = reports ? new Stopwatch(this.#context.elapsed) : undefined;
    const { signal } = options;
    const bound = this.#bound.of(projection);
    const caller: Caller = { signal, beganAt: this.#tick(), lowestHead: undefined, sharedFold: undefined };
    const { beganAt } = caller;
    const call: RunCall<State, Event> = {
      projection: bound,
      stream,
      freshness,
      options,
      signal,
      readHead: (nowUs, activeFold, ask) => {
        const headCall = { stream, projection: bound, freshness, beganAt, activeFold };
        return this.#heads.read(headCall, nowUs, this.#tick(), ask);
      },
      draft: new ReportDraft(),
      watch,
    };
    try {
      return await unlessAborted(this.#answer(call, caller), signal);
    } finally {
      caller.sharedFold?.leave();
    }
  }

  /** Tries until there is an answer. After the caller has left, it ends at its next step, without an effect. */
  async #answer<State>(call: RunCall<State, Event>, caller: Caller): Promise<ProjectionAnswer<State>> {
    while (true) {
      caller.signal?.throwIfAborted();
      const tried = await this.#try(call, caller);
      if ('answer' in tried) return tried.answer;
      call.watch?.enter('wait');
      await tried.again;
      call.draft.beginRetry();
    }
  }

  /** Answers from the cache, from its own fold or from a shared one. Otherwise returns when to try again. */
  async #try<State>(
    call: RunCall<State, Event>,
    caller: Caller,
  ): Promise<{ readonly answer: ProjectionAnswer<State> } | { readonly again: Promise<unknown> | undefined }> {
    const { activeFolds } = this.#context;
    const activeFold = activeFolds.begin(call.stream);
    const beganDropped = activeFold.isDropped;
    let isLeading = false;
    try {
      const run = new ProjectionRun(this.#context, call, activeFold);
      const prepared = await runLater(run.prepare());
      if ('answer' in prepared) return prepared;
      caller.signal?.throwIfAborted();
      // The stream was invalidated meanwhile: a fold onto the state found would be neither cached nor shared.
      if (activeFold.isDropped && !beganDropped) return { again: undefined };
      // No `await` from here until the caller has joined, so that no other call runs in between.
      const { plan } = prepared;
      const { beganAt, lowestHead = plan.head } = caller;
      caller.lowestHead = plan.head < lowestHead ? plan.head : lowestHead;
      const id = sharedId(call.stream, call.projection.id);
      const underWay = this.#singleFlight.find(id);
      if (underWay?.answers(beganAt, plan.head, caller.lowestHead) === false) {
        // Callers who joined that fold see its failure; this call continues from what it caches.
        return { again: underWay.ended };
      }
      isLeading = underWay === undefined;
      const fold = (signal: AbortSignal): Promise<Folded> =>
        runLater(run.fold(plan, signal)).finally(() => activeFolds.end(activeFold));
      const sharedFold =
        underWay ?? this.#singleFlight.start(id, { head: plan.head, askedAt: plan.reading.askedAt, activeFold }, fold);
      if (!isLeading) call.watch?.enter('wait');
      sharedFold.join();
      caller.sharedFold = sharedFold;
      const folded = await sharedFold.result;
      caller.signal?.throwIfAborted();
      return { answer: run.conclude(folded, !isLeading) };
    } finally {
      if (!isLeading) activeFolds.end(activeFold);
    }
  }

  #tick(): LogicalTime {
    this.#now += 1;
    return this.#now;
  }
}
