import { assertBytes } from '../base/argument.ts';
import { StoreError } from '../base/store-error.ts';
import type { CacheCapabilities } from '../contract/cache-capabilities.ts';
import type { CacheEntry, CacheMeta } from '../contract/cache-entry.ts';
import {
  type CacheReading,
  isNewer,
  type PutBasis,
  type SharedDeletions,
  suffices,
  type WantedEntry,
} from '../contract/cache-reading.ts';
import { assertMeta } from '../contract/meta-codec.ts';
import type { SharedProjectionCache } from '../contract/projection-cache.ts';
import { CallsUnderWay } from './calls-under-way.ts';
import { LocalTier } from './local-tier.ts';
import { SharedReads } from './shared-reads.ts';
import { SharedTier } from './shared-tier.ts';
import { type TieredCacheOptions, type TieredSettings, tieredSettings } from './tiered-options.ts';

/** How often the list of deletions is read or more often while the cache is in use. */
const CHECK_EVERY_MAX_MS = 500;

/** What a `TieredCache` has done since it was created. */
export interface TieredCacheStats {
  /** Readings that the local cache answered alone. */
  readonly localHits: number;
  /** Readings for which the shared cache was asked. */
  readonly sharedReads: number;
  /** Calls of the shared cache that failed. */
  readonly sharedFailures: number;
  /** How often the deletions of other machines were read. */
  readonly deletionChecks: number;
}

/**
 * A local cache in front of one that several machines share: what this machine has used before costs no round trip.
 *
 * - A reading is answered by the local cache if its entry suffices, and if the deletions of all machines were known at most
 *   `uncheckedMaxMs` ago; otherwise by the shared cache, whose entry is then stored locally. A projector asks for the shared entry
 *   when the local one is behind the head, or older than its freshness allows.
 * - A put goes to the shared cache, and to the local one when that has accepted it.
 * - A deletion goes to both. Other machines hear of it at once where the shared cache notifies, and read the list of deletions every
 *   500 ms, or every `uncheckedMaxMs / 2` if that is less, while they are in use. So a lost notification delays a deletion, and no more.
 * - While the shared cache is down, local entries are used for `uncheckedMaxMs`; then every reading rejects with `CACHE_FAILED`, which a
 *   projector answers from the event log: slower, never wrong. A local entry below the head is still the base of a fold.
 *
 * The local cache keeps its entries across restarts. It and the shared cache are not closed by `close`.
 */
export class TieredCache implements SharedProjectionCache {
  readonly #settings: TieredSettings;
  readonly #local: LocalTier;
  readonly #shared: SharedTier;
  readonly #calls = new CallsUnderWay();
  readonly #reads = new SharedReads();
  #checkedAtMs = Number.NEGATIVE_INFINITY;
  #checking: Promise<void> | undefined;
  #mustCheckAgain = false;
  #stopWatching: Promise<(() => Promise<void>) | undefined> | undefined;
  #isClosed = false;
  #localHits = 0;
  #sharedReads = 0;
  #deletionChecks = 0;

  /** Throws `TypeError` or `RangeError` for an invalid option, and errors of the local cache. */
  constructor(options: TieredCacheOptions) {
    this.#settings = tieredSettings(options);
    this.#shared = new SharedTier(this.#settings, options.onFailure);
    this.#local = new LocalTier(this.#settings.local, (error) => this.#shared.report(error));
  }

  /** Returns the capabilities of the shared cache. */
  capabilities(): CacheCapabilities {
    return this.#settings.shared.capabilities();
  }

  /** Resolves to the entry under `key`, `undefined` when there is none. */
  async get(key: Uint8Array): Promise<CacheEntry | undefined> {
    return (await this.readWithEpoch(key)).entry;
  }

