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
  /** Whether the last writer closed the store: nothing had to be cut or written again. */
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
