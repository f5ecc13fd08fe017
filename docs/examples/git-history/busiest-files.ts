import type { FileActivity } from './file-activity.ts';

export interface BusyFile {
  readonly path: string;
  readonly activity: FileActivity;
}

/** The `count` files with the most commits; ties are sorted by changed lines, then by path. */
export function busiestFiles(files: Iterable<BusyFile>, count: number): BusyFile[] {
  return [...files].sort(busierFirst).slice(0, count);
}

function busierFirst(a: BusyFile, b: BusyFile): number {
  return (
    b.activity.commits - a.activity.commits ||
    linesChanged(b.activity) - linesChanged(a.activity) ||
    (a.path < b.path ? -1 : 1)
  );
}

function linesChanged(activity: FileActivity): number {
  return activity.linesAdded + activity.linesRemoved;
}
