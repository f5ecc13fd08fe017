import { errnoOf, StoreError } from '../base/store-error.ts';
import { type FileSnapshot, isSameFile, isUnchanged, statDescriptor, statPath } from './file-snapshot.ts';
import { writeAll } from './file-transfer.ts';
import { HeldLease, type LeaseTime, leaseTime } from './held-lease.ts';
import { LOCK_NAME, type LockFile, runSteps } from './lock-file.ts';
import { decodeLockOwner, describeLockOwner, encodeLockOwner, type LockOwner } from './lock-owner.ts';
import { NodeFile } from './node-file.ts';
import { type NodePlatform, openWithoutFollowing } from './node-fs.ts';
import { type NodeLockFiles, readLockContent } from './node-lock-files.ts';
import type { OwnerVerdict } from './owner-verdict.ts';
import { retryBriefly } from './retry.ts';
import type { StorageLock } from './storage-backend.ts';
import { type HeldLock, threadLocks } from './thread-locks.ts';

/** The parts of a taken lock. */
export interface TakenLockParts {
  readonly node: NodePlatform;
  readonly files: NodeLockFiles;
  readonly lockFile: LockFile;
  readonly owner: LockOwner;
  /** Another owner for this directory, with a nonce of its own. */
  readonly guardian: () => Guardian;
  /** The owner of the stale lock that was taken over. */
  readonly stale: LockOwner | undefined;
  /** Whether that lock was taken over only because its lease had ended. */
  readonly byLease: boolean;
  /** A moment before the lock was written. */
  readonly since: LeaseTime;
  /** See `LockTerms`. */
  readonly onRenewedLate: ((ageMs: number) => void) | undefined;
}

/** Protects the lock while its lease is renewed. */
export interface Guardian {
  readonly lockFile: LockFile;
  readonly nonce: string;
}

/**
 * A lock that this process has taken.
 *
 * Invariants:
 * 1. `#seen` is the snapshot of the file that `#fd` is open on, and that file held this owner's nonce. While it is open
 *    the system does not reuse its inode number, so a path with the same inode leads to the same file. Either both are
 *    set or neither.
 * 2. A lock that was found lost stays lost: the writes of other processes cannot be undone.
 * 3. A lease is renewed before it has ended, or under the guard of its lock: so between two successful calls of `isHeld`
 *    no other process has taken the lock over.
 * 4. After `release` was called, `isHeld` is `false` and this thread has released the nonce, even if the call threw.
 */
export class TakenLock implements StorageLock, HeldLock {
  readonly takenOverFrom: string | undefined;
  readonly previousOwnerMayLive: boolean;
  readonly #node: NodePlatform;
  readonly #lockFile: LockFile;
  readonly #path: string;
  readonly #owner: LockOwner;
  readonly #guardian: () => Guardian;
  readonly #lease: HeldLease | undefined;
  readonly #onRenewedLate: (ageMs: number) => void;
  #renewals = 0;
  #fd: number | undefined;
  #seen: FileSnapshot | undefined;
  #lost = false;
  #released = false;

  /** Throws if the lock cannot be kept open or is already gone; then nothing is open or held. */
  constructor(parts: TakenLockParts) {
    const { node, files, lockFile, owner, guardian, stale, byLease, since } = parts;
    this.#node = node;
    this.#lockFile = lockFile;
    this.#path = files.pathOf(LOCK_NAME);
    this.#owner = owner;
    this.#guardian = guardian;
    this.takenOverFrom = stale === undefined ? undefined : describeLockOwner(stale);
    this.previousOwnerMayLive = byLease;
    this.#onRenewedLate = parts.onRenewedLate ?? (() => {});
    if (!this.#examinePath()) {
      throw new StoreError('LOCKED', `${this.#path} was removed while it was being taken; try again`);
    }
    threadLocks.hold(owner.nonce, this);
    const { leaseMs } = owner;
    this.#lease = leaseMs === undefined ? undefined : new HeldLease(node, leaseMs, since, () => this.#tryRenew());
  }

