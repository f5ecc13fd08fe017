/**
 * The report on a phase of the demo. The first group of fields depends only on the commits; the others differ from run
 * to run.
 */
export interface PhaseReport {
  readonly name: string;
  /** Events folded. One that changes a file is folded for the file, its directories and the root. */
  readonly events: number;
  /** Projections that were folded from the first event, continued from a cached state, and found in the cache. */
  readonly replays: number;
  readonly deltas: number;
  readonly hits: number;
  /** Entries in the cache at the end. */
  readonly entries: number;

  /** Milliseconds: opening, projecting every stream, syncing, closing. */
  readonly ms: number;
  /** The total size of the files in the directory of the closed cache, in bytes. */
  readonly diskBytes: number;
}

/** The environment of the phases, which tests can replace. */
export interface PhaseTools {
  /** Microseconds since the Unix epoch. */
  readonly nowUs: () => bigint;
  /** Milliseconds on a clock that never steps back. */
  readonly nowMs: () => number;
  /** Called with the progress of a phase: commits read so far, or projections done so far, and their total. */
  readonly onProgress: (phase: string, done: number, of: number) => void;
}
