import type { CacheEntry } from '../../../src/index.ts';
import { pathOfFile } from './activity-key.ts';
import type { FileActivity } from './file-activity.ts';
import { decodeActivity } from './file-activity.ts';

export interface BusyFile {
  readonly path: string;
  readonly activity: FileActivity;
}

/** The `count` files with the most commits; of equal ones those with more changed lines, then by path. */
export function busiestFiles(files: Iterable<readonly [Uint8Array, CacheEntry]>, count: number): BusyFile[] {
  const all = Array.from(files, ([key, entry]) => ({
    path: pathOfFile(key),
    activity: decodeActivity(entry.value),
  }));
  return all.sort(busierFirst).slice(0, count);
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
