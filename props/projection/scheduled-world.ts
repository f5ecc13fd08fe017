import type { Scheduler } from 'fast-check';
import { LogCache } from '../../src/cache/log-cache.ts';
import type { CacheEntry, CacheMeta } from '../../src/contract/cache-entry.ts';
import type { AsyncProjectionCache, ProjectionCache } from '../../src/contract/projection-cache.ts';
import type { AsyncEventReader, RecordedEvent } from '../../src/projection/event-reader.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { FaultyCache } from './faulty-cache.ts';
import { historyIdentity } from './history-identities.ts';
import type { Log, LoggedEvent } from './history-model.ts';
import type { HistoryEvent } from './history-projections.ts';

/** An event log that a restore or a rewriting makes another one: events before and after do not mix. */
export interface LogState {
  readonly log: Log;
  readonly identity: string;
  /** Raised when events are rewritten in place, as an erasure does; the identity stays. */
  readonly edition: number;
}

/** Event log and cache whose answers come in the order that a scheduler picks. */
export class ScheduledWorld {
  current: LogState = { log: [], identity: historyIdentity(0), edition: 0 };
  readonly cache: FaultyCache = new FaultyCache(LogCache.open('cache', { storage: new MemoryStorage() }));
  /** Reads under way, by what they read; and the most that there were at once. */
  readonly #reading = new Map<string, number>();
  readsAtOnceMax = 0;
  readonly #scheduler: Scheduler;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  get source(): AsyncEventReader<HistoryEvent> {
    const current = (): LogState => this.current;
    return {
      get identity(): string {
        return current().identity;
      },
      head: async (stream, kinds) => {
        await this.#turn('head is asked');
        const head = eventsOf(this.current.log, stream, kinds).at(-1)?.sequence;
        await this.#turn('head is answered');
        return head;
      },
      read: (stream, kinds, after) => this.#read(stream, kinds, after),
    };
  }

  /** The cache as it is, or answering in two turns: what it does is done between them. */
  cacheThat(answersLater: boolean): ProjectionCache | AsyncProjectionCache {
    if (!answersLater) return this.cache;
    const later = async <Result>(verb: string, act: () => Result): Promise<Result> => {
      await this.#turn(`${verb} is asked`);
      const result = act();
      await this.#turn(`${verb} is answered`);
      return result;
    };
    return {
      capabilities: () => this.cache.capabilities(),
      get: (key: Uint8Array): Promise<CacheEntry | undefined> => later('get', () => this.cache.get(key)),
      put: (key: Uint8Array, value: Uint8Array, meta: CacheMeta) =>
        later('put', () => this.cache.put(key, value, meta)),
      deletePrefix: (prefix: Uint8Array) => later('delete', () => this.cache.deletePrefix(prefix)),
      sync: () => later('sync', () => this.cache.sync()),
    };
  }

  async *#read(stream: string, kinds: readonly string[], after?: bigint): AsyncGenerator<RecordedEvent<HistoryEvent>> {
    const id = `${stream} ${kinds.join()}`;
    const count = (by: number): void => {
      const reading = (this.#reading.get(id) ?? 0) + by;
      this.#reading.set(id, reading);
      this.readsAtOnceMax = Math.max(this.readsAtOnceMax, reading);
    };
    count(1);
    try {
      await this.#turn('read begins');
      for (const { sequence, event } of eventsOf(this.current.log, stream, kinds)) {
        if (after !== undefined && sequence <= after) continue;
        await this.#turn('event');
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
