import type { CacheMeta } from '../../contract/cache-entry.ts';
import type { AsyncProjectionCache, ProjectionCache } from '../../contract/projection-cache.ts';
import { expectBytes, expectSame, expectThat, shown } from './expectations.ts';

/** Either contract: the suite awaits every answer, so that a cache may give it at once or later. */
export type AnyProjectionCache = ProjectionCache | AsyncProjectionCache;

export const someMeta: CacheMeta = { watermark: 507n, cachedAtUs: 1_700_000_000_000_000n };

/** One thing that every cache owes: a sentence, and the calls that show it on an empty cache. */
export interface ConformanceCase {
  readonly name: string;
  /** Whether the case opens the cache again, which only caches that keep entries on a disk or a server can. */
  readonly reopens?: boolean;
  readonly run: (subject: CacheUnderTest) => Promise<void>;
}

/**
 * A cache with the expectations of the suite. For a cache that keeps nothing each expectation is turned into what such a
 * cache owes: every read a miss, every deletion empty; the cases are the same.
 */
export class CacheUnderTest {
  readonly #reopen: () => Promise<AnyProjectionCache>;
  readonly #isNoop: boolean;
  #cache: AnyProjectionCache;

  /** `reopen` ends the cache it was made with and gives the one that comes after it. */
  constructor(cache: AnyProjectionCache, reopen: () => Promise<AnyProjectionCache>) {
    this.#cache = cache;
    this.#reopen = reopen;
    this.#isNoop = cache.capabilities().isNoop;
  }

  get cache(): AnyProjectionCache {
    return this.#cache;
  }

  async put(key: Uint8Array, value: Uint8Array, meta: CacheMeta = someMeta): Promise<void> {
    expectSame(await this.#cache.put(key, value, meta), undefined, 'what put returns');
  }

  async reopen(): Promise<void> {
    this.#cache = await this.#reopen();
  }

  async expectEntry(key: Uint8Array, value: Uint8Array, meta: CacheMeta = someMeta): Promise<void> {
    if (this.#isNoop) return this.expectMiss(key);
    const entry = await this.#cache.get(key);
    expectThat(entry !== undefined, `key ${shown(key)} must be found, it is a miss`);
    expectBytes(entry.value, value, `the value under key ${shown(key)}`);
    // Own fields: an entry with getters on its prototype would lose them in a structured clone or a spread.
    expectSame(
      Object.keys(entry.meta).sort().join(),
      'cachedAtUs,watermark',
      `the fields of the meta of ${shown(key)}`,
    );
    expectSame(entry.meta.watermark, meta.watermark, `the watermark of key ${shown(key)}`);
    expectSame(entry.meta.cachedAtUs, meta.cachedAtUs, `cachedAtUs of key ${shown(key)}`);
  }

  async expectMiss(key: Uint8Array): Promise<void> {
    expectSame(await this.#cache.get(key), undefined, `key ${shown(key)} must be a miss`);
  }

  async expectRemoved(prefix: Uint8Array, count: number): Promise<void> {
    const removed = await this.#cache.deletePrefix(prefix);
    expectSame(removed, this.#isNoop ? 0 : count, `how many entries deletePrefix of ${shown(prefix)} says it removed`);
  }

  /** The bytes that `get` gives, for a case that changes them; a copy of `value` for a cache that keeps nothing. */
  async valueOf(key: Uint8Array, value: Uint8Array): Promise<Uint8Array> {
    await this.expectEntry(key, value);
    const entry = await this.#cache.get(key);
    return entry?.value ?? new Uint8Array(value);
  }
}

/** The bytes of a text. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
