import type { Scheduler } from 'fast-check';
import { expect } from 'vitest';
import { StoreError } from '../../src/base/store-error.ts';
import { AsyncProjector } from '../../src/projection/async-projector.ts';
import { Freshness } from '../../src/projection/freshness.ts';
import type { ProjectionResult } from '../../src/projection/projection-report.ts';
import type { ConcurrentSettings, Happening } from './happenings.ts';
import { historyIdentity } from './history-identities.ts';
import { describeState, mayBeRefused, relevant, replayed } from './history-model.ts';
import type { AnyProjection, HistoryEvent } from './history-projections.ts';
import { type LogState, ScheduledWorld } from './scheduled-world.ts';

/** A time in which neither the clock nor the log changed. */
interface Moment extends LogState {
  readonly clockUs: bigint;
}

/** A history of callers that overlap, and what each of them may be answered. */
export class ConcurrentHistory {
  readonly world: ScheduledWorld;
  readonly #projector: AsyncProjector<HistoryEvent>;
  readonly #projections: readonly AnyProjection[];
  readonly #moments: Moment[] = [];
  readonly #underWay: Promise<unknown>[] = [];
  readonly #leaving: AbortController[] = [];
  #clockUs = 1_700_000_000_000_000n;
  #nextSequence = 1n;
  /** Streams whose events were rewritten, while their invalidation is under way. */
  readonly #uncertain = new Map<string, number>();
  readonly #left = new Error('left');

