import { storageFailure } from '../base/storage-failure.ts';
import { errnoOf, StoreError } from '../base/store-error.ts';
import { isOnLocalVolume } from './local-volume.ts';
import { isLeftover, LOCK_NAME, LockFile, openInThisProcess, runSteps } from './lock-file.ts';
import { decodeLockOwner, describeLockOwner, type LockOwner } from './lock-owner.ts';
import { NodeFile } from './node-file.ts';
import { type NodePlatform, nodePlatform, openWithoutFollowing, resolveDirectory } from './node-fs.ts';
import { NodeLockFiles, readLockContent } from './node-lock-files.ts';
import { judgeOwner, type OwnerVerdict } from './owner-verdict.ts';
import { NodeProcessProbe } from './process-identity.ts';
import type { StorageLock } from './storage-backend.ts';

/** Nonces of the locks this thread holds. Other threads of the process are told by what their lock files say. */
const heldNonces = new Set<string>();

/** Inode numbers of some file systems are beyond what a `number` tells apart. */
const STAT_OPTIONS = { bigint: true, throwIfNoEntry: false } as const;

/** What a file cannot change without showing it here. */
interface FileSight {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
}

/** Takes the lock of a directory, given as an absolute path, or throws `StoreError` `LOCKED`. */
export function takeNodeLock(node: NodePlatform, directory: string): StorageLock {
  const probe = new NodeProcessProbe(node);
  const owner: LockOwner = {
    ...probe.identity(),
    nonce: node.nonce(),
    since: new Date(node.now()).toISOString(),
    localVolume: isOnLocalVolume(node, directory),
  };
  const judge = (other: LockOwner): OwnerVerdict =>
    heldNonces.has(other.nonce) ? 'self' : judgeOwner(other, owner, (pid) => probe.look(pid));
  const files = new NodeLockFiles(node, directory);
  const lockFile = new LockFile(files, judge, owner, directory);
  const stale = runSteps(lockFile.take());
  try {
    return new NodeLock(node, lockFile, files.pathOf(LOCK_NAME), owner, stale);
  } catch (error) {
    runSteps(lockFile.release());
    throw error;
  }
}

/**
 * Removes the lock of a directory and what belongs to it, whoever it says holds it: for callers who know that nobody does.
 * A directory without a lock, and an absent one, are left as they are. Throws `StoreError` `LOCKED` when this thread holds
 * the lock, `IO` when the platform refuses.
 */
export function unlock(directory: string, node: NodePlatform = nodePlatform()): void {
  const path = resolveDirectory(node, directory);
  const files = new NodeLockFiles(node, path);
  try {
    const owner = decodeLockOwner(files.read(LOCK_NAME) ?? '');
    if (owner !== undefined && heldNonces.has(owner.nonce)) throw openInThisProcess(path, owner);
    for (const name of files.list()) {
      if (isLeftover(name)) files.remove(name);
    }
    files.remove(LOCK_NAME);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw storageFailure(`unlock ${path}`, error);
  }
}

/**
 * A lock that was taken.
 *
 * Invariants:
 * 1. `#seen` is of the file `#fd` is open on, and that file held our nonce. While it is open its inode number is not given
 *    to another file, so a path that leads to the same inode leads to the same file. Either both are there or neither.
 * 2. A lock once found lost stays lost: what was written by others meanwhile cannot be unwritten.
 */
class NodeLock implements StorageLock {
  readonly takenOverFrom: string | undefined;
  readonly #node: NodePlatform;
  readonly #lockFile: LockFile;
  readonly #path: string;
  readonly #nonce: string;
  #fd: number | undefined;
  #seen: FileSight | undefined;
  #lost = false;

  constructor(node: NodePlatform, lockFile: LockFile, path: string, owner: LockOwner, stale: LockOwner | undefined) {
    this.#node = node;
    this.#lockFile = lockFile;
    this.#path = path;
    this.#nonce = owner.nonce;
    this.takenOverFrom = stale === undefined ? undefined : describeLockOwner(stale);
    if (!this.#examine()) {
      throw new StoreError('LOCKED', `${path} was removed while it was being taken; try again`);
    }
    heldNonces.add(owner.nonce);
  }

  isHeld(): boolean {
    if (this.#lost) return false;
    const now = this.#look();
    if (now !== undefined && this.#seen !== undefined && isUnchanged(now, this.#seen)) return true;
    this.#lost = now === undefined || !this.#examine();
    return !this.#lost;
  }

  release(): void {
    if (!heldNonces.has(this.#nonce)) return;
    const isHeld = this.isHeld();
    this.#closeDescriptor();
    if (isHeld) runSteps(this.#lockFile.release());
    this.#lost = true;
    heldNonces.delete(this.#nonce);
  }

  /** Reads the lock file and keeps it open if it is ours. */
  #examine(): boolean {
    const fd = this.#open();
    if (fd === undefined) return false;
    let isOurs = false;
    try {
      const file = new NodeFile(this.#node, fd, this.#path, false);
      // Size and time are taken before the content, so that what is written in between shows as a change later.
      const seen = this.#node.fs.fstatSync(fd, STAT_OPTIONS);
      isOurs = decodeLockOwner(readLockContent(file))?.nonce === this.#nonce;
      if (!isOurs) return false;
      this.#closeDescriptor();
      this.#fd = fd;
      this.#seen = seen;
      return true;
    } finally {
      if (!isOurs) this.#node.fs.closeSync(fd);
    }
  }

  /** What stands at the path now; a symbolic link there is itself and not what it points at. */
  #look(): FileSight | undefined {
    try {
      return this.#node.fs.lstatSync(this.#path, STAT_OPTIONS);
    } catch (error) {
      if (errnoOf(error) === 'ENOTDIR') return undefined;
      throw error;
    }
  }

  #open(): number | undefined {
    try {
      return openWithoutFollowing(this.#node, this.#path, this.#node.fs.constants.O_RDONLY);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'ENOENT' || errno === 'ENOTDIR' || errno === 'ELOOP') return undefined;
      throw error;
    }
  }

  #closeDescriptor(): void {
    const fd = this.#fd;
    this.#fd = undefined;
    this.#seen = undefined;
    if (fd !== undefined) this.#node.fs.closeSync(fd);
  }
}

function isUnchanged(now: FileSight, seen: FileSight): boolean {
  return now.ino === seen.ino && now.dev === seen.dev && now.size === seen.size && now.mtimeNs === seen.mtimeNs;
}
