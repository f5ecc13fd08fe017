/** What a phase of the demo did. The first four follow from the commits alone; the others differ from run to run. */
export interface PhaseReport {
  readonly name: string;
  /** Events folded. */
  readonly events: number;
  /** States that the events changed: each was read from the cache, folded and put back. */
  readonly updates: number;
  /** Entries in the cache at the end. */
  readonly entries: number;

  /** Milliseconds the phase took, waiting for git included. */
  readonly ms: number;
  /** Those of them in which the cache worked: opening, reading, folding, writing, syncing, closing. */
  readonly cacheMs: number;
  /** Bytes of all files in the directory of the cache, once it was closed. */
  readonly diskBytes: number;
  /** Entries the cache read or wrote in `cacheMs`, a read with the write after it counting once. */
  readonly entriesTouched: number;
}

/** What the phases take from outside, so that tests can put something else in its place. */
export interface PhaseTools {
  /** Microseconds since the Unix epoch. */
  readonly nowUs: () => bigint;
  /** Milliseconds on a clock that never steps back. */
  readonly nowMs: () => number;
  /** Told of every event: the phase, and the position of the commit it has got to. */
  readonly onProgress: (phase: string, commit: number) => void;
}
