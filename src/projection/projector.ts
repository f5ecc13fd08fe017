import { assertIterable } from '../base/argument.ts';
import { guardedHandler } from '../base/guarded-handler.ts';
import type { ProjectionCache } from '../contract/projection-cache.ts';
import { BoundProjections } from './bound-projection.ts';
import { sweepCache } from './cache-sweep.ts';
import { type CachedProjection, peekCache } from './cached-projection.ts';
import { assertNoPromise, runNow } from './coroutine.ts';
import type { EventReader } from './event-reader.ts';
import { assertFreshness, Freshness } from './freshness.ts';
import { HEAD_REQUEST, type Heads, headIn, streamList } from './head-batch.ts';
import type { Projection } from './projection.ts';
import type { RunCall } from './projection-call.ts';
import { streamPrefix } from './projection-key.ts';
import { type ProjectionResult, ReportDraft, type WatermarkedState, watermarkedState } from './projection-report.ts';
import { type Prepared, type ProjectionAnswer, ProjectionRun } from './projection-run.ts';
import type { ProjectorStats } from './projector-counters.ts';
import {
  assertCallOptions,
  contextOf,
  type ProjectionContext,
  type ProjectOptions,
  type ProjectorSettings,
} from './projector-options.ts';
import { withReportForm } from './report-form.ts';
import { Stopwatch } from './stopwatch.ts';
import { assertWarmUp, type WarmOptions, type WarmReport } from './warm-up.ts';

/** The cache, the event log and the settings of a `Projector`. */
export interface ProjectorOptions<Event> extends ProjectorSettings {
  /** Where states are cached. */
  readonly cache: ProjectionCache;
  /** Where events are read. */
  readonly source: EventReader<Event>;
}

const NO_OPTIONS: ProjectOptions = {};

/**
 * Folds the events of streams into states and caches these. `project` returns the same state whether it was cached or
 * folded, and each caller gets an object of its own. When the cache fails, the events are folded and the report names the
 * failure. An error of the event log or of the projection is thrown to the caller, and nothing is cached.
 */
export class Projector<Event> {
  readonly #context: ProjectionContext<Event>;
  readonly #bound: BoundProjections<Event>;
  readonly #cache: ProjectionCache;

  /** Throws `TypeError` for an option of the wrong type and `RangeError` for one out of its range. */
  constructor(options: ProjectorOptions<Event>) {
    this.#context = contextOf(options);
    this.#cache = options.cache;
    this.#bound = new BoundProjections(options.source);
  }

  /**
   * Returns the state of a projection of a stream, `undefined` when there is none. `freshness` is how old the state may be;
   * default: `Freshness.consistent`. Throws `StoreError` `SOURCE_INVALID`, `STATE_CODEC`, `REPLAY_BUDGET` or `CLOSED`, `TypeError` or
   * `RangeError` for an invalid argument, and any error of the event log or of `apply`.
   */
  project<State>(
    projection: Projection<State, Event>,
    stream: string,
    freshness: Freshness = Freshness.consistent,
  ): State | undefined {
    return this.#project(projection, stream, freshness, NO_OPTIONS, this.#context.reports).state;
  }

