import type { Scheduler } from 'fast-check';
import { LogCache } from '../../src/cache/log-cache.ts';
import type { CacheEntry, CacheMeta } from '../../src/contract/cache-entry.ts';
import type { AsyncProjectionCache, ProjectionCache } from '../../src/contract/projection-cache.ts';
import type { StartTimer } from '../../src/projection/cache-deadline.ts';
import { unlessAborted } from '../../src/projection/cancellation.ts';
import type { AsyncEventReader, ReadOptions, RecordedEvent } from '../../src/projection/event-reader.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { FaultyCache, type FaultyVerb } from './faulty-cache.ts';
import { historyIdentity } from './history-identities.ts';
import type { Log, LoggedEvent } from './history-model.ts';
import type { HistoryEvent } from './history-projections.ts';

/** A version of the event log. A restore or a rewriting starts another one: events before and after do not mix. */
export interface LogState {
  readonly log: Log;
  readonly identity: string;
  /** Increased when the log is restored; its identity may stay. */
  readonly life: number;
  /** Increased when events are rewritten in place, as an erasure does; the identity stays. */
  readonly edition: number;
}

/** How a call of an asynchronous cache hangs: it runs much later, never runs, or runs and never returns. */
export type Hanging = 'late' | 'never' | 'unanswered';

/** Where an event log hangs. */
export type StallPlace = 'head' | 'event';

/** How many turns a late call takes, and how many pass before the timeout of the cache. */
const LATE_TURNS = 12;
const TIMEOUT_TURNS = 3;

