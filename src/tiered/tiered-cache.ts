import { assertBytes } from '../base/argument.ts';
import { StoreError } from '../base/store-error.ts';
import type { CacheCapabilities } from '../contract/cache-capabilities.ts';
import type { CacheEntry, CacheMeta } from '../contract/cache-entry.ts';
import {
  type CacheReading,
  type PutBasis,
  type SharedDeletions,
  suffices,
  type WantedEntry,
} from '../contract/cache-reading.ts';
import { assertMeta } from '../contract/meta-codec.ts';
import type { SharedProjectionCache } from '../contract/projection-cache.ts';
import { CallsUnderWay } from './calls-under-way.ts';
import { DeletionChecks } from './deletion-checks.ts';
import { LocalTier } from './local-tier.ts';
import { SharedReads } from './shared-reads.ts';
import { SharedTier } from './shared-tier.ts';
import { type TieredCacheOptions, type TieredSettings, tieredSettings } from './tiered-options.ts';

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
 *   `uncheckedMaxMs` ago; otherwise by the shared cache, whose answer is then stored locally. A projector asks for the shared entry
 *   when the local one is behind the head, or older than its freshness allows. Concurrent readings of one key are one call.
 * - A put goes to the shared cache, and to the local one when that has accepted it.
 * - A deletion goes to both. Other machines hear of it at once where the shared cache notifies, and read the list of deletions every
 *   500 ms, or every `uncheckedMaxMs / 2` if that is less, while they are in use. So a lost notification delays a deletion, and no more.
 * - While the shared cache is down, local entries are used for `uncheckedMaxMs`; then every reading rejects with `CACHE_FAILED`, which a
 *   projector answers from the event log: slower, never wrong. A local entry below the head is still the base of a fold.
 * - A local cache that fails is like an empty one. If it could not remove an entry, it is used again when it could remove all of them.
 *
 * The local cache keeps its entries across restarts. It and the shared cache are not closed by `close`.
 */
export class TieredCache implements SharedProjectionCache {
  readonly #settings: TieredSettings;
  readonly #local: LocalTier;
  readonly #shared: SharedTier;
  readonly #calls = new CallsUnderWay();
  readonly #reads: SharedReads;
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #checks: DeletionChecks;
  #isClosed = false;
  #localHits = 0;
  #sharedReads = 0;

