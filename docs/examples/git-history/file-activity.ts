import type { FileChange } from './file-change.ts';

/** The projection: what happened to a file, or to everything below a directory. */
export interface FileActivity {
  /** Commits that changed it; one that changes several files of a directory counts once for that directory. */
  readonly commits: number;
  readonly linesAdded: number;
  readonly linesRemoved: number;
  /** Times of its earliest and latest commit, in seconds since the Unix epoch. */
  readonly firstChange: number;
  readonly lastChange: number;
  /** Position in the log of the last commit that was counted. */
  readonly lastCommit: number;
}

/** The state before the first event. */
export function initialActivity(): FileActivity {
  return {
    commits: 0,
    linesAdded: 0,
    linesRemoved: 0,
    firstChange: Number.MAX_SAFE_INTEGER,
    lastChange: Number.MIN_SAFE_INTEGER,
    lastCommit: 0,
  };
}

/**
 * The fold: the state after one more event. It depends on nothing but its arguments, so that folding all events gives
 * the same state as folding the later ones onto a state from the cache. Times need not ascend along a log (the clocks
 * of two authors differ), hence minimum and maximum.
 */
export function applyChange(state: FileActivity, event: FileChange): FileActivity {
  return {
    commits: state.commits + (event.commit === state.lastCommit ? 0 : 1),
    linesAdded: state.linesAdded + event.linesAdded,
    linesRemoved: state.linesRemoved + event.linesRemoved,
    firstChange: Math.min(state.firstChange, event.committedAt),
    lastChange: Math.max(state.lastChange, event.committedAt),
    lastCommit: event.commit,
  };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** JSON is the simplest thing that works; a cache does not look into its values. */
export function encodeActivity(state: FileActivity): Uint8Array {
  return encoder.encode(JSON.stringify(state));
}

export function decodeActivity(value: Uint8Array): FileActivity {
  return JSON.parse(decoder.decode(value)) as FileActivity;
}
