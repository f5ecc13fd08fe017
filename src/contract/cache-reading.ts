import type { CacheEntry, CacheMeta } from './cache-entry.ts';

/**
 * What the reader of an entry needs. A cache of several tiers answers from a nearer tier only if its entry meets this.
 * An absent field asks for nothing; without any field every entry suffices.
 */
export interface WantedEntry {
  /** The lowest watermark that suffices; u64. */
  readonly watermark?: bigint;
  /** The lowest `cachedAtUs` that suffices; i64. */
  readonly cachedAtUs?: bigint;
}

/** The answer of a shared cache, and which deletions it takes into account. */
export interface CacheReading {
  /** The entry; `undefined` for a miss. The caller may modify it. */
  readonly entry: CacheEntry | undefined;
  /** The number of the newest deletion that this answer takes into account; 0n before the first. */
  readonly epoch: bigint;
  /** Whether another tier, which was not asked, may have a newer entry. */
  readonly hasFartherTier: boolean;
}

/** What a put to a shared cache is based on. */
export interface PutBasis {
  /** The `epoch` of the reading from which the value was made. A deletion since then that covers the key refuses the put. */
  readonly epoch: bigint;
  /** The meta of an entry that the caller has rejected: that entry is replaced, whatever its watermark. */
  readonly replaces?: CacheMeta;
}

/** The deletions of a shared cache since an epoch. */
export interface SharedDeletions {
  /** Identifies the contents: another one means that the epochs of the former are void. */
  readonly identity: string;
  /** The number of the newest deletion. */
  readonly epoch: bigint;
  /** The prefixes that were removed since then, oldest first; `undefined` if they are no longer known. */
  readonly prefixes: readonly Uint8Array[] | undefined;
}

/** Whether an entry with this meta suffices. */
export function suffices(meta: CacheMeta, { watermark, cachedAtUs }: WantedEntry): boolean {
  return (
    (watermark === undefined || meta.watermark >= watermark) &&
    (cachedAtUs === undefined || meta.cachedAtUs >= cachedAtUs)
  );
}

/** Whether `meta` replaces `other` in a cache that keeps the newest: a higher watermark, or an equal one cached later. */
export function isNewer(meta: CacheMeta, other: CacheMeta): boolean {
  if (meta.watermark !== other.watermark) return meta.watermark > other.watermark;
  return meta.cachedAtUs > other.cachedAtUs;
}
