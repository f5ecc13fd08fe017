/** What a phase of the demo did. The first group follows from the commits alone; the others differ from run to run. */
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
  /** Bytes of all files in the directory of the cache, once it was closed. */
  readonly diskBytes: number;
}

/** What the phases take from outside, so that tests can put something else in its place. */
export interface PhaseTools {
  /** Microseconds since the Unix epoch. */
  readonly nowUs: () => bigint;
  /** Milliseconds on a clock that never steps back. */
  readonly nowMs: () => number;
  /** Told how far a phase has got: commits of those to read, or projections of those to do. */
  readonly onProgress: (phase: string, done: number, of: number) => void;
}
