import type { ActiveFold } from './active-folds.ts';
import type { BoundProjection } from './bound-projection.ts';
import { type CachedState, CachedStates, type Lookup, type RefusedState } from './cached-states.ts';
import { type Coroutine, isPromise } from './coroutine.ts';
import { assertHead, assertSameLog } from './event-reader.ts';
import { type FoldBase, type FoldResult, foldEvents } from './fold.ts';
import { type Freshness, isFreshEnough } from './freshness.ts';
import type { HeadReading } from './head-readings.ts';
import type { ProjectionEnd, ProjectionReport, ReportDraft, ShadowVerdict } from './projection-report.ts';
import type { ProjectionContext, ProjectOptions } from './projector-options.ts';
import { budgetExceeded } from './replay-budget.ts';
import type { Stopwatch } from './stopwatch.ts';
import type { StoredState } from './stored-state.ts';

/** A stamp older than any freshness allows, for a state that was folded part of the way: it was never the newest. */
const NEVER_FRESH_US: bigint = -(2n ** 63n);

/** What one call asks for. */
export interface RunCall<State, Event> {
  readonly projection: BoundProjection<State, Event>;
  readonly stream: string;
  readonly freshness: Freshness;
  readonly options: ProjectOptions;
  /** Of the caller. */
  readonly signal: AbortSignal | undefined;
  /** Finds a reading of the head that may be shared, or has one made; absent where nothing is shared. */
  readonly readHead?: (nowUs: bigint, activeFold: ActiveFold, ask: () => HeadReading['answer']) => HeadReading;
  /** What its tries so far have noted. */
  readonly draft: ReportDraft;
  /** Absent where nobody will read the report: with it a hit takes half as long again. */
  readonly watch: Stopwatch | undefined;
}

/** What is left to do after the cache and the head were looked at. */
export interface FoldPlan<State> {
  readonly base: FoldBase<State> | undefined;
  readonly head: bigint;
  /** Of the head: what is folded now is as new as that. */
  readonly reading: HeadReading;
}

/** A state, and how it came about where that was asked for. */
export interface ProjectionAnswer<State> {
  readonly state: State | undefined;
  readonly report: ProjectionReport | undefined;
}

/** What looking at the cache and the head came to. */
export type Prepared<State> = { readonly answer: ProjectionAnswer<State> } | { readonly plan: FoldPlan<State> };

/** What a fold came to, encoded, so that each caller decodes a state of its own. */
export interface Folded {
  readonly stored: StoredState;
  readonly head: bigint;
  readonly watermark: bigint | undefined;
  readonly eventsRead: number;
  readonly exhausted: boolean;
  readonly fromBase: boolean;
}

/** A cached state, decoded: an answer, or what a fold goes on from. */
interface UsableState<State> extends FoldBase<State> {
  readonly kind: 'usable';
}

/**
 * One projection of one stream for one call: the rules of freshness, as steps that either projector drives.
 *
 * `prepare` looks at the cache and, where it must, at the head; it either answers or leaves a plan. `fold` carries a plan
 * out and caches what comes of it; several calls may share one fold. `conclude` turns that into the answer of one call.
 */
export class ProjectionRun<State, Event> {
  readonly #context: ProjectionContext<Event>;
  readonly #call: RunCall<State, Event>;
  readonly #cached: CachedStates<Event>;
  readonly #draft: ReportDraft;
  readonly #activeFold: ActiveFold;
  /** What was cached, where it was no answer: it may be newer than what a fold came to that a budget stopped. */
  #older: UsableState<State> | undefined;
  /** What its own fold came to, as its caller will have it. */
  #folded: State | undefined;

  constructor(context: ProjectionContext<Event>, call: RunCall<State, Event>, activeFold: ActiveFold) {
    this.#context = context;
    this.#call = call;
    this.#draft = call.draft;
    this.#activeFold = activeFold;
    const { projection, stream, draft } = call;
    const place = { stream, projectionId: projection.id, key: projection.key(stream) };
    this.#cached = new CachedStates(context, place, activeFold, draft.cacheFailures);
  }

