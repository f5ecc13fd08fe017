import { startsWith } from '../base/byte-keys.ts';
import type { CacheEntry } from '../contract/cache-entry.ts';
import type { SharedDeletions } from '../contract/cache-reading.ts';
import type { ProjectionCache } from '../contract/projection-cache.ts';
import { assertSynchronous } from './tiered-options.ts';

/** Where the local cache holds which deletions it has applied. It is not UTF-8: no text, and no key of a projector, is equal. */
const MARK_KEY: Uint8Array = Uint8Array.of(0xff, 0x50, 0x43, 0x54, 0x31);
const EVERYTHING: Uint8Array = new Uint8Array(0);

/**
 * The cache of this machine, and the deletions of the shared cache that it has applied.
 *
 * 1. Every entry is from the shared cache, with all deletions up to `epoch` applied.
 * 2. The epoch is stored after the deletions, in the same log: whatever a crash leaves, no entry is older than the stored epoch.
 * 3. Without a stored epoch, and with one of other contents of the shared cache, nothing is known about the entries: they are removed.
 * 4. After a deletion has failed, nothing is known either: no entry is used or stored before everything could be removed.
 *
 * No method throws: a failure of the cache means that it has no entry.
 */
export class LocalTier {
  readonly #cache: ProjectionCache;
  readonly #onFailure: (error: unknown) => void;
  #identity: string | undefined;
  #epoch = 0n;
  #mustEmpty = false;

  /** Throws errors of the cache, and `TypeError` for an asynchronous one. Later errors are passed to `onFailure`. */
  constructor(cache: ProjectionCache, onFailure: (error: unknown) => void) {
    this.#cache = cache;
    this.#onFailure = onFailure;
    const mark = cache.get(MARK_KEY);
    assertSynchronous(mark);
    if (mark === undefined) return;
    this.#identity = new TextDecoder().decode(mark.value);
    this.#epoch = mark.meta.watermark;
  }

  /** All deletions up to this one are applied. */
  get epoch(): bigint {
    return this.#epoch;
  }

  /** The entry under `key`; `undefined` for the key of the mark. */
  get(key: Uint8Array): CacheEntry | undefined {
    if (this.#mustEmpty || isMark(key)) return undefined;
    try {
      return this.#cache.get(key);
    } catch (error) {
      this.#onFailure(error);
      return undefined;
    }
  }

  /** Stores what the shared cache was found to have under `key`, or removes what it does not have. */
  fill(key: Uint8Array, entry: CacheEntry | undefined): void {
    // What is there when a put fails is older than the answer, but no older than the changes of this machine.
    if (entry === undefined) this.remove(key);
    else this.#store(key, entry);
  }

  /** Stores what this machine has put under `key`. An older entry is gone, even if the cache fails. */
  replace(key: Uint8Array, entry: CacheEntry): void {
    if (!this.#store(key, entry)) this.remove(key);
  }

  /** Removes the entry under `key`, and with it those of longer keys that start with it. */
  remove(key: Uint8Array): void {
    if (!(this.#mustEmpty || isMark(key)) && this.#mayHold(key)) this.deletePrefix(key);
  }

  /** Removes the entries whose keys start with `prefix`. */
  deletePrefix(prefix: Uint8Array): void {
    if (!this.#mustEmpty) this.#remove([prefix]);
  }

  /** Applies the deletions that the shared cache lists. Returns their prefixes. */
  apply({ identity, epoch, prefixes }: SharedDeletions): readonly Uint8Array[] {
    const isKnown = identity === this.#identity && prefixes !== undefined;
    if (isKnown && epoch === this.#epoch && !this.#mustEmpty) return [];
    this.#identity = identity;
    this.#epoch = epoch;
    const removed = isKnown && !this.#mustEmpty ? prefixes : [EVERYTHING];
    this.#remove(removed, true);
    return removed;
  }

  sync(): void {
    try {
      this.#cache.sync();
    } catch (error) {
      this.#onFailure(error);
    }
  }

  /** Returns whether the cache has the entry now. */
  #store(key: Uint8Array, { value, meta }: CacheEntry): boolean {
    if (this.#mustEmpty || isMark(key)) return false;
    try {
      this.#cache.put(key, value, meta);
      return true;
    } catch (error) {
      this.#onFailure(error);
      return false;
    }
  }

  /** A cache that cannot tell may hold it. */
  #mayHold(key: Uint8Array): boolean {
    try {
      return this.#cache.get(key) !== undefined;
    } catch (error) {
      this.#onFailure(error);
      return true;
    }
  }

  #remove(prefixes: readonly Uint8Array[], isMarkDue = prefixes.some((prefix) => startsWith(MARK_KEY, prefix))): void {
    const wasEmptying = this.#mustEmpty;
    try {
      for (const prefix of prefixes) this.#cache.deletePrefix(prefix);
      if (isMarkDue) this.#storeMark();
      this.#mustEmpty = false;
    } catch (error) {
      this.#mustEmpty = true;
      if (!wasEmptying) this.#onFailure(error);
    }
  }

  #storeMark(): void {
    if (this.#identity === undefined) return;
    const value = new TextEncoder().encode(this.#identity);
    this.#cache.put(MARK_KEY, value, { watermark: this.#epoch, cachedAtUs: 0n });
  }
}

function isMark(key: Uint8Array): boolean {
  return key.length === MARK_KEY.length && startsWith(key, MARK_KEY);
}
