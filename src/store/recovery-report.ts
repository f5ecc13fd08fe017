/** A run of bytes of the log that was found damaged; offsets, `to` exclusive. */
export interface DamagedRun {
  readonly from: number;
  readonly to: number;
}

/** What opening a store found. */
export interface RecoveryReport {
  /** Generation of the log that was opened; 0 where there was none. */
  readonly generation: number;
  /** Whether the index image was used, so that only the log after it was read. */
  readonly imageUsed: boolean;
  /** Records read from the log. */
  readonly records: number;
  /** Bytes cut off as a torn tail: they were never acknowledged by a sync. */
  readonly tornBytes: number;
  /** Runs that a mark had called durable and that were damaged. */
  readonly damaged: readonly DamagedRun[];
  /** Entries lost because their own body was damaged. */
  readonly entriesLost: number;
  /** Whether everything older than a damaged head was forgotten, as the operation it held is unknown. */
  readonly forgotten: boolean;
  /** Whether the last writer closed the store: nothing had to be cut or written again. */
  readonly clean: boolean;
}
