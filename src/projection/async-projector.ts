import { assertIterable, isPromise } from '../base/argument.ts';
import type { AsyncProjectionCache, ProjectionCache } from '../contract/projection-cache.ts';
import { BoundProjections } from './bound-projection.ts';
import { CacheDeadline, type CacheDeadlineOptions } from './cache-deadline.ts';
import { sweepCache } from './cache-sweep.ts';
import { CacheWrites } from './cache-writes.ts';
import { type CachedProjection, peekCache } from './cached-projection.ts';
import type { AsyncCacheAccess } from './cached-states.ts';
import { unlessAborted } from './cancellation.ts';
import { ConcurrentCalls } from './concurrent-calls.ts';
import { runLater } from './coroutine.ts';
import type { AsyncEventReader, EventReader } from './event-reader.ts';
import { assertFreshness, Freshness } from './freshness.ts';
import { type BatchedCall, HeadBatch, type Heads, streamList } from './head-batch.ts';
import type { Projection } from './projection.ts';
import { streamPrefix } from './projection-key.ts';
import { type ProjectionResult, ReportDraft, type WatermarkedState, watermarkedState } from './projection-report.ts';
import type { ProjectionAnswer } from './projection-run.ts';
import type { ProjectorStats } from './projector-counters.ts';
import {
  assertCallOptions,
  contextOf,
  type ProjectionContext,
  type ProjectOptions,
  type ProjectorSettings,
} from './projector-options.ts';
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

/**
 * Like `Projector`, for event logs or caches that are asynchronous. Concurrent calls for the same state share one fold: a
 * call joins the fold under way if it will reach the head that the call read; otherwise the call waits for the fold to end
 * and folds the remaining events. Writes to an asynchronous cache follow the results: call `flush` before you close it.
 */
export class AsyncProjector<Event> {
  readonly #context: ProjectionContext<Event> & { readonly later: AsyncCacheAccess };
  readonly #bound: BoundProjections<Event>;
  readonly #cache: ProjectionCache | AsyncProjectionCache;
  readonly #calls: ConcurrentCalls<Event>;

  /** Throws `TypeError` for an option of the wrong type and `RangeError` for one out of its range. */
  constructor(options: AsyncProjectorOptions<Event>) {
    const context = contextOf(options);
    const deadline = new CacheDeadline(options);
    const writes = new CacheWrites(options.cache, deadline, context.failures);
    this.#context = { ...context, later: { deadline, writes } };
    this.#cache = options.cache;
    this.#bound = new BoundProjections(options.source);
    this.#calls = new ConcurrentCalls(this.#context);
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
    return (await this.#projectPlainly(projection, stream, freshness, options)).state;
  }

  /**
   * Like `project`, and resolves to the watermark of the state as well, at nearly the cost of `project`: nothing is measured. Pass
   * it to `Freshness.atLeast`, or compare it with the sequence of your own event. Rejects with the errors of `project`.
   */
  async projectWithWatermark<State>(
    projection: Projection<State, Event>,
    stream: string,
    freshness: Freshness = Freshness.consistent,
    options: AsyncCallOptions = {},
  ): Promise<WatermarkedState<State>> {
    return watermarkedState(await this.#projectPlainly(projection, stream, freshness, options));
  }

  /**
   * Resolves to the states of a projection of several streams, in the order of `streams`, as `project` does for each. All are
   * projected at once; for many streams that are not cached, `warm` does it a few at a time. If the event reader has a method
   * `heads`, the heads are read by one call of it. The keys are announced to a cache that supports prefetching. Rejects with the
   * error of the first stream that fails, when the others have ended, and with `TypeError` for invalid `streams`.
   */
  async projectMany<State>(
    projection: Projection<State, Event>,
    streams: Iterable<string>,
    freshness: Freshness = Freshness.consistent,
    options: AsyncCallOptions = {},
  ): Promise<(State | undefined)[]> {
    assertCallOptions(options);
    assertFreshness(freshness);
    const all = streamList(streams);
    const bound = this.#bound.of(projection);
    const { source } = this.#context;
    const batch =
      source.heads === undefined
        ? undefined
        : new HeadBatch(all.length, (asked) => source.heads?.(asked, bound.kinds) as Heads);
    if (this.#cache.capabilities().supportsPrefetch) for (const stream of all) this.#prefetch(projection, stream);
    const { signal } = options;
    const own = signal === undefined ? {} : { signal };
    const answers = await Promise.allSettled(
      all.map((stream) => {
        const batched = batch?.call({ stream, projection: bound });
        return this.#project(projection, stream, freshness, own, this.#context.reports, batched);
      }),
    );
    return answers.map((answer) => {
      if (answer.status === 'rejected') throw answer.reason;
      return answer.value.state;
    });
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
   * Resolves to the cached state of a projection of a stream, whatever its age, with its watermark; to `undefined` when the
   * cache has none that can be decoded, or does not answer within `cacheTimeoutMs`. The event log is not read, so the state may
   * lack events, or hold events that a restored log does not have. Rejects with `CLOSED`, and with `TypeError` or `RangeError`
   * for an invalid argument.
   */
  async peek<State>(
    projection: Projection<State, Event>,
    stream: string,
  ): Promise<CachedProjection<State> | undefined> {
    return await runLater(peekCache(this.#context, this.#bound.of(projection), stream));
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
      return isPromise(removing) ? await later.deadline.within(removing, { stream }) : removing;
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

  async #projectPlainly<State>(
    projection: Projection<State, Event>,
    stream: string,
    freshness: Freshness,
    options: AsyncCallOptions,
  ): Promise<ProjectionAnswer<State>> {
    assertCallOptions(options);
    const { signal } = options;
    const own = signal === undefined ? {} : { signal };
    return await this.#project(projection, stream, freshness, own, this.#context.reports);
  }

  async #project<State>(
    projection: Projection<State, Event>,
    stream: string,
    freshness: Freshness,
    options: AsyncProjectOptions,
    reports: boolean,
    batched?: BatchedCall,
  ): Promise<ProjectionAnswer<State>> {
    assertFreshness(freshness);
    const watch = reports ? new Stopwatch(this.#context.elapsed) : undefined;
    const { signal } = options;
    const bound = this.#bound.of(projection);
    const call = { projection: bound, stream, freshness, options, signal, draft: new ReportDraft(), watch };
    return await this.#calls.answer(call, batched);
  }
}