  constructor(scheduler: Scheduler, { makers, answersLater, timesOut, verifyEvery }: ConcurrentSettings) {
    this.world = new ScheduledWorld(scheduler);
    this.world.timesOut = timesOut;
    this.#projections = makers.map((make) => make(0));
    this.#projector = new AsyncProjector({
      cache: this.world.cacheThat(answersLater),
      source: this.world.source,
      nowUs: () => this.#clockUs,
      startTimer: this.world.startTimer,
      ...(verifyEvery === undefined ? {} : { verifyEvery }),
    });
    this.#changed(this.world.current);
  }

  /** Settles when all that was begun has ended; rejected where one of it ended as it must not. */
  async ended(): Promise<void> {
    while (this.#underWay.length > 0) await this.#underWay.shift();
  }

  happen(happening: Happening): void {
    const { current } = this.world;
    switch (happening.what) {
      case 'append':
        this.#append(happening.stream, happening.events);
        break;
      case 'call':
        this.#begin(this.#call(happening.stream, happening.which, happening.freshness, happening.leaves));
        break;
      case 'leave':
        for (const controller of this.#leaving.splice(0)) controller.abort(this.#left);
        break;
      case 'clock':
        this.#clockUs += happening.byUs;
        this.#changed(current);
        break;
      case 'herd':
        for (let caller = 0; caller < happening.callers; caller += 1) {
          this.#begin(this.#call(happening.stream, 0, happening.freshness, false));
        }
        break;
      case 'fault':
        this.world.cache.failNext(happening.verb, happening.times);
        break;
      case 'hang':
        this.world.hangNext(happening.verb, happening.how);
        break;
      case 'stall':
        this.world.stall(happening.where);
        break;
      case 'resume':
        this.world.resume();
        break;
      case 'rewrite':
        this.#begin(this.#rewrite(happening.stream, happening.erases));
        break;
      case 'restore': {
        const log = current.log.slice(0, Math.floor(current.log.length * happening.share));
        this.#changed({ log, identity: historyIdentity(this.#moments.length), edition: current.edition });
      }
    }
  }

  #begin(work: Promise<unknown>): void {
    work.catch(() => {});
    this.#underWay.push(work);
  }

  #append(name: string, events: readonly HistoryEvent[]): void {
    const { current } = this.world;
    const appended = events.map((recorded) => {
      const sequence = this.#nextSequence;
      this.#nextSequence += 2n;
      return { stream: name, sequence, event: recorded };
    });
    this.#changed({ ...current, log: [...current.log, ...appended] });
  }

  /** Until the invalidation has ended, and for callers that were there before, anything may come of the stream. */
  async #rewrite(name: string, erases: boolean): Promise<void> {
    const { current } = this.world;
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
      // What the cache could not do is tried again, as its user would.
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

  /** What is cached and in its window is given out though the event log hangs. */
  async answersWithoutLog(name: string): Promise<void> {
    const projection = this.#projections[0] as AnyProjection;
    if (mayBeRefused(this.world.current.log, name, projection)) return;
    const always = Freshness.bestEffort({ maxStaleMs: Number.MAX_SAFE_INTEGER });
    // Not a consistent call: a state that was cached when the clock ran ahead is stale, and is stamped anew by this one.
    if ((await this.#projector.project(projection, name, always)) === undefined) return;
    for (const where of ['head', 'event'] as const) this.world.stall(where);
    const { report } = await this.#projector.projectWithReport(projection, name, always);
    expect(report.outcome).toBe('hit');
    this.world.resume();
  }

  async #call(name: string, which: number, freshness: Freshness, leaves: boolean): Promise<void> {
    const projection = this.#projections[which] as AnyProjection;
    const controller = new AbortController();
    if (leaves) this.#leaving.push(controller);
    const from = this.#moments.length - 1;
    const isCertain = (this.#uncertain.get(name) ?? 0) === 0;
    try {
      const options = leaves ? { signal: controller.signal } : {};
      const result = await this.#projector.projectWithReport(projection, name, freshness, options);
      const seen = this.#moments.slice(from);
      const isRewritten = new Set(seen.map(({ edition }) => edition)).size > 1;
      if (!isCertain || isRewritten) return;
      const fault = this.#fault(result, projection, name, freshness, from);
      if (fault !== undefined)
        expect.fail(`${projection.name} of ${name}: ${fault}; got ${describeState(result.state)}`);
      // Only a log that was exchanged meanwhile has other events.
      const logs = new Set(this.#moments.slice(from).map(({ identity }) => identity));
      if (logs.size === 1) expect(result.report.shadow).not.toBe('different');
    } catch (error) {
      if (error === this.#left) return;
      // A log that is exchanged, or loses events, while it is read is told as such.
      const moments = this.#moments.slice(from);
      const seen = moments.map(({ identity, edition }) => `${identity} ${edition}`);
      const isExchanged = !isCertain || new Set(seen).size > 1;
      const code = error instanceof StoreError ? error.code : undefined;
      const isRefused = code === 'STATE_CODEC' && moments.some(({ log }) => mayBeRefused(log, name, projection));
      if (!isRefused && !(code === 'SOURCE_INVALID' && isExchanged)) throw error;
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
    const until = this.#moments.length;
    const headAt = (moment: Moment): bigint | undefined => relevant(moment.log, name, projection).at(-1)?.sequence;
    const isReplayOf = ({ log }: Moment): boolean =>
      describeState(state) === describeState(replayed(log, name, projection, watermark));
    /** Whether it is the replay of a head between that of a moment and the end of the call. */
    const isSince = (at: number): boolean => {
      const moment = this.#moments[at] as Moment;
      const head = headAt(moment);
      if (watermark === undefined) return head === undefined && state === undefined;
      if (head !== undefined && watermark < head) return false;
      const later = this.#moments.slice(at, until);
      return later.some(
        (other) => isSameLog(moment, other) && watermark <= (headAt(other) ?? -1n) && isReplayOf(other),
      );
    };
    const places = Array.from({ length: until }, (_, at) => at);
    if (places.slice(from).some(isSince)) return undefined;
    if (freshness.kind === 'consistent') return 'not the replay of any head since the call began';
    const calledAt = this.#moments.slice(from).map(({ clockUs }) => clockUs);
    const isWithinWindow = (at: number): boolean =>
      calledAt.some((nowUs) => {
        const ageUs = nowUs - (this.#moments[at] as Moment).clockUs;
        return ageUs >= 0n && ageUs < BigInt(freshness.maxStaleMs) * 1000n;
      });
    if (places.some((at) => isWithinWindow(at) && isSince(at))) return undefined;
    return 'not the replay of any head within the window';
  }

  #changed(state: LogState): void {
    this.world.current = state;
    this.#moments.push({ ...state, clockUs: this.#clockUs });
  }
}

function isSameLog(a: LogState, b: LogState): boolean {
  return a.identity === b.identity && a.edition === b.edition;
}
