/** One event of the log: one commit changed one file. */
export interface FileChange {
  /** Position of the commit in the log, from 1. */
  readonly commit: number;
  /** When it was committed, in seconds since the Unix epoch. */
  readonly committedAt: number;
  /** Path from the root of the repository, with `/` between its parts. */
  readonly path: string;
  /** Lines; both are 0 for a file that git takes for binary. */
  readonly linesAdded: number;
  readonly linesRemoved: number;
}

/** An event with its place in the log. */
export interface RecordedChange {
  /** u64, ascending through the whole log, not consecutive. */
  readonly sequence: bigint;
  readonly event: FileChange;
}

const positionBits = 32n;

/**
 * The sequence of the `position`-th change (from 1) of the `commit`-th commit. With the commit in its upper half, a
 * watermark alone tells which commit to go on from.
 */
export function sequenceOf(commit: number, position: number): bigint {
  return (BigInt(commit) << positionBits) | BigInt(position);
}

/** The position of the commit that a sequence belongs to, from 1; 0 for the sequence before all others, which is 0. */
export function commitOf(sequence: bigint): number {
  return Number(sequence >> positionBits);
}
