import { keyId, startsWith } from '../base/byte-keys.ts';
import type { CacheReading } from '../contract/cache-reading.ts';

interface PrefetchedReading {
  readonly key: Uint8Array;
  readonly reading: Promise<CacheReading>;
  readonly beganAtMs: number;
}

/** The most keys that are remembered, and that one query reads. */
const KEYS_MAX = 1_000;

/**
 * Readings that `prefetch` started, each for one `get` within `maxAgeMs`. All keys of one turn are read by one query.
 *
 * A put or a deletion of this cache drops the readings that it concerns when it is called and when it has ended, so that none
 * restores what was before it. A deletion on another machine becomes visible at the latest after `maxAgeMs`.
 */
export class Prefetched {
  readonly #readMany: (keys: readonly Uint8Array[]) => Promise<readonly CacheReading[]>;
  readonly #maxAgeMs: number;
  readonly #nowMs: () => number;
  readonly #readings = new Map<string, PrefetchedReading>();
  #batch: { readonly keys: Uint8Array[]; readonly readings: Promise<readonly CacheReading[]> } | undefined;

  constructor(
    readMany: (keys: readonly Uint8Array[]) => Promise<readonly CacheReading[]>,
    maxAgeMs: number,
    nowMs: () => number,
  ) {
    this.#readMany = readMany;
    this.#maxAgeMs = maxAgeMs;
    this.#nowMs = nowMs;
  }

  /** Starts to read a key with the others of this turn. Resolves when it was read, also if that failed. */
  async add(key: Uint8Array): Promise<void> {
    const id = keyId(key);
    const known = this.#readings.get(id);
    if (known !== undefined && this.#isFresh(known)) {
      await known.reading.catch(() => {});
      return;
    }
    const batch = this.#openBatch();
    const at = batch.keys.push(key) - 1;
    if (batch.keys.length >= KEYS_MAX) this.#batch = undefined;
    const reading = batch.readings.then((all) => all[at] as CacheReading);
    this.#readings.set(id, { key, reading, beganAtMs: this.#nowMs() });
    this.#forgetOldest();
    await reading.catch(() => {});
  }

  /** Returns the reading of a key, and forgets it. */
  take(key: Uint8Array): Promise<CacheReading> | undefined {
    if (this.#readings.size === 0) return undefined;
    const id = keyId(key);
    const known = this.#readings.get(id);
    this.#readings.delete(id);
    return known !== undefined && this.#isFresh(known) ? known.reading : undefined;
  }

  drop(key: Uint8Array): void {
    if (this.#readings.size > 0) this.#readings.delete(keyId(key));
  }

  dropPrefix(prefix: Uint8Array): void {
    for (const [id, { key }] of this.#readings) if (startsWith(key, prefix)) this.#readings.delete(id);
  }

  #isFresh({ beganAtMs }: PrefetchedReading): boolean {
    return this.#nowMs() - beganAtMs <= this.#maxAgeMs;
  }

  #openBatch(): { readonly keys: Uint8Array[]; readonly readings: Promise<readonly CacheReading[]> } {
    if (this.#batch !== undefined) return this.#batch;
    const keys: Uint8Array[] = [];
    const readings = Promise.resolve().then(() => {
      if (this.#batch?.keys === keys) this.#batch = undefined;
      return this.#readMany(keys);
    });
    readings.catch(() => {});
    this.#batch = { keys, readings };
    return this.#batch;
  }

  #forgetOldest(): void {
    for (const id of this.#readings.keys()) {
      if (this.#readings.size <= KEYS_MAX) return;
      this.#readings.delete(id);
    }
  }
}