  /** Answers from the cache, or plans a fold. Throws what the source throws. */
  *prepare(): Coroutine<Prepared<State>> {
    const { freshness, watch } = this.#call;
    watch?.enter('lookup');
    // Before the head is read: an age is never understated.
    const nowUs = this.#context.nowUs();
    const got = this.#cached.get();
    let cached = (isPromise(got) ? yield got : got) as Lookup;
    if (cached.kind === 'found' && watch !== undefined && cached.cachedAtUs !== NEVER_FRESH_US) {
      this.#draft.ageUs = nowUs - cached.cachedAtUs;
    }
    if (cached.kind === 'found' && isFreshEnough(freshness, cached.cachedAtUs, nowUs)) {
      // Not compared with a replay: within its window it does not wait for the event log.
      const usable = this.#decoded(cached);
      if (usable.kind === 'usable') return { answer: this.#hit(usable) };
      cached = usable;
    }

    watch?.enter('head');
    const reading = this.#readHead(nowUs);
    const { answer } = reading;
    const head = (isPromise(answer) ? yield answer : answer) as bigint | undefined;
    this.#assertAnswers(head);
    if (head === undefined) return { answer: yield* this.#empty(cached) };
    if (cached.kind === 'found' && cached.watermark === head) {
      const usable = this.#isCheckDue() ? yield* this.#checked(cached) : this.#decoded(cached);
      if (usable.kind === 'usable') {
        if (freshness.kind === 'bestEffort') yield* this.#stamp(cached.stored, head, reading);
        return { answer: this.#hit(usable) };
      }
      cached = usable;
    }
    return { plan: { base: this.#baseOf(cached, head), head, reading } };
  }

  /** Folds what the plan asks for and caches it. Throws what the source, `apply` and the codec throw. */
  *fold(plan: FoldPlan<State>, signal?: AbortSignal): Coroutine<Folded> {
    const { projection, stream, watch } = this.#call;
    watch?.enter('fold');
    const { base, head } = plan;
    const result = yield* foldEvents(this.#context, { projection, stream, base, head, signal });
    watch?.enter('codec');
    const stored = projection.states.encode(result.state);
    // What cannot be decoded is an error now, and not cached to be one each time it is found.
    this.#folded = projection.states.decodeOwn(stored);
    yield* this.#cacheResult(result, stored, plan);
    const { watermark, eventsRead, exhausted } = result;
    return { stored, head, watermark, eventsRead, exhausted, fromBase: base !== undefined };
  }

  /** The answer to this call. `joined` where another call's fold is answered with. Throws `REPLAY_BUDGET`. */
  conclude(folded: Folded, joined: boolean): ProjectionAnswer<State> {
    const { projection, stream, options } = this.#call;
    const { watermark, exhausted, eventsRead, fromBase } = folded;
    this.#draft.head = folded.head;
    this.#draft.eventsRead += eventsRead;
    if (exhausted && options.onBudget !== 'stale') throw budgetExceeded(stream, projection.name, eventsRead);
    const older = exhausted ? this.#older : undefined;
    if (older !== undefined && (watermark === undefined || watermark < older.watermark)) {
      return this.#answer(older.state, { outcome: 'hit', watermark: older.watermark, stale: true, joined });
    }
    this.#call.watch?.enter('codec');
    const state = joined ? projection.states.decodeOwn(folded.stored) : this.#folded;
    return this.#answer(state, { outcome: fromBase ? 'delta' : 'replay', watermark, stale: exhausted, joined });
  }

  #readHead(nowUs: bigint): HeadReading {
    const { stream, projection, readHead } = this.#call;
    const ask = (): HeadReading['answer'] => this.#context.source.head(stream, projection.kinds);
    if (readHead !== undefined) return readHead(nowUs, this.#activeFold, ask);
    return { answer: ask(), nowUs, askedAt: 0, isStamped: false };
  }

  /** Throws `SOURCE_INVALID` for a head that is none, or one of a log other than that the cache was asked about. */
  #assertAnswers(head: bigint | undefined): void {
    const { stream, projection } = this.#call;
    assertHead(stream, head);
    assertSameLog(stream, projection.identity, this.#context.source.identity);
    this.#draft.head = head;
  }

  /**
   * A fold that reached the head is as new as the time before the head was read. One that was stopped on the way is cached
   * too, as a retry goes on from it: it is as new as what it started from, which it is ahead of.
   */
  *#cacheResult(result: FoldResult<State>, stored: StoredState, plan: FoldPlan<State>): Coroutine<void> {
    if (result.watermark === undefined || result.eventsRead === 0) return;
    // A projection that starts anew each time could not go on from it.
    if (result.exhausted && !this.#call.projection.incremental) return;
    const cachedAtUs = result.exhausted ? (plan.base?.cachedAtUs ?? NEVER_FRESH_US) : plan.reading.nowUs;
    yield* this.#store(stored, result.watermark, cachedAtUs);
  }

  /** A state that is too old and at the head is as new as the reading of that. */
  *#stamp(stored: StoredState, watermark: bigint, reading: HeadReading): Coroutine<void> {
    if (reading.isStamped) return;
    reading.isStamped = true;
    yield* this.#store(stored, watermark, reading.nowUs);
  }

  *#store(stored: StoredState, watermark: bigint, cachedAtUs: bigint): Coroutine<void> {
    this.#call.watch?.enter('store');
    yield* this.#cached.put(stored, { watermark, cachedAtUs });
  }

  /** No relevant event: what is cached is of events that are gone, and must not come back as fresh enough. */
  *#empty(cached: Lookup): Coroutine<ProjectionAnswer<State>> {
    this.#draft.refusal = cached.kind === 'refused' ? cached.refusal : 'ahead';
    if (cached.kind === 'found') {
      this.#call.watch?.enter('store');
      yield* this.#cached.remove();
    }
    return this.#answer(undefined, { outcome: 'empty', watermark: undefined, stale: false, joined: false });
  }

  /** What a fold can go on from, if anything. Notes why the cached state is not the answer. */
  #baseOf(cached: Lookup, head: bigint): FoldBase<State> | undefined {
    const usable = cached.kind === 'found' ? this.#notAhead(cached, head) : cached;
    if (usable.kind === 'refused') {
      this.#draft.refusal = usable.refusal;
      return undefined;
    }
    this.#older = usable;
    const { incremental } = this.#call.projection;
    this.#draft.refusal = incremental ? 'behind' : 'behind-not-incremental';
    return incremental ? usable : undefined;
  }

  #notAhead(cached: CachedState, head: bigint): UsableState<State> | RefusedState {
    return cached.watermark > head ? { kind: 'refused', refusal: 'ahead' } : this.#decoded(cached);
  }

  #decoded(cached: CachedState): UsableState<State> | RefusedState {
    this.#call.watch?.enter('codec');
    const { watermark, cachedAtUs } = cached;
    try {
      return { kind: 'usable', state: this.#call.projection.states.decode(cached.stored), watermark, cachedAtUs };
    } catch {
      this.#context.counters.undecodable += 1;
      return { kind: 'refused', refusal: 'undecodable' };
    }
  }

  #isCheckDue(): boolean {
    const { counters, verifyEvery } = this.#context;
    return verifyEvery !== undefined && counters.isCheckDue(verifyEvery);
  }