/** An event log and a cache whose results come in the order that a scheduler picks. */
export class ScheduledDependencies {
  current: LogState = { log: [], identity: historyIdentity(0), life: 0, edition: 0 };
  readonly #stored: LogCache = LogCache.open('cache', { storage: new MemoryStorage() });
  readonly cache: FaultyCache = new FaultyCache(this.#stored);
  /** The running reads of each stream and kinds; and the most there were at once. */
  readonly #reading = new Map<string, number>();
  readsAtOnceMax = 0;
  /** Whether the timeout of the cache expires. */
  timesOut = false;
  readonly #hangs = new Map<FaultyVerb, Hanging>();
  readonly #stalls = new Map<StallPlace, { readonly over: Promise<void>; end(): void }>();
  readonly #scheduler: Scheduler;
  readonly #hasCheckpoints: boolean;

  constructor(scheduler: Scheduler, hasCheckpoints: boolean) {
    this.#scheduler = scheduler;
    this.#hasCheckpoints = hasCheckpoints;
  }

  get source(): AsyncEventReader<HistoryEvent> {
    const current = (): LogState => this.current;
    const checkpoint = async (stream: string, sequence: bigint): Promise<string | undefined> => {
      await this.#turn('checkpoint is asked');
      const found = this.current.log.find((logged) => logged.stream === stream && logged.sequence === sequence);
      await this.#turn('checkpoint is answered');
      return found === undefined ? undefined : `event ${found.id}`;
    };
    return {
      ...(this.#hasCheckpoints ? { checkpoint } : {}),
      get identity(): string {
        return current().identity;
      },
      head: async (stream, kinds) => {
        await this.#turn('head is asked');
        await this.#stalls.get('head')?.over;
        const head = eventsOf(this.current.log, stream, kinds).at(-1)?.sequence;
        await this.#turn('head is answered');
        return head;
      },
      heads: async (streams, kinds) => {
        await this.#turn('heads are asked');
        await this.#stalls.get('head')?.over;
        const heads = streams.map((stream) => [stream, eventsOf(this.current.log, stream, kinds).at(-1)?.sequence]);
        await this.#turn('heads are answered');
        return new Map(heads.filter((entry): entry is [string, bigint] => entry[1] !== undefined));
      },
      read: (stream, kinds, after, options) => this.#read(stream, kinds, after, options),
    };
  }

  /** Reads that were started and not closed. */
  get readsOpen(): number {
    return [...this.#reading.values()].reduce((sum, reading) => sum + reading, 0);
  }

  /** The timers of a projector: they expire in any order relative to the calls they limit. */
  get startTimer(): StartTimer {
    return (act) => {
      let isStopped = !this.timesOut;
      const run = async (): Promise<void> => {
        for (let turn = 0; turn < TIMEOUT_TURNS && !isStopped; turn += 1) await this.#turn('time passes');
        if (!isStopped) act();
      };
      void run();
      return () => {
        isStopped = true;
      };
    };
  }

  hangNext(verb: FaultyVerb, how: Hanging): void {
    this.#hangs.set(verb, how);
  }

  stall(where: StallPlace): void {
    if (this.#stalls.has(where)) return;
    let end = (): void => {};
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#stalls.set(where, { over, end });
  }

  resume(): void {
    for (const { end } of this.#stalls.values()) end();
    this.#stalls.clear();
  }

  /** From here on nothing fails and nothing hangs. */
  work(): void {
    this.cache.work();
    this.#hangs.clear();
    this.resume();
    this.timesOut = false;
  }

  close(): void {
    this.#stored.close();
  }

  /** The cache itself, or an asynchronous one that takes two turns for each call and runs it between them. */
  cacheThat(answersLater: boolean): ProjectionCache | AsyncProjectionCache {
    if (!answersLater) return this.cache;
    const later = async <Result>(verb: FaultyVerb | 'sync', act: () => Result): Promise<Result> => {
      const how = verb === 'sync' || !this.timesOut ? undefined : this.#hangs.get(verb);
      if (verb !== 'sync') this.#hangs.delete(verb);
      await this.#turn(`${verb} is asked`);
      if (how === 'never') await new Promise(() => {});
      for (let turn = 0; how === 'late' && turn < LATE_TURNS; turn += 1) await this.#turn(`${verb} is late`);
      const result = act();
      if (how === 'unanswered') await new Promise(() => {});
      await this.#turn(`${verb} is answered`);
      return result;
    };
    return {
      capabilities: () => this.cache.capabilities(),
      get: (key: Uint8Array): Promise<CacheEntry | undefined> => later('get', () => this.cache.get(key)),
      put: (key: Uint8Array, value: Uint8Array, meta: CacheMeta) =>
        later('put', () => this.cache.put(key, value, meta)),
      deletePrefix: (prefix: Uint8Array) => later('deletePrefix', () => this.cache.deletePrefix(prefix)),
      sync: () => later('sync', () => this.cache.sync()),
    };
  }

  async *#read(
    stream: string,
    kinds: readonly string[],
    after?: bigint,
    { signal }: ReadOptions = {},
  ): AsyncGenerator<RecordedEvent<HistoryEvent>> {
    const id = `${stream} ${kinds.join()}`;
    const count = (by: number): void => {
      const reading = (this.#reading.get(id) ?? 0) + by;
      this.#reading.set(id, reading);
      this.readsAtOnceMax = Math.max(this.readsAtOnceMax, reading);
    };
    count(1);
    try {
      await this.#turn('read begins');
      let last = after ?? -1n;
      while (true) {
        // One event at a time, as a reader without a snapshot: the log may be another one at each.
        const next = eventsOf(this.current.log, stream, kinds).find(({ sequence }) => sequence > last);
        if (next === undefined) return;
        await this.#turn('event');
        const stalled = this.#stalls.get('event')?.over;
        if (stalled !== undefined) await unlessAborted(stalled, signal);
        const { sequence, event } = next;
        last = sequence;
        yield { sequence, event };
      }
    } finally {
      count(-1);
    }
  }

  #turn(label: string): Promise<unknown> {
    return this.#scheduler.schedule(Promise.resolve(), label);
  }
}

function eventsOf(log: Log, stream: string, kinds: readonly string[]): LoggedEvent[] {
  return log.filter((logged) => logged.stream === stream && (kinds.length === 0 || kinds.includes(logged.event.kind)));
}
