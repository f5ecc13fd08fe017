import type { RecordedEvent } from '../../../src/index.ts';

/** One event of the log: one commit changed one file. */
export interface FileChange {
  /** The position of the commit in the log, from 1. */
  readonly commit: number;
  /** When it was committed, in seconds since the Unix epoch. */
  readonly committedAt: number;
  /** Path from the root of the repository, with `/` between its parts. */
  readonly path: string;
  /** Lines; both numbers are 0 for a file that git treats as binary. */
  readonly linesAdded: number;
  readonly linesRemoved: number;
}

/** An event with its sequence: a u64, ascending through the whole log, not consecutive. */
export type RecordedChange = RecordedEvent<FileChange>;

const positionBits = 32n;

/** The sequence of the `position`-th change (from 1) of the `commit`-th commit. */
export function sequenceOf(commit: number, position: number): bigint {
  return (BigInt(commit) << positionBits) | BigInt(position);
}