  /** The same for a state that is compared with a replay. One that differs is removed at once: it is known to lie. */
  *#checked(cached: CachedState): Coroutine<UsableState<State> | RefusedState> {
    const usable = this.#decoded(cached);
    if (usable.kind === 'refused') return usable;
    const verdict = yield* this.#compareWithReplay(cached);
    this.#call.signal?.throwIfAborted();
    this.#draft.shadow = verdict;
    if (verdict !== 'different') return usable;
    yield* this.#cached.remove();
    return { kind: 'refused', refusal: 'shadow-difference' };
  }

  /** Replays up to the watermark. A replay that fails or meets the budget says nothing about the state. */
  *#compareWithReplay({ stored, watermark }: CachedState): Coroutine<ShadowVerdict> {
    const { counters } = this.#context;
    const { projection, stream, signal, watch } = this.#call;
    watch?.enter('fold');
    counters.shadowChecks += 1;
    try {
      const replay = yield* foldEvents(this.#context, { projection, stream, base: undefined, head: watermark, signal });
      this.#draft.eventsRead += replay.eventsRead;
      if (replay.exhausted) return 'unfinished';
      const isSame =
        replay.watermark === watermark && projection.states.isSame(stored, projection.states.encode(replay.state));
      if (isSame === undefined) return 'unfinished';
      if (!isSame) counters.shadowDifferences += 1;
      return isSame ? 'same' : 'different';
    } catch {
      return 'unfinished';
    }
  }

  #hit({ state, watermark }: UsableState<State>): ProjectionAnswer<State> {
    return this.#answer(state, { outcome: 'hit', watermark, stale: false, joined: false });
  }

  #answer(state: State | undefined, end: ProjectionEnd): ProjectionAnswer<State> {
    const { counters, onReport } = this.#context;
    const { watch } = this.#call;
    counters.outcomes[end.outcome] += 1;
    if (watch === undefined) return { state, report: undefined };
    const report = this.#draft.finish(this.#call, end, watch.durations());
    onReport(report);
    return { state, report };
  }
}
