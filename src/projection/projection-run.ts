import { isPromise } from '../base/argument.ts';
import { type ActiveFold, type CachedState, CachedStates, type Lookup, type RefusedState } from './cached-states.ts';
import { checkpointAfter, type Verified, verified, verifiedAtHead } from './checkpoints.ts';
import type { Coroutine } from './coroutine.ts';
import { assertHead, assertSameLog } from './event-reader.ts';
import { type FoldBase, type FoldResult, foldEvents } from './fold.ts';
import { ageOf, NEVER_FRESH_US, needsNoHead } from './freshness.ts';
import type { HeadReading } from './head-readings.ts';
import type { RunCall } from './projection-call.ts';
import type { ProjectionEnd, ProjectionReport, ReportDraft } from './projection-report.ts';
import type { ProjectionContext } from './projector-options.ts';
import { budgetExceeded } from './replay-budget.ts';
import { compareWithReplay } from './shadow-check.ts';
import { type StoredState, withCheckpoint } from './stored-state.ts';

/** A fold that is necessary after reading the cache and the head. */
export interface FoldPlan<State> {
  readonly base: FoldBase<State> | undefined;
  readonly head: bigint;
  /** The checkpoint of the head, if the reader has checkpoints. */
  readonly checkpoint: string | undefined;
  /** The reading of the head: a fold up to it is stamped with its time. */
  readonly reading: HeadReading;
}

/** A state, and its report if there is one. */
export interface ProjectionAnswer<State> {
  readonly state: State | undefined;
  readonly watermark: bigint | undefined;
  readonly report: ProjectionReport | undefined;
}

/** The result of reading the cache and the head. */
export type Prepared<State> = { readonly answer: ProjectionAnswer<State> } | { readonly plan: FoldPlan<State> };

/** The result of a fold, encoded, so that each caller decodes its own state. */
export interface Folded {
  readonly stored: StoredState;
  readonly head: bigint;
  readonly watermark: bigint | undefined;
  readonly eventsRead: number;
  readonly exhausted: boolean;
  readonly fromBase: boolean;
}

/** A cached state, decoded: an answer, or the base of a fold. */
interface UsableState<State> extends FoldBase<State> {
  readonly kind: 'usable';
}

/**
 * One try of one call: the rules of freshness, as coroutines that either projector runs.
 *
 * `prepare` reads the cache and, if necessary, the head; it returns an answer or a plan. `fold` executes a plan and caches the
 * result; several calls may share one fold. `conclude` turns its result into the answer of one call.
 */
export class ProjectionRun<State, Event> {
  readonly #context: ProjectionContext<Event>;
  readonly #call: RunCall<State, Event>;
  readonly #cached: CachedStates;
  readonly #draft: ReportDraft;
  readonly #activeFold: ActiveFold;
  /** The cached state if it was not the answer: it may be newer than the result of a fold that a budget stopped. */
  #older: UsableState<State> | undefined;
  /** The state that its own fold resulted in, for its caller. */
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

