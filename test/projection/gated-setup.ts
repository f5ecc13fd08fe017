import type { CacheEntry, CacheMeta } from '../../src/contract/cache-entry.ts';
import type { AsyncProjectionCache } from '../../src/contract/projection-cache.ts';
import { AsyncProjector, type AsyncProjectorOptions } from '../../src/projection/async-projector.ts';
import type { AsyncEventReader, RecordedEvent } from '../../src/projection/event-reader.ts';
import type { Change } from './memory-log.ts';
import { ProjectorSetup } from './ways.ts';

/** Runs everything that does not wait for a gate. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}

/** A place where work waits until a test releases it. While the gate is open nothing waits. */
export class Gate {
  isOpen = true;
  readonly #waiting: (() => void)[] = [];

  get waiting(): number {
    return this.#waiting.length;
  }

  async pass(): Promise<void> {
    if (!this.isOpen) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  close(): void {
    this.isOpen = false;
  }

  /** Releases the work that has waited longest, and runs what follows from it. */
  async next(): Promise<void> {
    this.#waiting.shift()?.();
    await settle();
  }

  /** Releases the work that came last. */
  async last(): Promise<void> {
    this.#waiting.pop()?.();
    await settle();
  }

  async open(): Promise<void> {
    this.isOpen = true;
    for (const resolve of this.#waiting.splice(0)) resolve();
    await settle();
  }
}

/**
 * A setup whose asynchronous event log and cache wait at gates: a test closes a gate, and then decides which call
 * continues when. A call reads or changes data after its gate (a `get` before).
 */
export class GatedSetup extends ProjectorSetup {
  readonly heads: Gate = new Gate();
  readonly events: Gate = new Gate();
  readonly gets: Gate = new Gate();
  readonly puts: Gate = new Gate();
  readonly deletes: Gate = new Gate();

  get source(): AsyncEventReader<Change> {
    const { log, heads, events } = this;
    return {
      head: async (stream, kinds) => {
        await heads.pass();
        return log.head(stream, kinds);
      },
      read: async function* (stream, kinds, after): AsyncGenerator<RecordedEvent<Change>> {
        for (const recorded of log.read(stream, kinds, after)) {
          await events.pass();
          yield recorded;
        }
      },
    };
  }

  get asyncCache(): AsyncProjectionCache {
    const { cache, gets, puts, deletes } = this;
    return {
      capabilities: () => cache.capabilities(),
      get: async (key: Uint8Array): Promise<CacheEntry | undefined> => {
        const entry = cache.get(key);
        await gets.pass();
        return entry;
      },
      put: async (key: Uint8Array, value: Uint8Array, meta: CacheMeta): Promise<void> => {
        await puts.pass();
        cache.put(key, value, meta);
      },
      deletePrefix: async (prefix: Uint8Array): Promise<number> => {
        await deletes.pass();
        return cache.deletePrefix(prefix);
      },
      sync: async (): Promise<void> => {
        await null;
      },
    };
  }

  projector(options: Partial<AsyncProjectorOptions<Change>> = {}): AsyncProjector<Change> {
    return new AsyncProjector({ cache: this.cache, source: this.source, nowUs: () => this.nowUs, ...options });
  }

  append(stream: string, ...amounts: readonly number[]): void {
    for (const amount of amounts) this.log.append(stream, amount);
  }
}
