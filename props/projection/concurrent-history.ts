import type { Scheduler } from 'fast-check';
import { expect } from 'vitest';
import { StoreError } from '../../src/base/store-error.ts';
import { AsyncProjector } from '../../src/projection/async-projector.ts';
import { Freshness } from '../../src/projection/freshness.ts';
import type { ProjectionResult } from '../../src/projection/projection-report.ts';
import type { ConcurrentSettings, ConcurrentStep } from './concurrent-steps.ts';
import { historyIdentity } from './history-identities.ts';
import { describeState, mayBeRefused, relevant, replayed } from './history-model.ts';
import type { AnyProjection, HistoryEvent } from './history-projections.ts';
import { type LogState, ScheduledDependencies } from './scheduled-dependencies.ts';

/** An interval in which neither the clock nor the log changed. */
interface LogInterval extends LogState {
  readonly clockUs: bigint;
}

/** A projector with concurrent callers, driven step by step, and the results that each caller may get. */
export class ConcurrentHistory {
  readonly dependencies: ScheduledDependencies;
  readonly #projector: AsyncProjector<HistoryEvent>;
  readonly #projections: readonly AnyProjection[];
  readonly #intervals: LogInterval[] = [];
  readonly #running: Promise<unknown>[] = [];
  readonly #leaving: AbortController[] = [];
  #clockUs = 1_700_000_000_000_000n;
  #nextSequence = 1n;
  #nextId = 1;
  readonly #hasCheckpoints: boolean;
  /** Streams whose events were rewritten, while their invalidation is running. */
  readonly #uncertain = new Map<string, number>();
  readonly #left = new Error('left');

