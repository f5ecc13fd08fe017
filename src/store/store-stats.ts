import type { RecoveryReport } from './recovery/recovery-report.ts';

/** Counters since the cache was opened. */
export interface StoreCounters {
  /** Reads that found their entry. */
  readonly hits: number;
  /** Reads that did not. */
  readonly misses: number;
  /** Entries evicted to keep `maxBytes`. */
  readonly evictions: number;
  /** Entries that failed their checksums and were forgotten. */
  readonly corruptions: number;
  /** 1 if opening found that the last writer ended without `close`, or damage, else 0. */
  readonly recoveries: number;
  /** Compactions that ended with a new generation. */
  readonly compactions: number;
  /** Successful syncs of the log. */
  readonly syncs: number;
}

/** What a cache holds, in entries and bytes, and what has happened since it was opened. */
export interface LogCacheStats {
  /** Number of entries. */
  readonly entries: number;
  /** Bytes of the records that the index points at. */
  readonly liveBytes: number;
  /** Bytes of the log that a compaction would free. */
  readonly deadBytes: number;
  /** Bytes of the log of the current generation. */
  readonly logBytes: number;
  /** Memory of the index in bytes. */
  readonly indexBytes: number;
  /** Memory of the log's pages in bytes; at most `pageCacheBytes`. */
  readonly pageBytes: number;
  /** Number of the current generation: each compaction increases it. */
  readonly generation: number;
  /** Counters since the cache was opened. */
  readonly counters: StoreCounters;
  /** What opening the cache found. */
  readonly recovery: RecoveryReport;
}
