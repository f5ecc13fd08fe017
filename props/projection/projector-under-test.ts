import { LogCache } from '../../src/cache/log-cache.ts';
import type { CacheEntry } from '../../src/contract/cache-entry.ts';
import { NoCache } from '../../src/contract/no-cache.ts';
import type { EventReader, RecordedEvent } from '../../src/projection/event-reader.ts';
import { projectionKey } from '../../src/projection/projection-key.ts';
import { Projector } from '../../src/projection/projector.ts';
import type { ProjectorSettings } from '../../src/projection/projector-options.ts';
import type { StorageBackend } from '../../src/storage/storage-backend.ts';
import { FaultyCache } from './faulty-cache.ts';
import type { HistoryModel, LoggedEvent } from './history-model.ts';
import type { AnyProjection, HistoryEvent } from './history-projections.ts';

/** Where entries are kept between restarts; absent: nowhere. */
export interface CachePlace {
  readonly directory: string;
  readonly storage?: StorageBackend;
}

export class ConnectionLost extends Error {}

/** The log throws, or yields null for an event record, or a record whose event is null. */
export type LogFailure = 'throws' | 'null' | 'event of null';

/** A projector on the log of a model, with a cache and injected faults. */
export class ProjectorUnderTest {
  readonly cache: FaultyCache;
  projector: Projector<HistoryEvent>;
  /** How many events the log yields before it fails, and how it fails. */
  eventsUntilFailure: number = Number.POSITIVE_INFINITY;
  failure: LogFailure = 'throws';
  readonly #model: HistoryModel;
  readonly #place: CachePlace | undefined;
  readonly #settings: ProjectorSettings;
  #synced: [Uint8Array, CacheEntry][] = [];

  constructor(model: HistoryModel, place: CachePlace | undefined, settings: ProjectorSettings) {
    this.#model = model;
    this.#place = place;
    this.#settings = settings;
    this.cache = new FaultyCache(this.#open());
    this.projector = this.#start();
  }

  entries(): [Uint8Array, CacheEntry][] {
    return this.cache.inner instanceof LogCache ? [...this.cache.inner.entries()] : [];
  }

  /** The watermark of the cached state; `undefined` if there is none. */
  watermark({ name, version }: AnyProjection, stream: string): bigint | undefined {
    const start = projectionKey(stream, name, version);
    const found = this.entries().find(([key]) => start.every((byte, at) => key[at] === byte));
    return found?.[1].meta.watermark;
  }

  sync(): void {
    this.cache.sync();
    this.#synced = this.entries();
  }

  /** Removes entries of other projections; needs a cache that can list its keys. */
  sweep(live: readonly AnyProjection[]): void {
    const { inner } = this.cache;
    if (!(inner instanceof LogCache)) return;
    const swept = new Projector({ cache: inner, source: this.#source() });
    swept.sweep(live);
  }

  /** The process ends normally and is started again. */
  restart(): void {
    this.close();
    this.cache.inner = this.#open();
    this.projector = this.#start();
  }

  /** The machine stops: the cache comes back as it was synced, or as far as the disk had written it. */
  crash(keepsUnsynced: boolean): void {
    if (!keepsUnsynced && this.cache.inner instanceof LogCache) {
      const { inner } = this.cache;
      inner.deletePrefix('');
      inner.putMany(this.#synced.map(([key, { value, meta }]) => [key, value, meta] as const));
    }
    this.restart();
  }

  close(): void {
    if (this.cache.inner instanceof LogCache) this.cache.inner.close();
  }

  #open(): LogCache | NoCache {
    if (this.#place === undefined) return new NoCache();
    const { directory, ...options } = this.#place;
    return LogCache.open(directory, options);
  }

  #start(): Projector<HistoryEvent> {
    const settings = { ...this.#settings, nowUs: () => this.#model.clockUs };
    return new Projector({ cache: this.cache, source: this.#source(), ...settings });
  }

  #source(): EventReader<HistoryEvent> {
    const model = this.#model;
    const events = (stream: string, kinds: readonly string[]): LoggedEvent[] =>
      model.log.filter(
        (logged) => logged.stream === stream && (kinds.length === 0 || kinds.includes(logged.event.kind)),
      );
    const given = (recorded: RecordedEvent<HistoryEvent>): RecordedEvent<HistoryEvent> => {
      this.eventsUntilFailure -= 1;
      if (this.eventsUntilFailure >= 0) return recorded;
      if (this.failure === 'throws') throw new ConnectionLost();
      return (this.failure === 'null' ? null : { ...recorded, event: null }) as unknown as typeof recorded;
    };
    const checkpoint = (stream: string, sequence: bigint): string | undefined => {
      const found = model.log.find((logged) => logged.stream === stream && logged.sequence === sequence);
      return found === undefined ? undefined : `event ${found.id}`;
    };
    return {
      ...(model.hasCheckpoints ? { checkpoint } : {}),
      get identity(): string {
        return model.identity as string;
      },
      head: (stream, kinds) => events(stream, kinds).at(-1)?.sequence,
      heads: (streams, kinds) =>
        new Map(
          streams.flatMap((stream) => {
            const head = events(stream, kinds).at(-1)?.sequence;
            return head === undefined ? [] : [[stream, head] as const];
          }),
        ),
      *read(stream, kinds, after, { upTo = 2n ** 64n, limit = Number.POSITIVE_INFINITY } = {}) {
        // It stops where it may; the readers of the concurrent properties do not.
        let left = limit;
        for (const { sequence, event } of events(stream, kinds)) {
          if (after !== undefined && sequence <= after) continue;
          if (sequence > upTo || left === 0) return;
          left -= 1;
          yield given({ sequence, event });
        }
      },
    };
  }
}