  constructor(
    scheduler: Scheduler,
    { makers, answersLater, timesOut, verifyEvery, hasCheckpoints }: ConcurrentSettings,
  ) {
    this.dependencies = new ScheduledDependencies(scheduler, hasCheckpoints);
    this.#hasCheckpoints = hasCheckpoints;
    this.dependencies.timesOut = timesOut;
    this.#projections = makers.map((make) => make(0));
    this.#projector = new AsyncProjector({
      cache: this.dependencies.cacheThat(answersLater),
      source: this.dependencies.source,
      nowUs: () => this.#clockUs,
      startTimer: this.dependencies.startTimer,
      ...(verifyEvery === undefined ? {} : { verifyEvery }),
    });
    this.#changed(this.dependencies.current);
  }

  /** Settles when everything that was started has ended; rejects if any of it ended in a wrong way. */
  async ended(): Promise<void> {
    while (this.#running.length > 0) await this.#running.shift();
  }

  run(step: ConcurrentStep): void {
    const { current } = this.dependencies;
    switch (step.what) {
      case 'append':
        this.#append(step.stream, step.events);
        break;
      case 'call':
        this.#begin(this.#call(step.stream, step.which, step.freshness, step.leaves));
        break;
      case 'page':
        this.#begin(this.#page(step.which));
        break;
      case 'leave':
        for (const controller of this.#leaving.splice(0)) controller.abort(this.#left);
        break;
      case 'clock':
        this.#clockUs += step.byUs;
        this.#changed(current);
        break;
      case 'herd':
        for (let caller = 0; caller < step.callers; caller += 1) {
          this.#begin(this.#call(step.stream, 0, step.freshness, false));
        }
        break;
      case 'fault':
        this.dependencies.cache.failNext(step.verb, step.times);
        break;
      case 'hang':
        this.dependencies.hangNext(step.verb, step.how);
        break;
      case 'stall':
        this.dependencies.stall(step.where);
        break;
      case 'resume':
        this.dependencies.resume();
        break;
      case 'rewrite':
        this.#begin(this.#rewrite(step.stream, step.erases));
        break;
      case 'restore': {
        const log = current.log.slice(0, Math.floor(current.log.length * step.share));
        const identity = this.#hasCheckpoints ? current.identity : historyIdentity(this.#intervals.length);
        if (this.#hasCheckpoints) this.#nextSequence = (log.at(-1)?.sequence ?? -1n) + 2n;
        this.#changed({ log, identity, life: current.life + 1, edition: current.edition });
        const { grown } = step;
        if (grown !== undefined)
          this.#append(
            'a',
            current.log.slice(log.length).map(() => grown),
          );
      }
    }
  }

  #begin(work: Promise<unknown>): void {
    work.catch(() => {});
    this.#running.push(work);
  }

  #append(name: string, events: readonly HistoryEvent[]): void {
    const { current } = this.dependencies;
    const appended = events.map((recorded) => {
      const sequence = this.#nextSequence;
      this.#nextSequence += 2n;
      const id = this.#nextId;
      this.#nextId += 1;
      return { stream: name, sequence, event: recorded, id };
    });
    this.#changed({ ...current, log: [...current.log, ...appended] });
  }

  /** Until the invalidation has ended, and for callers that started before, any state of the stream is allowed. */
  async #rewrite(name: string, erases: boolean): Promise<void> {
    const { current } = this.dependencies;
    const newest = current.log.filter(({ stream }) => stream === name).at(-1);
    const rewritten = erases
      ? current.log.filter((logged) => logged !== newest)
      : current.log.map((logged) => {
          if (logged.stream !== name) return logged;
          return { ...logged, event: { ...logged.event, amount: logged.event.amount + 1 } };
        });
    this.#uncertain.set(name, (this.#uncertain.get(name) ?? 0) + 1);
    this.#changed({ ...current, log: rewritten, edition: current.edition + 1 });
    while (!(await this.#invalidated(name))) {
      // A failed invalidation is retried, as its user would do.
    }
    this.#uncertain.set(name, (this.#uncertain.get(name) ?? 0) - 1);
  }

  async #invalidated(name: string): Promise<boolean> {
    try {
      await this.#projector.invalidate(name);
      return true;
    } catch (error) {
      const isTimeout = error instanceof StoreError && error.code === 'CACHE_FAILED';
      if (!isTimeout) expect(error).toEqual(new Error('deletePrefix failed'));
      return false;
    }
  }

  /** A cached state within its window is returned although the event log hangs. */
  async answersWithoutLog(name: string): Promise<void> {
    const projection = this.#projections[0] as AnyProjection;
    if (mayBeRefused(this.dependencies.current.log, name, projection)) return;
    const always = Freshness.bestEffort({ maxStaleMs: Number.MAX_SAFE_INTEGER });
    // Not a consistent call: a state that was cached when the clock was ahead is stale, and this call stamps it again.
    if ((await this.#projector.project(projection, name, always)) === undefined) return;
    for (const where of ['head', 'event'] as const) this.dependencies.stall(where);
    const { report } = await this.#projector.projectWithReport(projection, name, always);
    expect(report.outcome).toBe('hit');
    this.dependencies.resume();
  }

  /** Each state is the replay of a head that its stream had during the call. */
  async #page(which: number): Promise<void> {
    const projection = this.#projections[which] as AnyProjection;
    const page = ['a', 'a:1', 'a'];
    const from = this.#intervals.length - 1;
    const isCertain = page.every((name) => (this.#uncertain.get(name) ?? 0) === 0);
    const isExchanged = (): boolean => {
      const seen = this.#intervals.slice(from).map(({ life, edition }) => `${life} ${edition}`);
      return !isCertain || new Set(seen).size > 1;
    };
    try {
      const states = await this.#projector.projectMany(projection, page);
      if (!isCertain || new Set(this.#intervals.slice(from).map(({ edition }) => edition)).size > 1) return;
      for (const [at, name] of page.entries()) {
        const allowed = this.#intervals.slice(from).flatMap((interval, place) => {
          const head = headOf(interval, name, projection);
          if (head === undefined) return [describeState(undefined)];
          const later = this.#intervals.slice(from + place);
          const logs = later.filter((other) => isSameLog(interval, other) || this.#mayBeTakenFor(interval, other));
          return logs.map(({ log }) => describeState(replayed(log, name, projection, head)));
        });
        expect(allowed, `${projection.name} of ${name} in a page`).toContain(describeState(states[at]));
      }
    } catch (error) {
      const code = error instanceof StoreError ? error.code : undefined;
      const logs = this.#intervals.slice(from).map(({ log }) => log);
      const isRefused =
        code === 'STATE_CODEC' &&
        (isExchanged() || logs.some((log) => page.some((name) => mayBeRefused(log, name, projection))));
      if (!isRefused && !(code === 'SOURCE_INVALID' && isExchanged())) throw error;
    }
  }

  async #call(name: string, which: number, freshness: Freshness, leaves: boolean): Promise<void> {
    const projection = this.#projections[which] as AnyProjection;
    const controller = new AbortController();
    if (leaves) this.#leaving.push(controller);
    const from = this.#intervals.length - 1;
    const isCertain = (this.#uncertain.get(name) ?? 0) === 0;
    try {
      const options = leaves ? { signal: controller.signal } : {};
      const result = await this.#projector.projectWithReport(projection, name, freshness, options);
      const seen = this.#intervals.slice(from);
      const isRewritten = new Set(seen.map(({ edition }) => edition)).size > 1;
      if (!isCertain || isRewritten) return;
      const fault = this.#fault(result, projection, name, freshness, from);
      if (fault !== undefined)
        expect.fail(`${projection.name} of ${name}: ${fault}; got ${describeState(result.state)}`);
      // Only a log that was exchanged meanwhile has other events.
      const logs = new Set(this.#intervals.slice(from).map(({ life }) => life));
      if (logs.size === 1) expect(result.report.shadow).not.toBe('different');
    } catch (error) {
      if (error === this.#left) return;
      // By best effort, a call may share the reading of a head that began within its window.
      const shared = this.#intervals.findIndex((_, at) => this.#isWithinWindow(at, freshness, from));
      const intervals = this.#intervals.slice(shared < 0 ? from : Math.min(shared, from));
      if (!isAllowedFailure(error, { name, projection, intervals, isCertain })) throw error;
    }
  }

  #fault(
    { state, report }: ProjectionResult<unknown>,
    projection: AnyProjection,
    name: string,
    freshness: Freshness,
    from: number,
  ): string | undefined {
    const { watermark } = report;
    const until = this.#intervals.length;
    const headAt = (interval: LogInterval): bigint | undefined => headOf(interval, name, projection);
    const isReplayOf = ({ log }: LogInterval): boolean =>
      describeState(state) === describeState(replayed(log, name, projection, watermark));
    /** Whether it is the replay of a head between that of an interval and the end of the call. */
    const isSince = (at: number): boolean => {
      const interval = this.#intervals[at] as LogInterval;
      const head = headAt(interval);
      if (watermark === undefined) return head === undefined && state === undefined;
      if (head !== undefined && watermark < head) return false;
      const isLog = (other: LogInterval): boolean =>
        isSameLog(interval, other) || (watermark === head && this.#mayBeTakenFor(interval, other));
      const later = this.#intervals.slice(at, until);
      return later.some((other) => isLog(other) && watermark <= (headAt(other) ?? -1n) && isReplayOf(other));
    };
    const places = Array.from({ length: until }, (_, at) => at);
    if (places.slice(from).some(isSince)) return undefined;
    if (freshness.kind === 'consistent') return 'not the replay of any head since the call began';
    if (freshness.kind === 'atLeast') {
      if (watermark === undefined || watermark < freshness.watermark) return 'below the watermark, and not at the head';
      return this.#intervals.slice(from).some(isReplayOf) ? undefined : 'not the replay up to it';
    }
    if (places.some((at) => this.#isWithinWindow(at, freshness, from) && isSince(at))) return undefined;
    return 'not the replay of any head within the window';
  }

  /** Between the head and its checkpoint, a restore is not noticed if the restored log has an event with that sequence. */
  #mayBeTakenFor(read: LogInterval, restored: LogInterval): boolean {
    return this.#hasCheckpoints && restored.life > read.life && restored.edition === read.edition;
  }

  /** Whether a call that began at `from` may be answered, by best effort, as of the interval `at`. */
  #isWithinWindow(at: number, freshness: Freshness, from: number): boolean {
    if (freshness.kind !== 'bestEffort') return false;
    const windowUs = BigInt(freshness.maxStaleMs) * 1000n;
    return this.#intervals.slice(from).some(({ clockUs }) => {
      const ageUs = clockUs - (this.#intervals[at] as LogInterval).clockUs;
      return ageUs >= 0n && ageUs < windowUs;
    });
  }

  #changed(state: LogState): void {
    this.dependencies.current = state;
    this.#intervals.push({ ...state, clockUs: this.#clockUs });
  }
}

function isSameLog(a: LogState, b: LogState): boolean {
  return a.life === b.life && a.edition === b.edition;
}

function headOf({ log }: LogInterval, name: string, projection: AnyProjection): bigint | undefined {
  return relevant(log, name, projection).at(-1)?.sequence;
}

interface FailedCall {
  readonly name: string;
  readonly projection: AnyProjection;
  /** Those that the call may have seen. */
  readonly intervals: readonly LogInterval[];
  /** Whether no invalidation of rewritten events was running. */
  readonly isCertain: boolean;
}

/** A log that is exchanged, or loses events, while it is read is reported as invalid. */
function isAllowedFailure(error: unknown, { name, projection, intervals, isCertain }: FailedCall): boolean {
  const seen = intervals.map(({ life, edition }) => `${life} ${edition}`);
  const isExchanged = !isCertain || new Set(seen).size > 1;
  const code = error instanceof StoreError ? error.code : undefined;
  if (code === 'SOURCE_INVALID') return isExchanged;
  // Events of two logs may be folded onto each other before the exchange is noticed.
  const isMixed = isExchanged && projection.name === 'cart';
  return code === 'STATE_CODEC' && (isMixed || intervals.some(({ log }) => mayBeRefused(log, name, projection)));
}