  /**
   * Like `project`, and returns the watermark of the state as well, at nearly the cost of `project`: nothing is measured. Pass it to
   * `Freshness.atLeast`, or compare it with the sequence of your own event. Throws the errors of `project`.
   */
  projectWithWatermark<State>(
    projection: Projection<State, Event>,
    stream: string,
    freshness: Freshness = Freshness.consistent,
  ): WatermarkedState<State> {
    return watermarkedState(this.#project(projection, stream, freshness, NO_OPTIONS, this.#context.reports));
  }

  /**
   * Returns the states of a projection of several streams, in the order of `streams`, as `project` does for each. If the event
   * reader has a method `heads`, the heads are read by one call of it. Throws the error of the first stream that fails, and
   * `TypeError` for invalid `streams`.
   */
  projectMany<State>(
    projection: Projection<State, Event>,
    streams: Iterable<string>,
    freshness: Freshness = Freshness.consistent,
  ): (State | undefined)[] {
    assertFreshness(freshness);
    const all = streamList(streams);
    if (this.#context.source.heads === undefined)
      return all.map((stream) => this.project(projection, stream, freshness));
    return this.#projectTogether(projection, all, freshness).map(({ state }) => state);
  }

  /**
   * Like `project`, and returns a report as well: the outcome, why a cached state was not used, how many events were read and
   * how long each phase took. Throws the errors of `project`.
   */
  projectWithReport<State>(
    projection: Projection<State, Event>,
    stream: string,
    freshness: Freshness = Freshness.consistent,
    options: ProjectOptions = NO_OPTIONS,
  ): ProjectionResult<State> {
    assertCallOptions(options);
    return this.#project(projection, stream, freshness, options, true) as ProjectionResult<State>;
  }

  /**
   * Returns the cached state of a projection of a stream, whatever its age, with its watermark; `undefined` when the cache has
   * none that can be decoded. The event log is not read, so the state may lack events, or hold events that a restored log
   * does not have. Throws `CLOSED`, and `TypeError` or `RangeError` for an invalid argument.
   */
  peek<State>(projection: Projection<State, Event>, stream: string): CachedProjection<State> | undefined {
    return runNow(peekCache(this.#context, this.#bound.of(projection), stream));
  }

  /**
   * Removes the cached states of all projections of a stream, and returns how many there were. A fold of the stream that is
   * under way is not cached. Throws `TypeError` for an invalid stream, and any error of the cache; some entries may remain
   * then.
   */
  invalidate(stream: string): number {
    const prefix = streamPrefix(stream);
    const { activeFolds } = this.#context;
    activeFolds.beginInvalidation(stream);
    try {
      return this.#cache.deletePrefix(prefix);
    } finally {
      activeFolds.endInvalidation(stream);
    }
  }

  /**
   * Removes the cached states of all projections that are not in `live`: those of other names, versions, kinds and event
   * logs. Other keys of the cache stay. Returns how many entries it removed. Throws `TypeError` for a cache without a method
   * `keys`, and any error of the cache.
   */
  sweep(live: Iterable<Projection<unknown, Event>>): number {
    assertIterable(live, 'live');
    return runNow(sweepCache(this.#cache, this.#bound.all(live)));
  }

  /**
   * Projects the streams one by one, so that the next call for each is a hit. A stream that fails is listed in the report,
   * and the warm-up continues. It ends early, and throws, when `signal` is aborted or when `streams` throws.
   * Throws `TypeError` or `RangeError` for an invalid argument.
   */
  warm<State>(streams: Iterable<string>, projection: Projection<State, Event>, options: WarmOptions = {}): WarmReport {
    assertWarmUp(streams, options);
    this.#bound.of(projection);
    const onProgress = guardedHandler('onProgress', options.onProgress);
    const failures: { stream: string; error: unknown }[] = [];
    let done = 0;
    for (const stream of streams) {
      options.signal?.throwIfAborted();
      try {
        this.project(projection, stream);
      } catch (error) {
        failures.push({ stream, error });
      }
      done += 1;
      onProgress({ done, failed: failures.length });
    }
    return withReportForm({ done, failures });
  }

  /** Returns a snapshot of the counters since this projector was created. */
  stats(): ProjectorStats {
    return this.#context.counters.snapshot();
  }

  #project<State>(
    projection: Projection<State, Event>,
    stream: string,
    freshness: Freshness,
    options: ProjectOptions,
    reports: boolean,
  ): ProjectionAnswer<State> {
    assertFreshness(freshness);
    const context = this.#context;
    const call = this.#call(projection, stream, freshness, options, reports);
    const activeFold = context.activeFolds.begin(stream);
    try {
      const run = new ProjectionRun(context, call, activeFold);
      return concluded(run, runNow(run.prepare()));
    } finally {
      context.activeFolds.end(activeFold);
    }
  }

  /** Reads the cache for all streams, then all heads at once, and then answers each call. */
  #projectTogether<State>(
    projection: Projection<State, Event>,
    streams: readonly string[],
    freshness: Freshness,
  ): ProjectionAnswer<State>[] {
    const context = this.#context;
    const bound = this.#bound.of(projection);
    const activeFolds = streams.map((stream) => context.activeFolds.begin(stream));
    try {
      const begun = activeFolds.map((activeFold) => {
        const { stream } = activeFold;
        const call = this.#call(projection, stream, freshness, NO_OPTIONS, context.reports);
        let isFirst = true;
        const askHead = (): PromiseLike<never> | undefined => {
          const answer = isFirst ? HEAD_REQUEST : undefined;
          isFirst = false;
          return answer;
        };
        const run = new ProjectionRun(context, { ...call, askHead }, activeFold);
        const steps = run.prepare();
        return { stream, run, steps, step: steps.next() };
      });
      const asked = new Set(begun.flatMap(({ stream, step }) => (isHeadRequest(step) ? [stream] : [])));
      const heads = asked.size === 0 ? undefined : context.source.heads?.([...asked], bound.kinds);
      assertNoPromise(heads, '`heads` of the event source of a Projector');
      return begun.map(({ stream, run, steps, step }) => {
        if (!isHeadRequest(step)) return concluded(run, runNow(steps, step));
        const head = headIn(heads as Heads, asked, { stream, projection: bound });
        return concluded(run, runNow(steps, steps.next(head)));
      });
    } finally {
      for (const activeFold of activeFolds) context.activeFolds.end(activeFold);
    }
  }

  #call<State>(
    projection: Projection<State, Event>,
    stream: string,
    freshness: Freshness,
    options: ProjectOptions,
    reports: boolean,
  ): RunCall<State, Event> {
    const watch = reports ? new Stopwatch(this.#context.elapsed) : undefined;
    const bound = this.#bound.of(projection);
    return { projection: bound, stream, freshness, options, signal: undefined, draft: new ReportDraft(), watch };
  }
}

function isHeadRequest(step: IteratorResult<PromiseLike<unknown>, unknown>): boolean {
  return step.done !== true && step.value === HEAD_REQUEST;
}

function concluded<State, Event>(run: ProjectionRun<State, Event>, prepared: Prepared<State>): ProjectionAnswer<State> {
  return 'answer' in prepared ? prepared.answer : run.conclude(runNow(run.fold(prepared.plan)), false);
}
