/** Which events a cached value includes, and when it was cached. */
export interface CacheMeta {
  /** Sequence of the newest event folded into the value; u64. */
  readonly watermark: bigint;
  /** When the value was cached, in microseconds since the Unix epoch; i64. */
  readonly cachedAtUs: bigint;
}

/** A cached value with its meta. The caller may modify the bytes. */
export interface CacheEntry {
  /** The value, such as an encoded state. */
  readonly value: Uint8Array;
  /** Its watermark, and the time when it was cached. */
  readonly meta: CacheMeta;
}
