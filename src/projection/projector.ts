import { assertIterable } from '../base/argument.ts';
import { guardedHandler } from '../base/guarded-handler.ts';
import { withJsonForm } from '../base/json-form.ts';
import type { ProjectionCache } from '../contract/projection-cache.ts';
import { BoundProjections } from './bound-projection.ts';
import { sweepCache } from './cache-sweep.ts';
import { type CachedProjection, peekCache } from './cached-projection.ts';
import { runNow } from './coroutine.ts';
import type { EventReader } from './event-reader.ts';
import { assertFreshness, Freshness } from './freshness.ts';
import type { Projection } from './projection.ts';
import { streamPrefix } from './projection-key.ts';
import { type ProjectionResult, ReportDraft, type WatermarkedState, watermarkedState } from './projection-report.ts';
import { type ProjectionAnswer, ProjectionRun } from './projection-run.ts';
import type { ProjectorStats } from './projector-counters.ts';
import {
  assertCallOptions,
  contextOf,
  type ProjectionContext,
  type ProjectOptions,
  type ProjectorSettings,
} from './projector-options.ts';
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
    return withJsonForm({ done, failures });
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
    const watch = reports ? new Stopwatch(context.elapsed) : undefined;
    const call = {
      projection: this.#bound.of(projection),
      stream,
      freshness,
      options,
      signal: undefined,
      draft: new ReportDraft(),
      watch,
    };
    const activeFold = context.activeFolds.begin(stream);
    try {
      const run = new ProjectionRun(context, call, activeFold);
      const prepared = runNow(run.prepare());
      return 'answer' in prepared ? prepared.answer : run.conclude(runNow(run.fold(prepared.plan)), false);
    } finally {
      context.activeFolds.end(activeFold);
    }
  }
}
