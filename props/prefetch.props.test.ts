/*
 * Why this test: while a page is being read asynchronously, it may be read again, evicted or appended to, its
 * generation may be compacted away, or the read may fail. In all cases the cache must return what was put and stay
 * within its memory.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LogCache } from '../src/cache/log-cache.ts';
import { FaultStorage, faultAt } from '../src/testing/index.ts';
import { runs } from './runs.ts';

const PAGE_CACHE_BYTES = 524_288;
const KEYS = 40;
const meta = { watermark: 1n, cachedAtUs: 0n };

type Step = {
  readonly verb: 'prefetch' | 'get' | 'put' | 'delete' | 'let-end' | 'compact' | 'reopen' | 'fail';
  readonly key: number;
};

const step: fc.Arbitrary<Step> = fc.record({
  verb: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom('prefetch' as const, 'get' as const) },
    { weight: 4, arbitrary: fc.constantFrom('put' as const, 'let-end' as const) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('delete' as const, 'compact' as const, 'reopen' as const, 'fail' as const),
    },
  ),
  key: fc.nat(KEYS - 1),
});

/** A cache whose asynchronous reads end when the test lets them, and a map of its expected contents. */
class CheckedCache {
  readonly #held: (() => void)[] = [];
  readonly #storage = new FaultStorage({ readDelay: () => new Promise((resolve) => this.#held.push(resolve)) });
  readonly #model = new Map<number, number>();
  #cache: LogCache = this.#open();
  #puts = 0;

  async do({ verb, key }: Step): Promise<void> {
    const name = `key ${key}`;
    if (verb === 'prefetch') this.#cache.prefetch(name, meta);
    else if (verb === 'put') this.#put(key);
    else if (verb === 'delete') expect(this.#cache.delete(name)).toBe(this.#model.delete(key));
    else if (verb === 'get') this.#check(key);
    else if (verb === 'compact') this.#cache.compact();
    else if (verb === 'reopen') this.#reopen();
    else if (verb === 'fail') await this.#letEnd('EIO');
    else await this.#letEnd();
    expect(this.#cache.stats().pageBytes).toBeLessThanOrEqual(PAGE_CACHE_BYTES);
  }

  async end(): Promise<void> {
    for (let key = 0; key < KEYS; key += 1) this.#check(key);
    await this.#letEnd();
    for (let key = 0; key < KEYS; key += 1) this.#check(key);
    expect(this.#cache.verify().damaged).toEqual([]);
    this.#cache.close();
    expect(this.#storage.openFiles).toEqual([]);
  }

  #open(): LogCache {
    return LogCache.open('cache', { storage: this.#storage, pageCacheBytes: PAGE_CACHE_BYTES });
  }

  #reopen(): void {
    this.#cache.close();
    this.#cache = this.#open();
  }

  #put(key: number): void {
    this.#puts += 1;
    this.#model.set(key, this.#puts);
    this.#cache.put(`key ${key}`, bytesOf(this.#puts), meta);
  }

  #check(key: number): void {
    const put = this.#model.get(key);
    const found = this.#cache.get(`key ${key}`)?.value;
    const same =
      put === undefined ? found === undefined : found !== undefined && Buffer.compare(found, bytesOf(put)) === 0;
    expect(same, `key ${key}, put ${put}`).toBe(true);
  }

  async #letEnd(errno?: string): Promise<void> {
    // A record longer than a page is read page by page, and one read may start the next.
    this.#storage.rule = errno === undefined ? undefined : faultAt({ verb: 'read', times: 1 }, { fail: errno });
    while (this.#held.length > 0) {
      for (const release of this.#held.splice(0)) release();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#storage.rule = undefined;
  }
}

/** The value of the `put`-th put: of many lengths, some across several pages. */
function bytesOf(put: number): Uint8Array {
  return new Uint8Array(put % 7 === 0 ? 150_000 : 1000 * (put % 40)).map(
    (_, i) => (put * 31 + i * 7 + (i >>> 8)) & 0xff,
  );
}

test('a cache with prefetches returns what was put, whatever happens before the pages arrive', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 50, maxLength: 150, size: 'max' }), async (steps) => {
      const checked = new CheckedCache();
      for (let key = 0; key < KEYS; key += 1) await checked.do({ verb: 'put', key });
      await checked.do({ verb: 'reopen', key: 0 });
      for (const next of steps) await checked.do(next);
      await checked.end();
    }),
    { numRuns: runs(25) },
  );
});
