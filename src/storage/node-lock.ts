import { storageFailure } from '../base/storage-failure.ts';
import { errnoOf } from '../base/store-error.ts';
import { isOnLocalVolume } from './local-volume.ts';
import { draftName, isLeftover, LOCK_NAME, LockFile, openInThisProcess, runSteps } from './lock-file.ts';
import { decodeLockOwner, type LockOwner } from './lock-owner.ts';
import { type NodePlatform, nodePlatform, resolveDirectory } from './node-fs.ts';
import { NodeLockFiles } from './node-lock-files.ts';
import { judgeOwner, type OwnerVerdict } from './owner-verdict.ts';
import { patiently } from './patiently.ts';
import { NodeProcessProbe } from './process-identity.ts';
import type { StorageLock } from './storage-backend.ts';
import { TakenLock } from './taken-lock.ts';
import { threadLocks } from './thread-locks.ts';

/**
 * Takes the lock of a directory, given as an absolute path. Throws `StoreError` `LOCKED`, and errors of the platform; then
 * nothing of this taking bars anybody, and if its files cannot be removed, at least not this process.
 */
export function takeNodeLock(node: NodePlatform, directory: string): StorageLock {
  const probe = new NodeProcessProbe(node);
  const owner: LockOwner = {
    ...probe.identity(),
    nonce: node.nonce(),
    since: new Date(node.now()).toISOString(),
    localVolume: isOnLocalVolume(node, directory),
  };
  const files = new NodeLockFiles(node, directory);
  const draft = files.pathOf(draftName(owner.nonce));
  const judge = (other: LockOwner, name: string): OwnerVerdict =>
    threadLocks.judge(other.nonce, files.pathOf(name), draft) ?? judgeOwner(other, owner, (pid) => probe.look(pid));
  const lockFile = new LockFile(files, judge, owner, directory);
  try {
    const stale = runSteps(lockFile.take());
    return new TakenLock({ node, files, lockFile, owner, stale });
  } catch (error) {
    abandon(node, lockFile, owner.nonce);
    throw error;
  }
}

/** Removes what a taking that failed may have left. The failure itself says more than one that happens here. */
function abandon(node: NodePlatform, lockFile: LockFile, nonce: string): void {
  try {
    patiently(node, () => runSteps(lockFile.release()));
    if (!lockFile.leftSomething) return;
  } catch {
    // What is left has our nonce, and this thread will know what that is worth.
  }
  threadLocks.giveUp(nonce);
}

/**
 * Removes the lock of a directory and what belongs to it, whoever it says holds it: for callers who know that nobody does.
 * A directory without a lock, and an absent one, are left as they are. Throws `StoreError` `LOCKED` when this thread holds
 * that very lock and not the one it is a copy of, `IO` when the platform refuses.
 */
export function unlock(directory: string, node: NodePlatform = nodePlatform()): void {
  const path = resolveDirectory(node, directory);
  const files = new NodeLockFiles(node, path);
  try {
    const owner = decodeLockOwner(files.read(LOCK_NAME) ?? '');
    const held = owner === undefined ? undefined : threadLocks.held(owner.nonce);
    if (owner !== undefined && held?.isAt(files.pathOf(LOCK_NAME)) === true) throw openInThisProcess(path, owner);
    for (const name of files.list()) {
      if (isLeftover(name)) files.remove(name);
    }
    files.remove(LOCK_NAME);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw storageFailure(`unlock ${path}`, error);
  }
}