  /** Answers from the cache, or plans a fold. Throws errors of the source, and `SOURCE_INVALID`. */
  *prepare(): Coroutine<Prepared<State>> {
    const { freshness, watch } = this.#call;
    watch?.enter('lookup');
    // Before the head is read, so that an age is never understated.
    const nowUs = this.#context.nowUs();
    const got = this.#cached.get(freshness, nowUs);
    let cached: Lookup | UsableState<State> = (isPromise(got) ? yield got : got) as Lookup;
    this.#noteAge(cached, nowUs);
    if (cached.kind === 'found' && needsNoHead(freshness, cached, nowUs)) {
      cached = this.#verifiesLookups ? yield* verified(this.#context.source, this.#call, cached) : cached;
      // Not compared with a replay: such a call does not read the events.
      cached = this.#usable(cached);
      if (cached.kind === 'usable') return { answer: this.#hit(cached) };
    }

    watch?.enter('head');
    const reading = this.#readHead(nowUs);
    const { answer } = reading;
    // Not a coroutine of its own, which makes a hit a quarter slower.
    let head = (isPromise(answer) ? yield answer : answer) as bigint | undefined;
    this.#assertAnswers(head);
    let checkpoint: string | undefined;
    if (head !== undefined && this.#looksFurther) {
      ({ cached, head, checkpoint } = yield* this.#atHead(cached, head, reading));
    }
    if (head === undefined) return { answer: yield* this.#empty(cached) };
    if (cached.kind === 'found' && cached.watermark === head) {
      const usable = this.#isCheckDue() ? yield* this.#checked(cached) : this.#decoded(cached);
      if (usable.kind === 'usable') {
        if (freshness.kind === 'bestEffort') yield* this.#stamp(cached.stored, head, reading);
        return { answer: this.#hit(usable) };
      }
      cached = usable;
    }
    return { plan: { base: this.#baseOf(cached, head), head, checkpoint, reading } };
  }

  /** Executes a plan and caches the result. Throws errors of the source and of `apply`, and `STATE_CODEC`. */
  *fold(plan: FoldPlan<State>, signal?: AbortSignal): Coroutine<Folded> {
    const { projection, stream, watch } = this.#call;
    watch?.enter('fold');
    const { base, head, checkpoint } = plan;
    const result = yield* foldEvents(this.#context, { projection, stream, base, head, signal });
    const own =
      checkpoint === undefined
        ? undefined
        : yield* checkpointAfter(this.#context.source, this.#call, { head, checkpoint }, result);
    watch?.enter('codec');
    const encoded = projection.states.encode(result.state, this.#call, result.eventsRead);
    const stored = own === undefined ? encoded : withCheckpoint(encoded, own);
    // A state that cannot be decoded is an error now, and is not cached.
    this.#folded = projection.states.decodeOwn(stored, this.#call, result.eventsRead);
    yield* this.#cacheResult(result, stored, plan);
    const { watermark, eventsRead, exhausted } = result;
    return { stored, head, watermark, eventsRead, exhausted, fromBase: base !== undefined };
  }

  /** The answer to this call. `joined`: the fold was started by another call. Throws `REPLAY_BUDGET`. */
  conclude(folded: Folded, joined: boolean): ProjectionAnswer<State> {
    const { projection, options } = this.#call;
    const { watermark, exhausted, eventsRead, fromBase } = folded;
    this.#draft.head = folded.head;
    this.#draft.eventsRead += eventsRead;
    if (exhausted && options.onBudget !== 'stale') throw budgetExceeded(this.#call, eventsRead);
    const older = exhausted ? this.#older : undefined;
    if (older !== undefined && (watermark === undefined || watermark < older.watermark)) {
      return this.#answer(older.state, { outcome: 'hit', watermark: older.watermark, stale: true, joined });
    }
    this.#call.watch?.enter('codec');
    const state = joined ? projection.states.decodeOwn(folded.stored, this.#call, eventsRead) : this.#folded;
    return this.#answer(state, { outcome: fromBase ? 'delta' : 'replay', watermark, stale: exhausted, joined });
  }

  #readHead(nowUs: bigint): HeadReading {
    const { readHead } = this.#call;
    if (readHead !== undefined) return readHead(nowUs, this.#activeFold, () => this.#firstHead());
    return { answer: this.#firstHead(), nowUs, askedAt: 0, isStamped: false };
  }

  #firstHead(): HeadReading['answer'] {
    const { askHead } = this.#call;
    return (askHead === undefined ? undefined : askHead()) ?? this.#askHead();
  }

  #askHead(): HeadReading['answer'] {
    return this.#context.source.head(this.#call.stream, this.#call.projection.kinds);
  }

  /** Whether more than the head is read to judge the cached state: a farther tier of the cache, or checkpoints. */
  get #looksFurther(): boolean {
    return this.#context.source.checkpoint !== undefined || this.#cached.hasFartherTier;
  }

  *#atHead(nearest: Lookup, head: bigint, reading: HeadReading): Coroutine<Verified> {
    const { source } = this.#context;
    const cached = this.#cached.hasFartherTier ? yield* this.#cached.getFarther(nearest, head) : nearest;
    if (source.checkpoint === undefined) return { cached, head, checkpoint: undefined };
    const found = { cached, head, reading };
    return yield* verifiedAtHead(source, this.#call, found, () => this.#readAgain());
  }

  /** A state of any age that is used without a head may be one of a log that was restored since. */
  get #verifiesLookups(): boolean {
    return this.#call.freshness.kind === 'atLeast' && this.#context.source.checkpoint !== undefined;
  }

  #noteAge(cached: Lookup, nowUs: bigint): void {
    if (this.#call.watch !== undefined && cached.kind === 'found') this.#draft.ageUs = ageOf(cached.cachedAtUs, nowUs);
  }

  /** Throws `SOURCE_INVALID` for an invalid head, or if the identity of the log has changed since the lookup. */
  #assertAnswers(head: bigint | undefined): void {
    assertHead(this.#call, head);
    assertSameLog(this.#call, this.#context.source.identity, 0);
    this.#draft.head = head;
  }

  *#readAgain(): Coroutine<bigint | undefined> {
    const answer = this.#askHead();
    const head = (isPromise(answer) ? yield answer : answer) as bigint | undefined;
    this.#assertAnswers(head);
    return head;
  }

  /**
   * A fold that reached the head is stamped with the time before the head was read. One that was stopped earlier is cached
   * too, so that a retry continues from it: it is stamped like its base, which is older.
   */
  *#cacheResult(result: FoldResult<State>, stored: StoredState, plan: FoldPlan<State>): Coroutine<void> {
    if (result.watermark === undefined || result.eventsRead === 0) return;
    // A projection that is not incremental cannot continue from it.
    if (result.exhausted && !this.#call.projection.incremental) return;
    const cachedAtUs = result.exhausted ? (plan.base?.cachedAtUs ?? NEVER_FRESH_US) : plan.reading.nowUs;
    yield* this.#store(stored, result.watermark, cachedAtUs);
  }

  /** Stamps a state that was too old, but is at the head, with the time of the reading. */
  *#stamp(stored: StoredState, watermark: bigint, reading: HeadReading): Coroutine<void> {
    if (reading.isStamped) return;
    reading.isStamped = true;
    yield* this.#store(stored, watermark, reading.nowUs);
  }

  *#store(stored: StoredState, watermark: bigint, cachedAtUs: bigint): Coroutine<void> {
    this.#call.watch?.enter('store');
    yield* this.#cached.put(stored, { watermark, cachedAtUs });
  }

  /** No relevant event: a cached state is of events that no longer exist, and must not be used by best effort later. */
  *#empty(cached: Lookup): Coroutine<ProjectionAnswer<State>> {
    this.#draft.refusal = cached.kind === 'refused' ? cached.refusal : 'ahead';
    if (cached.kind === 'found' || cached.refusal === 'restored' || cached.refusal === 'unverifiable') {
      this.#call.watch?.enter('store');
      yield* this.#cached.remove();
    }
    return this.#answer(undefined, { outcome: 'empty', watermark: undefined, stale: false, joined: false });
  }

  /** The base of the fold, if any. Records why the cached state is not the answer. */
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

  #usable(cached: Lookup): UsableState<State> | RefusedState {
    return cached.kind === 'found' ? this.#decoded(cached) : cached;
  }

  #isCheckDue(): boolean {
    const { counters, verifyEvery } = this.#context;
    return verifyEvery !== undefined && counters.isCheckDue(verifyEvery);
  }

  /** Decodes a cached state and compares it with a replay. A state that differs is removed at once. */
  *#checked(cached: CachedState): Coroutine<UsableState<State> | RefusedState> {
    const usable = this.#decoded(cached);
    if (usable.kind === 'refused') return usable;
    const verdict = yield* compareWithReplay(this.#context, this.#call, cached);
    this.#call.signal?.throwIfAborted();
    this.#draft.shadow = verdict;
    if (verdict !== 'different') return usable;
    yield* this.#cached.remove();
    return { kind: 'refused', refusal: 'shadow-difference' };
  }

  #hit({ state, watermark }: UsableState<State>): ProjectionAnswer<State> {
    return this.#answer(state, { outcome: 'hit', watermark, stale: false, joined: false });
  }

  #answer(state: State | undefined, end: ProjectionEnd): ProjectionAnswer<State> {
    const { counters, onReport } = this.#context;
    const { watch } = this.#call;
    counters.outcomes[end.outcome] += 1;
    const { watermark } = end;
    if (watch === undefined) return { state, watermark, report: undefined };
    const report = this.#draft.finish(this.#call, end, watch.durations());
    onReport(report);
    return { state, watermark, report };
  }
}
