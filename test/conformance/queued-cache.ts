import type { CacheCapabilities } from '../../src/contract/cache-capabilities.ts';
import type { CacheEntry, CacheMeta } from '../../src/contract/cache-entry.ts';
import type { AsyncProjectionCache } from '../../src/contract/projection-cache.ts';
import { MapCache } from './map-cache.ts';

/** Waits for one turn of the event loop, or several. */
export async function turns(count = 1): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/**
 * A cache behind one connection: a call copies its arguments, and takes effect one turn of the event loop later, in the
 * order of the calls.
 */
export class QueuedCache implements AsyncProjectionCache {
  readonly store: MapCache = new MapCache();
  #last: Promise<unknown> = Promise.resolve();

  capabilities(): CacheCapabilities {
    return this.store.capabilities();
  }

  get(key: Uint8Array): Promise<CacheEntry | undefined> {
    const ownKey = copy(key);
    return this.enqueue(() => this.store.get(ownKey));
  }

  put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): Promise<void> {
    const [ownKey, ownValue, ownMeta] = [copy(key), copy(value), meta && { ...meta }];
    return this.enqueue(() => this.store.put(ownKey, ownValue, ownMeta));
  }

  deletePrefix(prefix: Uint8Array): Promise<number> {
    const ownPrefix = copy(prefix);
    return this.enqueue(() => this.store.deletePrefix(ownPrefix));
  }

  sync(): Promise<void> {
    return this.enqueue(() => this.store.sync());
  }

  protected enqueue<Answer>(call: () => Answer): Promise<Answer> {
    const answer = this.#last.then(() => turns()).then(call);
    this.#last = answer.catch(() => undefined);
    return answer;
  }
}

// A value that is not bytes is passed on, for the store to refuse.
function copy(bytes: Uint8Array): Uint8Array {
  return bytes instanceof Uint8Array ? new Uint8Array(bytes) : bytes;
}
