import type { CacheEntry, CacheMeta } from '../../contract/cache-entry.ts';
import type { AsyncProjectionCache, ProjectionCache } from '../../contract/projection-cache.ts';
import { expectBytes, expectSame, expectThat, shown } from './expectations.ts';
import { someMeta } from './samples.ts';

/** A synchronous or an asynchronous cache: the suite awaits every result. */
export type AnyProjectionCache = ProjectionCache | AsyncProjectionCache;

/** One rule of the contract: a sentence, and the calls that check it on an empty cache. */
export interface ConformanceCase {
  readonly name: string;
  /** Whether the case reopens the cache; only caches that keep entries on a disk or a server can do that. */
  readonly reopens?: boolean;
  /** Whether the case is only for caches that keep the newest entry, or only for those that keep the last put; absent: for both. */
  readonly keeps?: 'newest' | 'last';
  /** How to fix a cache that fails the case; added to the message. */
  readonly advice?: string;
  readonly run: (subject: CacheUnderTest) => Promise<void>;
}

/**
 * A cache, with the expectations of the suite. For a no-op cache the same cases run, but each expectation becomes what
 * such a cache must do: every read is a miss, and every deletion removes nothing.
 */
export class CacheUnderTest {
  readonly #reopen: () => Promise<AnyProjectionCache>;
  readonly #isNoop: boolean;
  /** Whether a put replaces only what is older: see the option of the suite. */
  readonly keepsNewest: boolean;
  #cache: AnyProjectionCache;

  /** `reopen` closes the current cache and returns the next one. */
  constructor(cache: AnyProjectionCache, reopen: () => Promise<AnyProjectionCache>, keepsNewest = false) {
    this.#cache = cache;
    this.#reopen = reopen;
    this.#isNoop = cache.capabilities().isNoop;
    this.keepsNewest = keepsNewest;
  }

  get cache(): AnyProjectionCache {
    return this.#cache;
  }

  async put(key: Uint8Array, value: Uint8Array, meta: CacheMeta = someMeta): Promise<void> {
    const answer = await this.#cache.put(key, value, meta);
    if (this.keepsNewest) expectSame(typeof answer, 'boolean', 'the type of the result of put');
    else expectSame(answer, undefined, 'the result of put');
  }

  /** Puts, and expects the cache to report that it stored the entry, or that it did not. */
  async expectStored(isStored: boolean, key: Uint8Array, value: Uint8Array, meta: CacheMeta): Promise<void> {
    expectSame(await this.#cache.put(key, value, meta), isStored, 'the result of put: whether it stored the entry');
  }

  /** Puts each key, with its own bytes as the value. */
  async putAll(keys: readonly Uint8Array[]): Promise<void> {
    for (const key of keys) await this.put(key, key);
  }

  async sync(): Promise<void> {
    expectSame(await this.#cache.sync(), undefined, 'the result of sync');
  }

  async reopen(): Promise<void> {
    this.#cache = await this.#reopen();
  }

  async expectEntry(key: Uint8Array, value: Uint8Array, meta: CacheMeta = someMeta): Promise<void> {
    this.expectAnswer(await this.#cache.get(key), key, value, meta);
  }

  /** Checks a result of `get` as `expectEntry` checks the result of a new call. */
  expectAnswer(answer: CacheEntry | undefined, key: Uint8Array, value: Uint8Array, meta: CacheMeta = someMeta): void {
    if (this.#isNoop) {
      expectSame(answer, undefined, `key ${shown(key)} must be a miss`);
      return;
    }
    expectThat(answer !== undefined, `key ${shown(key)} must be found, but it is a miss`);
    // Own fields: getters on a prototype would be lost in a structured clone or a spread.
    expectSame(Object.keys(answer).sort().join(), 'meta,value', `the fields of the entry of ${shown(key)}`);
    expectBytes(answer.value, value, `the value under key ${shown(key)}`);
    expectSame(
      Object.keys(answer.meta).sort().join(),
      'cachedAtUs,watermark',
      `the fields of the meta of ${shown(key)}`,
    );
    expectSame(answer.meta.watermark, meta.watermark, `the watermark of key ${shown(key)}`);
    expectSame(answer.meta.cachedAtUs, meta.cachedAtUs, `cachedAtUs of key ${shown(key)}`);
  }

  /** Expects each key, with its own bytes as the value. */
  async expectAll(keys: readonly Uint8Array[]): Promise<void> {
    for (const key of keys) await this.expectEntry(key, key);
  }

  async expectMiss(key: Uint8Array): Promise<void> {
    expectSame(await this.#cache.get(key), undefined, `key ${shown(key)} must be a miss`);
  }

  async expectNone(keys: readonly Uint8Array[]): Promise<void> {
    for (const key of keys) await this.expectMiss(key);
  }

  async expectRemoved(prefix: Uint8Array, count: number): Promise<void> {
    this.expectCount(await this.#cache.deletePrefix(prefix), prefix, count);
  }

  /** Checks a result of `deletePrefix` as `expectRemoved` checks the result of a new call. */
  expectCount(answer: unknown, prefix: Uint8Array, count: number): void {
    const expected = this.#isNoop ? 0 : count;
    expectSame(answer, expected, `the number that deletePrefix of ${shown(prefix)} returned`);
  }

  /** The bytes that `get` returns, for a case that changes them; a copy of `value` for a no-op cache. */
  async valueOf(key: Uint8Array, value: Uint8Array): Promise<Uint8Array> {
    await this.expectEntry(key, value);
    const entry = await this.#cache.get(key);
    return entry?.value ?? new Uint8Array(value);
  }
}
