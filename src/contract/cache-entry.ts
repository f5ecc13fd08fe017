/** What a cached value stands for: how far its events were folded, and when. */
export interface CacheMeta {
  /** Sequence of the newest event folded into the value; u64. */
  readonly watermark: bigint;
  /** When the value was cached, in microseconds since the Unix epoch; i64. */
  readonly cachedAtUs: bigint;
}

/** A cached value with its meta. The bytes are the caller's own. */
export interface CacheEntry {
  readonly value: Uint8Array;
  readonly meta: CacheMeta;
}
