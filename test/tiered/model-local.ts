import type { CacheCapabilities } from '../../src/contract/cache-capabilities.ts';
import type { CacheEntry, CacheMeta } from '../../src/contract/cache-entry.ts';
import type { ProjectionCache } from '../../src/contract/projection-cache.ts';
import { MapCache } from '../conformance/map-cache.ts';

/** What the next calls do that fail: they throw before or after they have taken effect. */
export interface LocalFault {
  readonly when: 'before' | 'after';
  times: number;
}

/** A local cache with the promise of a `LogCache`: of what no `sync` covered, a crash leaves the operations up to some point. */
export class ModelLocal implements ProjectionCache {
  fault: LocalFault | undefined;
  readonly #changes: ((entries: MapCache) => unknown)[] = [];
  readonly #entries: MapCache = new MapCache();
  #synced = 0;

  capabilities(): CacheCapabilities {
    return this.#entries.capabilities();
  }

  get(key: Uint8Array): CacheEntry | undefined {
    return this.#attempt(() => this.#entries.get(key));
  }

  put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    const [ownKey, ownValue] = [new Uint8Array(key), new Uint8Array(value)];
    this.#change((entries) => entries.put(ownKey, ownValue, meta));
  }

  deletePrefix(prefix: Uint8Array): number {
    const own = new Uint8Array(prefix);
    return this.#change((entries) => entries.deletePrefix(own));
  }

  sync(): void {
    this.#attempt(() => {
      this.#synced = this.#changes.length;
    });
  }

  /** What the next process finds: without the newest changes, at most `lost` of those that are not synced. */
  afterCrash(lost: number): ModelLocal {
    const next = new ModelLocal();
    for (const change of this.#changes.slice(0, Math.max(this.#synced, this.#changes.length - lost))) {
      next.#change(change);
    }
    next.sync();
    return next;
  }

  #change<Result>(act: (entries: MapCache) => Result): Result {
    return this.#attempt(() => {
      this.#changes.push(act);
      return act(this.#entries);
    });
  }

  #attempt<Result>(act: () => Result): Result {
    const { fault } = this;
    const isDue = fault !== undefined && fault.times > 0;
    if (isDue) fault.times -= 1;
    if (isDue && fault.when === 'before') throw new Error('the local cache has failed');
    const result = act();
    if (isDue) throw new Error('the local cache has failed after it took effect');
    return result;
  }
}
