import type { RecoveryReport } from './recovery/recovery-report.ts';

/** Counted since the store was opened. */
export interface StoreCounters {
  readonly hits: number;
  readonly misses: number;
  /** Entries given up to keep a bound on live bytes. */
  readonly evictions: number;
  /** Entries that failed their checksums. */
  readonly corruptions: number;
  /** 1 where opening found anything to mend, else 0. */
  readonly recoveries: number;
  readonly compactions: number;
  readonly syncs: number;
}

/** What a store holds, in entries and bytes. */
export interface LogStoreStats {
  readonly entries: number;
  /** Record bytes the index points at. */
  readonly liveBytes: number;
  /** Bytes of the log that a compaction would give back. */
  readonly deadBytes: number;
  /** Bytes of the log of the current generation. */
  readonly logBytes: number;
  /** Memory of the index. */
  readonly indexBytes: number;
  /** Memory of log pages; bounded by `pageCacheBytes`. */
  readonly pageBytes: number;
  readonly generation: number;
  readonly counters: StoreCounters;
  /** What opening found. */
  readonly recovery: RecoveryReport;
}
