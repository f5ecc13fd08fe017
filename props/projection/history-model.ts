import type { RecordedEvent } from '../../src/projection/event-reader.ts';
import type { Freshness } from '../../src/projection/freshness.ts';
import type { ProjectionResult } from '../../src/projection/projection-report.ts';
import { historyIdentity } from './history-identities.ts';
import type { AnyProjection, HistoryEvent, ProjectionMaker } from './history-projections.ts';
import { isInexact, settledBy } from './hostile-projections.ts';

export interface LoggedEvent extends RecordedEvent<HistoryEvent> {
  readonly stream: string;
  /** Differs from that of every other event, also of one that a restore has removed. */
  readonly id: number;
}

export type Log = readonly LoggedEvent[];

/** An interval in which neither the clock nor the log changed. */
interface LogInterval {
  readonly clockUs: bigint;
  readonly log: Log;
  readonly identity: string | undefined;
}

const US_PER_MS = 1000n;

/** The relevant events of a stream, up to a sequence if one is given. */
export function relevant(log: Log, stream: string, { kinds = [] }: AnyProjection, upTo?: bigint): Log {
  return log.filter((logged) => {
    if (logged.stream !== stream || (kinds.length > 0 && !kinds.includes(logged.event.kind))) return false;
    return upTo === undefined || logged.sequence <= upTo;
  });
}

/** The full replay, by definition: without cache, codec or any code under test. */
export function replayed(log: Log, stream: string, projection: AnyProjection, upTo?: bigint): unknown {
  const settled = settledBy[projection.name] ?? ((other: unknown) => other);
  let state: unknown;
  for (const { event } of relevant(log, stream, projection, upTo)) {
    // A fresh copy, whatever `initial` returns.
    const base = state === undefined ? settled(structuredClone(projection.initial())) : state;
    state = settled(projection.apply(base, event));
  }
  return state;
}

/** Whether a fold that ends somewhere in the log may be refused, because the codec does not accept its state. */
export function mayBeRefused(log: Log, stream: string, projection: AnyProjection): boolean {
  if (projection.name !== 'cart') return false;
  return relevant(log, stream, projection).some(({ sequence }) =>
    isInexact(replayed(log, stream, projection, sequence)),
  );
}

/** The state of a history: the event log, the clock, and the deployed versions. */
export class HistoryModel {
  readonly isBudgeted: boolean;
  /** Whether the reader has checkpoints: then it notices a restore without an identity. */
  readonly hasCheckpoints: boolean;
  /** The newest versions. */
  readonly projections: AnyProjection[];
  #log: Log = [];
  #clockUs = 1_700_000_000_000_000n;
  #identity: string | undefined;
  #identities = 0;
  #nextSequence = 1n;
  #nextId = 1;
  readonly #intervals: LogInterval[] = [];
  readonly #makers: readonly ProjectionMaker[];

  constructor(options: {
    readonly makers: readonly ProjectionMaker[];
    readonly hasIdentity: boolean;
    readonly hasCheckpoints: boolean;
    readonly isBudgeted: boolean;
  }) {
    this.#makers = options.makers;
    this.projections = options.makers.map((make) => make(0));
    this.isBudgeted = options.isBudgeted;
    this.hasCheckpoints = options.hasCheckpoints;
    this.#identity = options.hasIdentity ? historyIdentity(0) : undefined;
    this.#changed();
  }

  get log(): Log {
    return this.#log;
  }

  get clockUs(): bigint {
    return this.#clockUs;
  }

  get identity(): string | undefined {
    return this.#identity;
  }

  append(stream: string, event: HistoryEvent, gap: bigint): void {
    const sequence = this.#nextSequence + gap;
    this.#nextSequence = sequence + 1n;
    this.#log = [...this.#log, { stream, sequence, event, id: this.#nextId }];
    this.#nextId += 1;
    this.#changed();
  }

