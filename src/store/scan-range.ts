import type { KeyInterval } from '../key-index/index-cursor.ts';

/** Which entries to go through. */
export interface ScanRange {
  readonly interval: KeyInterval;
  /** From the last key to the first. */
  readonly reverse: boolean;
  /** How many at most. */
  readonly limit: number;
}
