/** A damaged range of the log, in byte offsets; `to` is exclusive. */
export interface DamagedRun {
  /** Offset of the first damaged byte. */
  readonly from: number;
  /** Offset after the last damaged byte. */
  readonly to: number;
}

/** What opening a store found and did. */
export interface RecoveryReport {
  /** Generation of the log that was opened, 0 if the directory held none. */
  readonly generation: number;
  /** Whether the index image was used, so that only the log after it was read. */
  readonly imageUsed: boolean;
  /** Number of records read from the log. */
  readonly records: number;
  /** Bytes of the torn tail that was cut off: no sync had acknowledged them. */
  readonly tornBytes: number;
  /** Damaged ranges that a MARK record had stated to be durable. */
  readonly damaged: readonly DamagedRun[];
  /** Number of entries lost because their own body was damaged. */
  readonly entriesLost: number;
  /**
   * Whether all entries before a damaged record header were forgotten, as that record may have replaced or deleted
   * them.
   */
  readonly forgotten: boolean;
  /**
   * Whether nothing shows that the last writer ended without `close`: it left no lock to take over, and no part of the log
   * had to be cut, written again or quarantined. After `LogCache.unlock`, and in storage whose lock is no file, only the
   * log can show it, and it does not after a kill right after a sync. For a reader: whether no durable part of the log is
   * damaged.
   */
  readonly clean: boolean;
}

/** The report for a directory without a store. */
export const NOTHING_FOUND: RecoveryReport = {
  generation: 0,
  imageUsed: false,
  records: 0,
  tornBytes: 0,
  damaged: [],
  entriesLost: 0,
  forgotten: false,
  clean: true,
};
