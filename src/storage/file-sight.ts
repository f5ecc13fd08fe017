import { errnoOf } from '../base/store-error.ts';
import type { NodePlatform } from './node-fs.ts';

/** Inode numbers of some file systems are beyond what a `number` tells apart. */
const STAT_OPTIONS = { bigint: true, throwIfNoEntry: false } as const;

/** What a file cannot change without showing it here. */
export interface FileSight {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
}

/** What stands at a path, `undefined` for nothing. A symbolic link there is itself and not what it points at. */
export function lookAtPath({ fs }: NodePlatform, path: string): FileSight | undefined {
  try {
    return fs.lstatSync(path, STAT_OPTIONS);
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** The file a descriptor is open on. */
export function lookAtDescriptor({ fs }: NodePlatform, fd: number): FileSight {
  return fs.fstatSync(fd, STAT_OPTIONS);
}

/** Whether both are of one file. True for certain only while that file is open: else its number may have a new owner. */
export function isSameFile(one: FileSight, other: FileSight): boolean {
  return one.ino === other.ino && one.dev === other.dev;
}

/** Whether both are of one file and nothing was written to it in between. */
export function isUnchanged(now: FileSight, seen: FileSight): boolean {
  return isSameFile(now, seen) && now.size === seen.size && now.mtimeNs === seen.mtimeNs;
}
