import { errnoOf } from '../base/store-error.ts';
import type { NodePlatform } from './node-fs.ts';
import { isRemovalPending } from './pending-removal.ts';

/** A `number` cannot hold every inode number of some file systems exactly. */
const STAT_OPTIONS = { bigint: true, throwIfNoEntry: false } as const;

/** A snapshot of a file's metadata. A file that was replaced or written to has a different snapshot. */
export interface FileSnapshot {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
}

/** The snapshot of what is at a path; `undefined` if there is nothing. A symbolic link is not followed. */
export function statPath(node: NodePlatform, path: string): FileSnapshot | undefined {
  try {
    return node.fs.lstatSync(path, STAT_OPTIONS);
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR' || isRemovalPending(node, path)) return undefined;
    throw error;
  }
}

/** The snapshot of the file that a descriptor is open on. */
export function statDescriptor({ fs }: NodePlatform, fd: number): FileSnapshot {
  return fs.fstatSync(fd, STAT_OPTIONS);
}

/**
 * Whether both snapshots are of the same file. Certain only while that file is open: an inode number can be reused
 * after it.
 */
export function isSameFile(one: FileSnapshot, other: FileSnapshot): boolean {
  return one.ino === other.ino && one.dev === other.dev;
}

/** Whether both snapshots are of the same file and it was not written to in between. */
export function isUnchanged(now: FileSnapshot, seen: FileSnapshot): boolean {
  return isSameFile(now, seen) && now.size === seen.size && now.mtimeNs === seen.mtimeNs;
}
