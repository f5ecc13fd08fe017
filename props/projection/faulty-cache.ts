import type { CacheCapabilities } from '../../src/contract/cache-capabilities.ts';
import type { CacheEntry, CacheMeta } from '../../src/contract/cache-entry.ts';
import type { ProjectionCache } from '../../src/contract/projection-cache.ts';

export type FaultyVerb = 'get' | 'put' | 'deletePrefix';

/** A cache in which the next calls of an operation throw, as many as requested. */
export class FaultyCache implements ProjectionCache {
  inner: ProjectionCache;
  readonly #faults: Record<FaultyVerb, number> = { get: 0, put: 0, deletePrefix: 0 };

  constructor(inner: ProjectionCache) {
    this.inner = inner;
  }

  failNext(verb: FaultyVerb, times: number): void {
    this.#faults[verb] = times;
  }

  work(): void {
    for (const verb of ['get', 'put', 'deletePrefix'] as const) this.#faults[verb] = 0;
  }

  capabilities(): CacheCapabilities {
    return this.inner.capabilities();
  }

  get(key: Uint8Array): CacheEntry | undefined {
    this.#mayFail('get');
    return this.inner.get(key);
  }

  put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    this.#mayFail('put');
    this.inner.put(key, value, meta);
  }

  deletePrefix(prefix: Uint8Array): number {
    this.#mayFail('deletePrefix');
    return this.inner.deletePrefix(prefix);
  }

  sync(): void {
    this.inner.sync();
  }

  #mayFail(verb: FaultyVerb): void {
    if (this.#faults[verb] === 0) return;
    this.#faults[verb] -= 1;
    throw new Error(`${verb} failed`);
  }
}
