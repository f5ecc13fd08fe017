import type { Projection } from '../../../src/index.ts';
import type { FileChange } from './file-change.ts';

/** The changes of a file, or of everything below a directory. */
export interface FileActivity {
  /** Commits that changed it; one that changes several files of a directory counts once for that directory. */
  readonly commits: number;
  readonly linesAdded: number;
  readonly linesRemoved: number;
  /** The times of its earliest and latest commit, in seconds since the Unix epoch. */
  readonly firstChange: number;
  readonly lastChange: number;
  /** The position in the log of the last counted commit. */
  readonly lastCommit: number;
}

/**
 * The projection. Its fold depends only on its arguments, so folding all events gives the same state as folding the
 * later ones onto a cached state. Times need not ascend along a log (the clocks of two authors differ), hence minimum
 * and maximum.
 */
export const fileActivity: Projection<FileActivity, FileChange> = {
  name: 'activity',
  // Increase it whenever `apply` gives another state for the same events: states of older versions are then not used.
  version: 1,
  initial: () => ({
    commits: 0,
    linesAdded: 0,
    linesRemoved: 0,
    firstChange: Number.MAX_SAFE_INTEGER,
    lastChange: Number.MIN_SAFE_INTEGER,
    lastCommit: 0,
  }),
  apply: (state, event) => ({
    commits: state.commits + (event.commit === state.lastCommit ? 0 : 1),
    linesAdded: state.linesAdded + event.linesAdded,
    linesRemoved: state.linesRemoved + event.linesRemoved,
    firstChange: Math.min(state.firstChange, event.committedAt),
    lastChange: Math.max(state.lastChange, event.committedAt),
    lastCommit: event.commit,
  }),
};