  /** Removes the newest events. Sequences may be reused, as by a counter that is restored with the log. */
  restore(eventsKept: number, reusesSequences: boolean): void {
    this.#log = this.#log.slice(0, eventsKept);
    if (reusesSequences) this.#nextSequence = (this.#log.at(-1)?.sequence ?? 0n) + 1n;
    this.#identities += 1;
    if (this.#identity !== undefined) this.#identity = historyIdentity(this.#identities);
    this.#changed();
  }

  moveClock(byUs: bigint): void {
    this.#clockUs += byUs;
    this.#changed();
  }

  deployNextVersion(which: number): void {
    const place = which % this.projections.length;
    const version = (this.projections[place]?.version ?? 0) + 1;
    const make = this.#makers[place];
    if (make !== undefined) this.projections[place] = make(version);
  }

  head(stream: string, projection: AnyProjection): bigint | undefined {
    return relevant(this.#log, stream, projection).at(-1)?.sequence;
  }

  /** Why a result breaks the rules; `undefined` if it does not. */
  fault(
    projection: AnyProjection,
    stream: string,
    freshness: Freshness,
    { state, report }: ProjectionResult<unknown>,
  ): string | undefined {
    const { watermark } = report;
    const now: LogInterval = { clockUs: this.#clockUs, log: this.#log, identity: this.#identity };
    const head = this.head(stream, projection);
    const isReplayOf = (interval: LogInterval): boolean =>
      sameState(state, replayed(interval.log, stream, projection, watermark));
    if (watermark === undefined) return head === undefined && state === undefined ? undefined : 'no watermark';
    if (report.stale) {
      if (!this.isBudgeted) return 'stale without a budget';
      return head !== undefined && watermark < head && isReplayOf(now) ? undefined : 'not the replay of an older head';
    }
    if (watermark === head && isReplayOf(now)) return undefined;
    if (freshness.kind === 'consistent') return `not the replay of the head, ${head}`;
    if (freshness.kind === 'atLeast') {
      if (watermark < freshness.watermark) return 'below the watermark, and not at the head';
      return [now, ...this.#indistinguishable()].some(isReplayOf) ? undefined : 'not the replay up to it';
    }
    const isAllowed = this.#withinWindow(freshness.maxStaleMs).some((from) => {
      const headThen = relevant(from.log, stream, projection).at(-1)?.sequence;
      if (headThen === undefined || watermark < headThen) return false;
      // If a budget may stop a fold, its state is of a head between that one and now.
      return watermark === headThen ? isReplayOf(from) : this.isBudgeted && this.#since(from).some(isReplayOf);
    });
    return isAllowed ? undefined : 'not the replay of any head within the window';
  }

  /** Whether the state was once the replay of this event log up to a watermark. */
  wasReplay(projection: AnyProjection, stream: string, state: unknown, watermark: bigint): boolean {
    return this.#intervals.some(
      ({ log, identity }) =>
        identity === this.#identity && sameState(state, replayed(log, stream, projection, watermark)),
    );
  }

  /** The documented limit: without a head, an identity and checkpoints, nothing shows that the log was restored. */
  #indistinguishable(): LogInterval[] {
    return this.#identity === undefined && !this.hasCheckpoints ? this.#intervals : [];
  }

  #withinWindow(maxStaleMs: number): LogInterval[] {
    return this.#intervals.filter(({ clockUs, identity }) => {
      const ageUs = this.#clockUs - clockUs;
      return identity === this.#identity && ageUs >= 0n && ageUs < BigInt(maxStaleMs) * US_PER_MS;
    });
  }

  #since(interval: LogInterval): LogInterval[] {
    return this.#intervals
      .slice(this.#intervals.indexOf(interval))
      .filter(({ identity }) => identity === interval.identity);
  }

  #changed(): void {
    this.#intervals.push({ clockUs: this.#clockUs, log: this.#log, identity: this.#identity });
  }
}

function sameState(a: unknown, b: unknown): boolean {
  return describeState(a) === describeState(b);
}

/** A state as text: states of these projections differ exactly if their texts do. */
export function describeState(state: unknown): string {
  if (state instanceof Uint8Array || state instanceof Float64Array) return `numbers ${state.join()}`;
  return state instanceof Map ? `map ${JSON.stringify([...state].sort())}` : `${JSON.stringify(state)}`;
}
