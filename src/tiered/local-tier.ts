import type { CacheEntry } from '../contract/cache-entry.ts';
import { isNewer, type SharedDeletions } from '../contract/cache-reading.ts';
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
 * 4. After a call has failed the cache is not used again, as a deletion may be missing in it: the shared cache answers alone.
 */
export class LocalTier {
  readonly #cache: ProjectionCache;
  readonly #onFailure: (error: unknown) => void;
  #identity: string | undefined;
  #epoch = 0n;
  #hasFailed = false;

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
    return isMark(key) ? undefined : this.#attempt(() => this.#cache.get(key));
  }

  /** Stores an entry of the shared cache if there is none that is newer. */
  fill(key: Uint8Array, { value, meta }: CacheEntry): void {
    if (isMark(key)) return;
    this.#attempt(() => {
      const other = this.#cache.get(key);
      if (other === undefined || isNewer(meta, other.meta)) this.#cache.put(key, value, meta);
    });
  }

  /** Removes an entry that the caller has rejected. */
  remove(key: Uint8Array): void {
    this.deletePrefix(key);
  }

  deletePrefix(prefix: Uint8Array): void {
    this.#attempt(() => {
      this.#cache.deletePrefix(prefix);
      if (startsMark(prefix)) this.#storeMark();
    });
  }

  /** Applies the deletions that the shared cache lists. Returns their prefixes. */
  apply({ identity, epoch, prefixes }: SharedDeletions): readonly Uint8Array[] {
    const known = identity === this.#identity ? prefixes : undefined;
    const removed = known ?? [EVERYTHING];
    if (known !== undefined && epoch === this.#epoch) return [];
    this.#attempt(() => {
      for (const prefix of removed) this.#cache.deletePrefix(prefix);
      this.#identity = identity;
      this.#epoch = epoch;
      this.#storeMark();
    });
    return removed;
  }

  sync(): void {
    this.#attempt(() => this.#cache.sync());
  }

  #attempt<Result>(act: () => Result): Result | undefined {
    if (this.#hasFailed) return undefined;
    try {
      return act();
    } catch (error) {
      this.#hasFailed = true;
      this.#onFailure(error);
      return undefined;
    }
  }

  #storeMark(): void {
    if (this.#identity === undefined) return;
    const value = new TextEncoder().encode(this.#identity);
    this.#cache.put(MARK_KEY, value, { watermark: this.#epoch, cachedAtUs: 0n });
  }
}

function isMark(key: Uint8Array): boolean {
  return key.length === MARK_KEY.length && startsMark(key);
}

/** Whether the key of the mark starts with `prefix`. */
function startsMark(prefix: Uint8Array): boolean {
  return prefix.length <= MARK_KEY.length && prefix.every((byte, at) => MARK_KEY[at] === byte);
}