  /** Throws `TypeError` or `RangeError` for an invalid option, and errors of the local cache. */
  constructor(options: TieredCacheOptions) {
    this.#settings = tieredSettings(options);
    this.#shared = new SharedTier(this.#settings, options.onFailure);
    this.#reads = new SharedReads(this.#settings.uncheckedMaxMs, this.#settings.nowMs);
    this.#local = new LocalTier(this.#settings.local, (error) => this.#shared.report(error));
    this.#checks = new DeletionChecks(this.#settings, this.#shared, {
      epoch: () => this.#local.epoch,
      apply: (deletions) => this.#apply(deletions),
    });
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
    this.#checks.watch();
    const local = this.#checkedEntry(key);
    if (local !== undefined && suffices(local.meta, wanted)) {
      this.#localHits += 1;
      return { entry: local, epoch: this.#local.epoch, hasFartherTier: true };
    }
    return await this.#track(this.#readThrough(new Uint8Array(key)));
  }

  /** Stores an entry in the shared cache, and then locally if that has accepted it. Resolves to whether it has. */
  async put(key: Uint8Array, value: Uint8Array, meta: CacheMeta, basis?: PutBasis): Promise<boolean> {
    this.#assertOpen();
    assertBytes(key, 'key');
    assertBytes(value, 'value');
    assertMeta(meta);
    const { watermark, cachedAtUs } = meta;
    const entry = { value: new Uint8Array(value), meta: { watermark, cachedAtUs } };
    return await this.#track(this.#putBoth(new Uint8Array(key), entry, basis));
  }

  /** Removes every entry whose key starts with `prefix` from both caches. Resolves to how many there were in the shared one. */
  async deletePrefix(prefix: Uint8Array): Promise<number> {
    this.#assertOpen();
    assertBytes(prefix, 'prefix');
    return await this.#track(this.#deleteBoth(new Uint8Array(prefix)));
  }

  /** Resolves when everything accepted before the call is durable in the shared cache, and makes the local one durable. */
  async sync(): Promise<void> {
    this.#assertOpen();
    this.#local.sync();
    await this.#track(this.#shared.call(() => this.#settings.shared.sync()));
  }

  /** Reads the key from the shared cache if the local one does not have it. Never rejects for a failure of the shared cache. */
  async prefetch(key: Uint8Array, predictedMeta: CacheMeta): Promise<void> {
    this.#assertOpen();
    assertBytes(key, 'key');
    assertMeta(predictedMeta);
    this.#checks.watch();
    if (this.#checkedEntry(key) !== undefined) return;
    const own = new Uint8Array(key);
    const reading = this.#shared.ask(async () => await this.#settings.shared.prefetch?.(own, predictedMeta));
    await this.#track(reading.catch(() => {}));
  }

  /** The keys of the shared cache. Throws `TypeError` if that does not list its keys. */
  keys(prefix?: Uint8Array): AsyncIterable<Uint8Array> {
    const { keys } = this.#settings.shared as Partial<{ keys(prefix?: Uint8Array): AsyncIterable<Uint8Array> }>;
    this.#assertOpen();
    if (keys === undefined) throw new TypeError('this shared cache does not list its keys');
    return keys.call(this.#settings.shared, prefix);
  }

  /** Reads which entries other machines have deleted, and removes them locally. Rejects with errors of the shared cache. */
  async checkDeletions(): Promise<void> {
    this.#assertOpen();
    await this.#track(this.#checks.check());
  }

  /** Returns a snapshot of the counters. */
  stats(): TieredCacheStats {
    return {
      localHits: this.#localHits,
      sharedReads: this.#sharedReads,
      sharedFailures: this.#shared.failures,
      deletionChecks: this.#checks.count,
    };
  }

  /** Resolves when the calls under way have ended. Later calls reject with `CLOSED`. Close the two caches afterwards. */
  async close(): Promise<void> {
    this.#isClosed = true;
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
    await this.#checks.end();
  }

  /** Calls `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new StoreError('CLOSED', 'the TieredCache is closed');
  }

  /** Lets `close` wait for a call. */
  async #track<Result>(call: Promise<Result>): Promise<Result> {
    this.#underWay.add(call);
    try {
      return await call;
    } finally {
      this.#underWay.delete(call);
    }
  }

  /** The local entry, unless too much time has passed since the deletions were known. */
  #checkedEntry(key: Uint8Array): CacheEntry | undefined {
    return this.#checks.areKnown() ? this.#local.get(key) : undefined;
  }

  /** The shared entry, which the local cache receives as well. The local one, if the shared cache fails. */
  async #readThrough(key: Uint8Array): Promise<CacheReading> {
    this.#sharedReads += 1;
    try {
      return await this.#reads.read(key, () => this.#readShared(key));
    } catch (error) {
      const local = this.#checkedEntry(key);
      if (local === undefined) throw error;
      this.#shared.report(error);
      return { entry: local, epoch: this.#local.epoch, hasFartherTier: false };
    }
  }

  async #readShared(key: Uint8Array): Promise<CacheReading> {
    const call = this.#calls.begin(key);
    try {
      const { entry, epoch } = await this.#shared.ask(() => this.#settings.shared.readWithEpoch(key));
      // An answer that misses deletions which the local cache has applied would bring one back.
      if (!call.isVoid && epoch >= this.#local.epoch) this.#local.fill(key, entry);
      return { entry, epoch, hasFartherTier: false };
    } finally {
      this.#calls.end(call);
    }
  }

  async #putBoth(key: Uint8Array, entry: CacheEntry, basis: PutBasis | undefined): Promise<boolean> {
    const call = this.#calls.begin(key);
    let isStored = false;
    try {
      isStored = await this.#shared.call(() => this.#settings.shared.put(key, entry.value, entry.meta, basis));
      return isStored;
    } finally {
      this.#calls.end(call);
      // What other calls under way have found or stored may be older.
      this.#calls.changed(key);
      this.#reads.forget(key);
      if (isStored && !call.isVoid) this.#local.replace(key, entry);
      // The entry that is there is older, or the caller has rejected it.
      else if (isStored || basis?.replaces !== undefined) this.#local.remove(key);
    }
  }

  async #deleteBoth(prefix: Uint8Array): Promise<number> {
    const end = this.#calls.beginDeletion(prefix);
    this.#reads.forget(prefix);
    this.#local.deletePrefix(prefix);
    try {
      return await this.#shared.call(() => this.#settings.shared.deletePrefix(prefix));
    } finally {
      end();
      this.#reads.forget(prefix);
      this.#local.deletePrefix(prefix);
    }
  }

  /** Removes what other machines have deleted. */
  #apply(deletions: SharedDeletions): void {
    for (const prefix of this.#local.apply(deletions)) {
      this.#calls.changed(prefix);
      this.#reads.forget(prefix);
    }
  }
}