  /** Like `get`, with the epoch for a put that is based on it. `wanted`: which local entry suffices. */
  async readWithEpoch(key: Uint8Array, wanted: WantedEntry = {}): Promise<CacheReading> {
    this.#assertOpen();
    assertBytes(key, 'key');
    this.#watch();
    const local = this.#checkedEntry(key);
    if (local !== undefined && suffices(local.meta, wanted)) {
      this.#localHits += 1;
      return { entry: local, epoch: this.#local.epoch, hasFartherTier: true };
    }
    const epoch = this.#local.epoch;
    try {
      const reading = await this.#readShared(new Uint8Array(key));
      const isOlder = local !== undefined && reading.entry !== undefined && isNewer(local.meta, reading.entry.meta);
      return isOlder ? { entry: local, epoch, hasFartherTier: false } : reading;
    } catch (error) {
      if (local === undefined) throw error;
      this.#shared.report(error);
      return { entry: local, epoch, hasFartherTier: false };
    }
  }

  /** Stores an entry in the shared cache, and then locally if that has accepted it. Resolves to whether it has. */
  async put(key: Uint8Array, value: Uint8Array, meta: CacheMeta, basis?: PutBasis): Promise<boolean> {
    this.#assertOpen();
    assertBytes(key, 'key');
    assertBytes(value, 'value');
    assertMeta(meta);
    const own = new Uint8Array(key);
    const entry = { value: new Uint8Array(value), meta: { watermark: meta.watermark, cachedAtUs: meta.cachedAtUs } };
    const call = this.#calls.begin(own);
    try {
      const isStored = await this.#shared.tell(() => this.#settings.shared.put(own, entry.value, entry.meta, basis));
      // What a reading under way has found is older.
      this.#reads.forget(own);
      if (basis?.replaces !== undefined) this.#local.remove(own);
      if (isStored && !call.isVoid) this.#local.fill(own, entry);
      return isStored;
    } finally {
      this.#calls.end(call);
    }
  }

  /** Removes every entry whose key starts with `prefix` from both caches. Resolves to how many there were in the shared one. */
  async deletePrefix(prefix: Uint8Array): Promise<number> {
    this.#assertOpen();
    assertBytes(prefix, 'prefix');
    const own = new Uint8Array(prefix);
    const end = this.#calls.beginDeletion(own);
    this.#reads.forgetPrefix(own);
    this.#local.deletePrefix(own);
    try {
      return await this.#shared.tell(() => this.#settings.shared.deletePrefix(own));
    } finally {
      end();
      this.#reads.forgetPrefix(own);
      this.#local.deletePrefix(own);
    }
  }

  /** Resolves when everything accepted before the call is durable in the shared cache, and makes the local one durable. */
  async sync(): Promise<void> {
    this.#assertOpen();
    this.#local.sync();
    await this.#shared.tell(() => this.#settings.shared.sync());
  }

  /** Reads the key from the shared cache if the local one does not have it. Never rejects for a failure of the shared cache. */
  async prefetch(key: Uint8Array, predictedMeta: CacheMeta): Promise<void> {
    this.#assertOpen();
    assertBytes(key, 'key');
    assertMeta(predictedMeta);
    this.#watch();
    if (this.#checkedEntry(key) !== undefined) return;
    const own = new Uint8Array(key);
    await this.#shared.ask(async () => await this.#settings.shared.prefetch?.(own, predictedMeta)).catch(() => {});
  }

  /** The keys of the shared cache. Throws `TypeError` if that does not list its keys. */
  keys(prefix?: Uint8Array): AsyncIterable<Uint8Array> {
    const { keys } = this.#settings.shared as Partial<{ keys(prefix?: Uint8Array): AsyncIterable<Uint8Array> }>;
    if (keys === undefined) throw new TypeError('this shared cache does not list its keys');
    return keys.call(this.#settings.shared, prefix);
  }

  /** Reads which entries other machines have deleted, and removes them locally. Rejects with errors of the shared cache. */
  async checkDeletions(): Promise<void> {
    this.#assertOpen();
    // A check under way may have read the list before the deletion that the caller means.
    await this.#checking?.catch(() => {});
    await this.#check();
  }

  /** Returns a snapshot of the counters. */
  stats(): TieredCacheStats {
    return {
      localHits: this.#localHits,
      sharedReads: this.#sharedReads,
      sharedFailures: this.#shared.failures,
      deletionChecks: this.#deletionChecks,
    };
  }

  /** Resolves when the calls under way have ended. Later calls reject with `CLOSED`. Close the two caches afterwards. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#shared.ended();
    const stop = await this.#stopWatching;
    await stop?.().catch(() => {});
  }

  /** Calls `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new StoreError('CLOSED', 'the TieredCache is closed');
  }

  /** The local entry, unless too much time has passed since the deletions were known. */
  #checkedEntry(key: Uint8Array): CacheEntry | undefined {
    const { shared, uncheckedMaxMs, nowMs } = this.#settings;
    if (shared.deletionsSince === undefined) return this.#local.get(key);
    const uncheckedMs = nowMs() - this.#checkedAtMs;
    if (uncheckedMs >= Math.min(uncheckedMaxMs / 2, CHECK_EVERY_MAX_MS)) this.#checkSoon();
    return uncheckedMs <= uncheckedMaxMs ? this.#local.get(key) : undefined;
  }

  async #readShared(key: Uint8Array): Promise<CacheReading> {
    this.#sharedReads += 1;
    return await this.#reads.read(key, async () => {
      const call = this.#calls.begin(key);
      try {
        const reading = await this.#shared.ask(() => this.#settings.shared.readWithEpoch(key));
        // An answer that misses deletions which the local cache has applied would bring one back.
        if (reading.entry !== undefined && !call.isVoid && reading.epoch >= this.#local.epoch) {
          this.#local.fill(key, reading.entry);
        }
        return { ...reading, hasFartherTier: false };
      } finally {
        this.#calls.end(call);
      }
    });
  }

  /** Starts to listen for deletions, at the first use. */
  #watch(): void {
    if (this.#stopWatching !== undefined) return;
    const { shared } = this.#settings;
    const notified = (): void => {
      if (!this.#isClosed) this.#checkSoon(true);
    };
    const watching = shared.watchDeletions?.(notified) ?? Promise.resolve(undefined);
    this.#stopWatching = watching.catch((error: unknown) => {
      // The list is read nevertheless. The next use tries to listen again.
      this.#stopWatching = undefined;
      this.#shared.report(error);
      return undefined;
    });
  }

  /** `isNews`: a check that is under way may have missed it. */
  #checkSoon(isNews = false): void {
    if (this.#checking !== undefined) {
      this.#mustCheckAgain ||= isNews;
      return;
    }
    this.#check().catch((error: unknown) => this.#shared.report(error));
  }

  #check(): Promise<void> {
    this.#checking ??= this.#checkOnce().finally(() => {
      this.#checking = undefined;
      if (!this.#mustCheckAgain || this.#isClosed) return;
      this.#mustCheckAgain = false;
      this.#checkSoon();
    });
    return this.#checking;
  }

  async #checkOnce(): Promise<void> {
    const { shared, nowMs } = this.#settings;
    if (shared.deletionsSince === undefined) return;
    const atMs = nowMs();
    const deletions: SharedDeletions | undefined = await this.#shared.ask(
      async () => await shared.deletionsSince?.(this.#local.epoch),
    );
    if (deletions === undefined) return;
    this.#deletionChecks += 1;
    for (const prefix of this.#local.apply(deletions)) {
      this.#calls.deleted(prefix);
      this.#reads.forgetPrefix(prefix);
    }
    this.#checkedAtMs = atMs;
  }
}