  isHeld(): boolean {
    if (!this.#lost && !(this.#renewIfDue() && this.#isOurs())) this.#lose();
    return !this.#lost;
  }

  /**
   * Releases the nonce first, so that a failure does not block this process: it can open the directory again, which
   * removes the remaining files. For other processes the lock file exists until then, or until a call of this method
   * succeeds.
   */
  release(): void {
    if (this.#released) return;
    this.#lost = true;
    threadLocks.release(this.#owner.nonce);
    this.#lease?.stop();
    try {
      retryBriefly(this.#node, () => runSteps(this.#lockFile.release(() => this.#isOursForRemoval())));
      this.#released = true;
    } finally {
      this.#closeDescriptor();
    }
  }

  isAt(path: string): boolean {
    const there = statPath(this.#node, path);
    if (there === undefined) return false;
    if (this.#seen !== undefined && isSameFile(there, this.#seen)) return true;
    // Another process may have replaced the lock by a copy, which still holds this owner's nonce.
    const here = statPath(this.#node, this.#path);
    return here !== undefined && isSameFile(there, here);
  }

  /**
   * A file with this owner's nonce that is not its lock is a copy, such as a backup of the whole directory, and has no
   * owner: only this thread has the nonce. Different inodes are no proof, as one directory can be visible through two
   * mounts that number its files differently. So this method checks whether the draft that was just created beside the
   * copy is visible beside the lock. If it is, both are the same directory. If there is no draft to look for, the
   * verdict is `unknown`.
   *
   * The converse, hard links to the store's files in another directory, is detected by the inode: opening that
   * directory would write to this log.
   */
  judge(path: string, draft: string): OwnerVerdict {
    const { dirname, basename, join } = this.#node.path;
    if (this.isAt(path)) return 'self';
    if (statPath(this.#node, join(dirname(this.#path), basename(draft))) !== undefined) return 'self';
    return statPath(this.#node, draft) === undefined ? 'unknown' : 'gone';
  }

  /** Closes the file: on Windows no other lock can have its name while it is open. */
  #lose(): void {
    this.#lost = true;
    this.#closeQuietly();
  }

  /** Renews the lease if it is time; `false` if the lock is lost. Throws if that cannot be determined. */
  #renewIfDue(): boolean {
    const state = this.#lease?.state() ?? 'fresh';
    if (state === 'due') this.#renew();
    if (state !== 'ended') return true;
    const ageMs = this.#lease?.ageMs() ?? 0;
    if (!this.#renewUnderGuard()) return false;
    this.#onRenewedLate(ageMs);
    return true;
  }

  /** The next write tries again, and throws what fails here. */
  #tryRenew(): void {
    try {
      if (!this.#lost && !this.#renewIfDue()) this.#lose();
    } catch {
      // A lease that is not renewed in time is lost.
    }
  }

  /** Writes through the open file: if another process has replaced the lock, that changes nothing at the path. */
  #renew(): void {
    const fd = this.#fd;
    if (fd === undefined) return;
    const since = leaseTime(this.#node);
    this.#renewals += 1;
    const content = new TextEncoder().encode(encodeLockOwner(this.#owner, this.#renewals));
    writeAll(new NodeFile(this.#node, fd, this.#path, true), content, 0, content.length, 0);
    this.#lease?.renewed(since);
  }

  #renewUnderGuard(): boolean {
    const { lockFile, nonce } = this.#guardian();
    try {
      return runSteps(lockFile.renewUnderGuard(this.#owner.nonce, () => this.#renew()));
    } catch (error) {
      // Another process is taking the lock over.
      if (error instanceof StoreError) return false;
      throw error;
    } finally {
      // What remains of the guard must not block this thread, which may open the directory again.
      if (lockFile.removalFailed) threadLocks.release(nonce);
    }
  }

  /** Whether this owner's lock is at the path. Throws if that cannot be determined. */
  #isOurs(): boolean {
    const now = statPath(this.#node, this.#path);
    if (now === undefined) return false;
    if (this.#fd === undefined || this.#seen === undefined || !isSameFile(now, this.#seen)) return this.#examinePath();
    return isUnchanged(now, this.#seen) || this.#examine(this.#fd);
  }

  /** Like `#isOurs`, and closes the file: Windows keeps the name of an open file. */
  #isOursForRemoval(): boolean {
    const isOurs = this.#isOurs();
    this.#closeQuietly();
    return isOurs;
  }

  #closeQuietly(): void {
    try {
      this.#closeDescriptor();
    } catch {
      // The descriptor is closed even after an error, and no write through it counts any more.
    }
  }

  /** Opens the file at the path, and keeps it open if it is this owner's lock. */
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

  /** Reads an open file, and stores its snapshot if it is this owner's lock. */
  #examine(fd: number): boolean {
    // The snapshot is taken before the content is read, so that a write in between shows as a change later.
    const seen = statDescriptor(this.#node, fd);
    const content = readLockContent(new NodeFile(this.#node, fd, this.#path, false));
    if (decodeLockOwner(content)?.nonce !== this.#owner.nonce) return false;
    this.#seen = seen;
    return true;
  }

  #open(): number | undefined {
    try {
      const { O_RDONLY, O_RDWR } = this.#node.fs.constants;
      return openWithoutFollowing(this.#node, this.#path, this.#owner.leaseMs === undefined ? O_RDONLY : O_RDWR);
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
