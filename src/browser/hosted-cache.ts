import type { CacheMeta } from '../contract/cache-entry.ts';
import type { ProjectionCache } from '../contract/projection-cache.ts';
import { type CacheAnswer, type CacheCall, failureOf } from './cache-messages.ts';

/** A cache that a worker has opened, and how it is closed with its storage. */
export interface OpenedCache {
  readonly cache: ProjectionCache;
  readonly close: () => void;
}

/** As in the store: what it writes at the end of a turn is in the file before tasks that were deferred later. */
const later: (task: () => void) => unknown = typeof setImmediate === 'function' ? setImmediate : setTimeout;

/**
 * Performs calls, in the order in which they arrive, on a cache that is opened for the first of them. An answer to a put or a
 * deletion waits until the store has written it to its file: if this worker is killed, the next one finds it there.
 */
export class HostedCache {
  readonly #open: () => Promise<OpenedCache>;
  #opened: Promise<OpenedCache> | undefined;
  readonly #running = new Set<Promise<void>>();

  constructor(open: () => Promise<OpenedCache>) {
    this.#open = open;
  }

  /** Passes the answer to `deliver`, which must not throw. */
  perform(call: CacheCall, deliver: (answer: CacheAnswer) => void): void {
    const running = this.#perform(call)
      .then(
        (result) => deliver({ id: call.id, result }),
        (error: unknown) => deliver({ id: call.id, failure: failureOf(error) }),
      )
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Waits until the calls under way are answered, and closes the cache. Rejects with what closing it throws. */
  async close(): Promise<void> {
    await Promise.all(this.#running);
    const opened = await this.#opened?.catch(() => undefined);
    this.#opened = undefined;
    opened?.close();
  }

  async #perform(call: CacheCall): Promise<unknown> {
    const { cache } = await this.#cache();
    const result = performOn(cache, call);
    if (call.verb === 'put' || call.verb === 'deletePrefix') await new Promise<void>((resolve) => later(resolve));
    return result;
  }

  /** A cache that could not be opened is tried again at the next call. */
  #cache(): Promise<OpenedCache> {
    if (this.#opened !== undefined) return this.#opened;
    const opening = this.#open();
    this.#opened = opening;
    opening.catch(() => {
      if (this.#opened === opening) this.#opened = undefined;
    });
    return opening;
  }
}

function performOn(cache: ProjectionCache, { verb, args }: CacheCall): unknown {
  const [first, second, third] = args as [Uint8Array, Uint8Array, CacheMeta];
  if (verb === 'get') {
    const entry = cache.get(first);
    // Small values share one buffer, which must stay here: a copy is moved to the page.
    return entry === undefined ? undefined : { value: ownBuffer(entry.value), meta: entry.meta };
  }
  if (verb === 'put') return cache.put(first, second, third);
  if (verb === 'deletePrefix') return cache.deletePrefix(first);
  return cache.sync();
}

function ownBuffer(value: Uint8Array): Uint8Array {
  return value.byteLength === value.buffer.byteLength ? value : new Uint8Array(value);
}
