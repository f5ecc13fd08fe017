import { assertIterable } from '../base/argument.ts';
import type { AsyncProjectionCache, ProjectionCache } from '../contract/projection-cache.ts';
import { BoundProjections } from './bound-projection.ts';
import { CacheDeadline, type CacheDeadlineOptions } from './cache-deadline.ts';
import { sweepCache } from './cache-sweep.ts';
import { CacheWrites, sharedId } from './cache-writes.ts';
import { unlessAborted } from './cancellation.ts';
import { isPromise, runLater } from './coroutine.ts';
import type { AsyncEventReader, EventReader } from './event-reader.ts';
import { assertFreshness, Freshness } from './freshness.ts';
import { HeadReadings, type LogicalTime } from './head-readings.ts';
import type { Projection } from './projection.ts';
import { streamPrefix } from './projection-key.ts';
import { type ProjectionResult, ReportDraft } from './projection-report.ts';
import { type Folded, type ProjectionAnswer, ProjectionRun, type RunCall } from './projection-run.ts';
import type { ProjectorStats } from './projector-counters.ts';
import {
  type AsyncCacheAccess,
  assertCallOptions,
  contextOf,
  type ProjectionContext,
  type ProjectOptions,
  type ProjectorSettings,
} from './projector-options.ts';
import { type SharedFold, SingleFlight } from './single-flight.ts';
import { Stopwatch } from './stopwatch.ts';
import { assertWarmUp, type WarmOptions, type WarmReport, warmStreams } from './warm-up.ts';

/** What an `AsyncProjector` works with. */
export interface AsyncProjectorOptions<Event> extends ProjectorSettings, CacheDeadlineOptions {
  readonly cache: ProjectionCache | AsyncProjectionCache;
  readonly source: AsyncEventReader<Event> | EventReader<Event>;
}

/** How one call of an `AsyncProjector` differs from others. */
export interface AsyncCallOptions {
  /** Takes this caller out: its promise is rejected with the signal's reason, others that share the fold go on. */
  readonly signal?: AbortSignal;
}

/** The same for a call that is reported on. */
export interface AsyncProjectOptions extends AsyncCallOptions, ProjectOptions {}

/** A caller on its way to an answer. */
interface Caller {
  readonly signal: AbortSignal | undefined;
  readonly beganAt: LogicalTime;
  /** The lowest head it read, where it had to try more than once. */
  lowestHead: bigint | undefined;
  /** The fold it shares. */
  sharedFold: SharedFold | undefined;
}

/**
 * `Projector` for event logs or caches that answer later. A key is folded once however many callers ask at once: a caller
 * joins a fold under way if that will reach the head it read, else it waits for it and folds the rest.
 */
export class AsyncProjector<Event> {
  readonly #context: ProjectionContext<Event> & { readonly later: AsyncCacheAccess };
  readonly #bound: BoundProjections<Event>;
  readonly #cache: ProjectionCache | AsyncProjectionCache;
  readonly #singleFlight = new SingleFlight();
  readonly #heads = new HeadReadings();
  #now: LogicalTime = 0;

  /** Throws `TypeError` or `RangeError` for options. */
  constructor(options: AsyncProjectorOptions<Event>) {
    const context = contextOf(options);
    const deadline = new CacheDeadline(options);
    const writes = new CacheWrites(options.cache, deadline, context.counters);
    this.#context = { ...context, later: { deadline, writes } };
    this.#cache = options.cache;
    this.#bound = new BoundProjections(options.source);
  }

  /** As `Projector.project`; rejected with what that throws. */
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

  /** The same with a report of how it came about. */
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
   * Removes every cached projection of a stream. What was under way before the promise is settled will be neither cached
   * nor joined by later callers. Resolves to how many there were. Rejected with what the cache throws, and with
   * `CACHE_FAILED` where it does not answer in time: entries may then be left. A write that was not answered in time and
   * lands later is not used, and removed again.
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
   * Resolves when every write to the cache that follows a result has ended, or was not answered in time. To call before the
   * cache is synced or closed.
   */
  async flush(): Promise<void> {
    await this.#context.later.writes.ended();
  }

  /** As `Projector.sweep`. */
  async sweep(live: Iterable<Projection<unknown, Event>>): Promise<number> {
    assertIterable(live, 'live');
    const { deadline } = this.#context.later;
    return await runLater(sweepCache(this.#cache, this.#bound.all(live)), (answer) => deadline.within(answer));
  }

  /**
   * As `Projector.warm`, several streams at once, and with the cache told of the next ones where it can prefetch. What ends
   * the warm-up does so after the projections under way.
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
        // No more writes at once than streams.
        await unlessAborted(this.#context.later.writes.ended(stream), signal);
      },
    };
    return await warmStreams(streams, work, options);
  }

  /** What was counted since this projector was made. */
  stats(): ProjectorStats {
    return this.#context.counters.snapshot();
  }

  #prefetch<State>(projection: Projection<State, Event>, stream: string): void {
    const { cache, nowUs, counters } = this.#context;
    const failed = (): void => {
      counters.cacheFailures += 1;
    };
    try {
      const key = this.#bound.of(projection).key(stream);
      Promise.resolve(cache.prefetch?.(key, { watermark: 0n, cachedAtUs: nowUs() })).catch(failed);
    } catch {
      failed();
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
    const shared = { id: sharedId(stream, bound.id), freshness, beganAt: caller.beganAt };
    const call: RunCall<State, Event> = {
      projection: bound,
      stream,
      freshness,
      options,
      signal,
      readHead: (nowUs, activeFold, ask) => this.#heads.read({ ...shared, activeFold }, nowUs, this.#tick(), ask),
      draft: new ReportDraft(),
      watch,
    };
    try {
      return await unlessAborted(this.#answer(call, caller), signal);
    } finally {
      caller.sharedFold?.leave();
    }
  }

  /** Tries until there is an answer. Goes on when the caller has left, up to its next step, to no effect. */
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

  /** Answers from the cache, by a fold of its own or by one under way; or says when to try again. */
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
      // Its stream was invalidated meanwhile: what it found is not worth folding onto, and could not be shared.
      if (activeFold.isDropped && !beganDropped) return { again: undefined };
      // Nothing is waited for from here until the caller is on board: no other call comes in between.
      const { plan } = prepared;
      const { beganAt, lowestHead = plan.head } = caller;
      caller.lowestHead = plan.head < lowestHead ? plan.head : lowestHead;
      const id = sharedId(call.stream, call.projection.id);
      const underWay = this.#singleFlight.find(id);
      if (underWay?.answers(beganAt, plan.head, caller.lowestHead) === false) {
        // Its failure is for those to see who joined it. What it caches is where this call goes on from.
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
