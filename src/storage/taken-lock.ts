import { errnoOf, StoreError } from '../base/store-error.ts';
import { type FileSight, isSameFile, isUnchanged, lookAtDescriptor, lookAtPath } from './file-sight.ts';
import { LOCK_NAME, type LockFile, runSteps } from './lock-file.ts';
import { decodeLockOwner, describeLockOwner, type LockOwner } from './lock-owner.ts';
import { NodeFile } from './node-file.ts';
import { type NodePlatform, openWithoutFollowing } from './node-fs.ts';
import { type NodeLockFiles, readLockContent } from './node-lock-files.ts';
import type { OwnerVerdict } from './owner-verdict.ts';
import { patiently } from './patiently.ts';
import type { StorageLock } from './storage-backend.ts';
import { type HeldLock, threadLocks } from './thread-locks.ts';

/** What a lock was taken with. */
export interface TakenLockParts {
  readonly node: NodePlatform;
  readonly files: NodeLockFiles;
  readonly lockFile: LockFile;
  readonly owner: LockOwner;
  /** Whose stale lock it was. */
  readonly stale: LockOwner | undefined;
}

/**
 * A lock that was taken.
 *
 * Invariants:
 * 1. `#seen` is of the file `#fd` is open on, and that file held our nonce. While it is open its inode number is not given
 *    to another file, so a path that leads to the same inode leads to the same file. Either both are there or neither.
 * 2. A lock once found lost stays lost: what was written by others meanwhile cannot be unwritten.
 * 3. Once `release` was called, `isHeld` is `false` and this thread has given the nonce up, whatever failed.
 */
export class TakenLock implements StorageLock, HeldLock {
  readonly takenOverFrom: string | undefined;
  readonly #node: NodePlatform;
  readonly #lockFile: LockFile;
  readonly #path: string;
  readonly #nonce: string;
  #fd: number | undefined;
  #seen: FileSight | undefined;
  #lost = false;
  #released = false;

  /** Throws where the lock cannot be kept open, or is gone already; then nothing is open or held. */
  constructor({ node, files, lockFile, owner, stale }: TakenLockParts) {
    this.#node = node;
    this.#lockFile = lockFile;
    this.#path = files.pathOf(LOCK_NAME);
    this.#nonce = owner.nonce;
    this.takenOverFrom = stale === undefined ? undefined : describeLockOwner(stale);
    if (!this.#examinePath()) {
      throw new StoreError('LOCKED', `${this.#path} was removed while it was being taken; try again`);
    }
    threadLocks.hold(owner.nonce, this);
  }

  isHeld(): boolean {
    if (!this.#lost) this.#lost = !this.#isOurs();
    return !this.#lost;
  }

  /**
   * The nonce is given up first, so that a failure bars this process from nothing: it may open the directory again, which
   * removes what is left. For other processes the file stands until then, or until this is called again with success.
   */
  release(): void {
    if (this.#released) return;
    this.#lost = true;
    threadLocks.giveUp(this.#nonce);
    try {
      patiently(this.#node, () => runSteps(this.#lockFile.release(() => this.#isOursForRemoval())));
      this.#released = true;
    } finally {
      this.#closeDescriptor();
    }
  }

  isAt(path: string): boolean {
    const there = lookAtPath(this.#node, path);
    if (there === undefined) return false;
    if (this.#seen !== undefined && isSameFile(there, this.#seen)) return true;
    // Somebody may have put a copy in place of the lock: it still says that it is ours.
    const here = lookAtPath(this.#node, this.#path);
    return here !== undefined && isSameFile(there, here);
  }

  /**
   * A file with our nonce that is not our lock is a copy, made with the whole directory by a backup, say, and nobody's
   * lock: as only this thread has the nonce. That two inodes differ is no proof, for one directory can be seen through two
   * mounts that number its files differently. So it is asked whether the draft that was just made beside the copy shows
   * up beside our lock. If it does, both are one directory. If there is no draft to look for, it cannot be told.
   *
   * The converse, hard links to our files in another directory, is seen by the inode: opening that would write to our log.
   */
  judge(path: string, draft: string): OwnerVerdict {
    const { dirname, basename, join } = this.#node.path;
    if (this.isAt(path)) return 'self';
    if (lookAtPath(this.#node, join(dirname(this.#path), basename(draft))) !== undefined) return 'self';
    return lookAtPath(this.#node, draft) === undefined ? 'unknown' : 'gone';
  }

  /** Whether our lock stands at the path. Throws where that cannot be told now. */
  #isOurs(): boolean {
    const now = lookAtPath(this.#node, this.#path);
    if (now === undefined) return false;
    if (this.#fd === undefined || this.#seen === undefined || !isSameFile(now, this.#seen)) return this.#examinePath();
    return isUnchanged(now, this.#seen) || this.#examine(this.#fd);
  }

  /** The same, with the file closed: Windows keeps the name of one that is open. */
  #isOursForRemoval(): boolean {
    const isOurs = this.#isOurs();
    try {
      this.#closeDescriptor();
    } catch {
      // The descriptor is gone whatever the system says, and nothing was written through it.
    }
    return isOurs;
  }

  /** Opens what stands at the path, and keeps it open if it is ours. */
  #examinePath(): boolean {
    const fd = this.#open();
    if (fd === undefined) return false;
    const old = this.#fd;
    let isOurs = false;
    try {
      isOurs = this.#examine(fd);
    } finally {
      if (!isOurs) this.#node.fs.closeSync(fd);
    }
    if (isOurs) this.#fd = fd;
    if (isOurs && old !== undefined) this.#node.fs.closeSync(old);
    return isOurs;
  }

  /** Reads an open file and remembers how it looks if it is ours. */
  #examine(fd: number): boolean {
    // Size and time are taken before the content, so that what is written in between shows as a change later.
    const seen = lookAtDescriptor(this.#node, fd);
    const content = readLockContent(new NodeFile(this.#node, fd, this.#path, false));
    if (decodeLockOwner(content)?.nonce !== this.#nonce) return false;
    this.#seen = seen;
    return true;
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
