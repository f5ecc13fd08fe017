import { assertIterable } from '../base/argument.ts';
import type { ProjectionCache } from '../contract/projection-cache.ts';
import { BoundProjections } from './bound-projection.ts';
import { sweepCache } from './cache-sweep.ts';
import { runNow } from './coroutine.ts';
import type { EventReader } from './event-reader.ts';
import { assertFreshness, Freshness } from './freshness.ts';
import type { Projection } from './projection.ts';
import { streamPrefix } from './projection-key.ts';
import { type ProjectionResult, ReportDraft } from './projection-report.ts';
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

/** What a `Projector` works with. */
export interface ProjectorOptions<Event> extends ProjectorSettings {
  readonly cache: ProjectionCache;
  readonly source: EventReader<Event>;
}

const NO_OPTIONS: ProjectOptions = {};

/**
 * Projects streams of events into states, through a cache. What `project` returns is the caller's own and the same whether
 * it was cached or folded. The cache is an optimisation: when it fails, the events are folded and the report says so. What
 * the event log or the projection throws reaches the caller, and nothing is cached.
 */
export class Projector<Event> {
  readonly #context: ProjectionContext<Event>;
  readonly #bound: BoundProjections<Event>;
  readonly #cache: ProjectionCache;

  /** Throws `TypeError` or `RangeError` for options. */
  constructor(options: ProjectorOptions<Event>) {
    this.#context = contextOf(options);
    this.#cache = options.cache;
    this.#bound = new BoundProjections(options.source);
  }

  /**
   * The state of a projection of a stream, `undefined` where it has none. Throws `SOURCE_INVALID`, `STATE_CODEC` and
   * `REPLAY_BUDGET`, `TypeError` and `RangeError` for arguments.
   */
  project<State>(
    projection: Projection<State, Event>,
    stream: string,
    freshness: Freshness = Freshness.consistent,
  ): State | undefined {
    return this.#project(projection, stream, freshness, NO_OPTIONS, this.#context.reports).state;
  }

  /** The same with a report of how it came about. */
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
   * Removes every cached projection of a stream; a fold under way will not be cached. Returns how many there were. Throws
   * what the cache throws: entries may then be left.
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
   * Removes the entries of projections that are not among `live`: other names, versions, kinds and event logs. Returns how
   * many. Throws `TypeError` for a cache that cannot tell its keys, and what the cache throws.
   */
  sweep(live: Iterable<Projection<unknown, Event>>): number {
    assertIterable(live, 'live');
    return runNow(sweepCache(this.#cache, this.#bound.all(live)));
  }

  /**
   * Projects streams so that the next call for each is a hit. A stream that fails is reported and does not stop it; an
   * abort, what `streams` throws and what `onProgress` throws do.
   */
  warm<State>(streams: Iterable<string>, projection: Projection<State, Event>, options: WarmOptions = {}): WarmReport {
    assertWarmUp(streams, options);
    this.#bound.of(projection);
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
      options.onProgress?.({ done, failed: failures.length });
    }
    return { done, failures };
  }

  /** What was counted since this projector was made. */
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
