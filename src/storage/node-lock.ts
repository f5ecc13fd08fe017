import { storageFailure } from '../base/storage-failure.ts';
import { errnoOf } from '../base/store-error.ts';
import { leaseTime } from './held-lease.ts';
import { LeaseWatch } from './lease-watch.ts';
import { isOnLocalVolume } from './local-volume.ts';
import { draftName, isGuardOrDraft, LOCK_NAME, LockFile, runSteps } from './lock-file.ts';
import { decodeLockOwner, type LockOwner } from './lock-owner.ts';
import { LockRefusals } from './lock-refusals.ts';
import { type NodePlatform, nodePlatform, resolveDirectory } from './node-fs.ts';
import { NodeLockFiles } from './node-lock-files.ts';
import { judgeOwner, type OwnerVerdict } from './owner-verdict.ts';
import { NodeProcessProbe } from './process-identity.ts';
import { retryBriefly } from './retry.ts';
import type { LockTerms, StorageLock } from './storage-backend.ts';
import { type Guardian, TakenLock } from './taken-lock.ts';
import { threadLocks } from './thread-locks.ts';

/**
 * Takes the lock of a directory, given as an absolute path. `watch` remembers the locks of other owners from one attempt to
 * the next. Throws `StoreError` `LOCKED`, and errors of the platform.
 * After an error the failed attempt blocks no process; if its files cannot be removed, it does at least not block this
 * process.
 */
export function takeNodeLock(
  node: NodePlatform,
  directory: string,
  { leaseMs, onRenewedLate, watch = new LeaseWatch(node) }: LockTerms & { readonly watch?: LeaseWatch } = {},
): StorageLock {
  const since = leaseTime(node);
  const probe = new NodeProcessProbe(node);
  const owner: LockOwner = {
    ...probe.identity(),
    nonce: node.nonce(),
    since: new Date(since.now).toISOString(),
    localVolume: isOnLocalVolume(node, directory),
    leaseMs,
  };
  const files = new NodeLockFiles(node, directory);
  /** The nonces of owners that may live, although their leases have ended. */
  const ended = new Set<string>();
  const lockFileOf = (self: LockOwner): LockFile => {
    const draft = draftName(self.nonce);
    const judge = (other: LockOwner, name: string): OwnerVerdict => {
      const verdict =
        threadLocks.judge(other.nonce, files.pathOf(name), files.pathOf(draft)) ??
        judgeOwner(other, self, (pid) => probe.look(pid));
      if (verdict === 'gone' || verdict === 'self' || other.leaseMs === undefined) return verdict;
      if (!watch.hasEnded(files, name, draft, other.leaseMs)) return verdict;
      ended.add(other.nonce);
      return 'gone';
    };
    return new LockFile(files, judge, self, directory);
  };
  const lockFile = lockFileOf(owner);
  const guardian = (): Guardian => {
    const nonce = node.nonce();
    return { lockFile: lockFileOf({ ...owner, nonce }), nonce };
  };
  try {
    const stale = runSteps(lockFile.take());
    const byLease = stale !== undefined && ended.has(stale.nonce);
    return new TakenLock({ node, files, lockFile, owner, guardian, stale, byLease, since, onRenewedLate });
  } catch (error) {
    abandon(node, lockFile, owner.nonce);
    throw error;
  }
}

/** Removes the files of a failed attempt. The original error is more useful than one that happens here. */
function abandon(node: NodePlatform, lockFile: LockFile, nonce: string): void {
  try {
    retryBriefly(node, () => runSteps(lockFile.release()));
    if (!lockFile.removalFailed) return;
  } catch {
    // The remaining files hold this owner's nonce, which this thread then treats as gone.
  }
  threadLocks.release(nonce);
}

/**
 * Removes the lock of a directory and its guards and drafts, whoever holds it: for callers who know that no process
 * does. Does nothing if the directory or the lock does not exist. Throws `StoreError` `LOCKED` if this thread holds the
 * lock (but not if the lock is a copy of one it holds), and `IO` if the platform refuses.
 */
export function unlock(directory: string, node: NodePlatform = nodePlatform()): void {
  const path = resolveDirectory(node, directory);
  const files = new NodeLockFiles(node, path);
  try {
    const owner = decodeLockOwner(files.read(LOCK_NAME) ?? '');
    const held = owner === undefined ? undefined : threadLocks.held(owner.nonce);
    if (owner !== undefined && held?.isAt(files.pathOf(LOCK_NAME)) === true) {
      throw new LockRefusals(path, owner.platform).heldHere(owner);
    }
    for (const name of files.list()) {
      if (isGuardOrDraft(name)) files.remove(name);
    }
    files.remove(LOCK_NAME);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw storageFailure(`unlock ${path}`, error);
  }
}
