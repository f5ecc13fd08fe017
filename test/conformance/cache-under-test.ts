import assert from 'node:assert/strict';
import type { CacheMeta } from '../../src/contract/cache-entry.ts';
import type { AsyncProjectionCache, ProjectionCache } from '../../src/contract/projection-cache.ts';

/** Either contract: the suite awaits every answer, so that a cache may give it at once or later. */
export type AnyProjectionCache = ProjectionCache | AsyncProjectionCache;

export const someMeta: CacheMeta = { watermark: 507n, cachedAtUs: 1_700_000_000_000_000n };

/** One thing that every cache owes: a sentence, and the calls that show it on an empty cache. */
export interface ConformanceCase {
  readonly name: string;
  readonly run: (subject: CacheUnderTest) => Promise<void>;
}

/**
 * A cache with the expectations of the suite. For a cache that keeps nothing each expectation is turned into what such a
 * cache owes: every read a miss, every deletion empty; the cases are the same.
 */
export class CacheUnderTest {
  readonly cache: AnyProjectionCache;
  readonly #isNoop: boolean;

  constructor(cache: AnyProjectionCache) {
    this.cache = cache;
    this.#isNoop = cache.capabilities().isNoop;
  }

  async put(key: Uint8Array, value: Uint8Array, meta: CacheMeta = someMeta): Promise<void> {
    const answer = await this.cache.put(key, value, meta);
    assert.equal(answer, undefined, 'put must return nothing');
  }

  async expectEntry(key: Uint8Array, value: Uint8Array, meta: CacheMeta = someMeta): Promise<void> {
    if (this.#isNoop) return this.expectMiss(key);
    const entry = await this.cache.get(key);
    assert.ok(entry !== undefined, `key ${named(key)} must be found`);
    assert.ok(entry.value instanceof Uint8Array, 'the value must be a Uint8Array');
    // Own fields: an entry with getters on its prototype would lose them in a structured clone or a spread.
    // Compared as plain arrays: a Buffer and a Uint8Array of the same bytes are the same value.
    assert.deepEqual(Array.from(entry.value), Array.from(value), `the value under key ${named(key)}`);
    assert.deepEqual({ ...entry.meta }, { ...meta }, `the meta under key ${named(key)}`);
  }

  async expectMiss(key: Uint8Array): Promise<void> {
    assert.equal(await this.cache.get(key), undefined, `key ${named(key)} must be a miss`);
  }

  async expectRemoved(prefix: Uint8Array, count: number): Promise<void> {
    const removed = await this.cache.deletePrefix(prefix);
    assert.equal(removed, this.#isNoop ? 0 : count, `deletePrefix of ${named(prefix)} must count what it removed`);
  }

  /** The bytes that `get` gives, for a case that changes them; a copy of `value` for a cache that keeps nothing. */
  async valueOf(key: Uint8Array, value: Uint8Array): Promise<Uint8Array> {
    await this.expectEntry(key, value);
    const entry = await this.cache.get(key);
    return entry?.value ?? new Uint8Array(value);
  }
}

const namedBytesMax = 16;

/** The bytes of a text. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A key in a message: hexadecimal, cut where it is long. */
function named(key: Uint8Array): string {
  const shown = Array.from(key.subarray(0, namedBytesMax), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return key.length > namedBytesMax ? `0x${shown}… (${key.length} bytes)` : `0x${shown}`;
}
