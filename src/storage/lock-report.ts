import { storageFailure } from '../base/storage-failure.ts';
import { isOnLocalVolume } from './local-volume.ts';
import { LOCK_NAME } from './lock-file.ts';
import { decodeLockOwner, type LockOwner } from './lock-owner.ts';
import { type NodePlatform, nodePlatform, resolveDirectory } from './node-fs.ts';
import { NodeLockFiles } from './node-lock-files.ts';
import { judgeOwner, type OwnerVerdict } from './owner-verdict.ts';
import { NodeProcessProbe } from './process-identity.ts';

/** The lock of a directory as it lies there. */
export interface LockReport {
  /** `undefined` if the file names no owner. */
  readonly owner: LockOwner | undefined;
  /** Whether the owner runs, as this process sees it. Without an owner `'unknown'`. A lease that may have ended is ignored. */
  readonly verdict: OwnerVerdict;
  /** When the file was last written, in milliseconds since the Unix epoch: with a lease, its last renewal. */
  readonly modifiedMs: number;
}

/** Reads the lock of a directory and changes nothing; `undefined` if there is none. Throws `IO`. */
export function reportLock(directory: string, node: NodePlatform = nodePlatform()): LockReport | undefined {
  const path = resolveDirectory(node, directory);
  try {
    const look = new NodeLockFiles(node, path).look(LOCK_NAME);
    if (look === undefined) return undefined;
    const owner = decodeLockOwner(look.content);
    return {
      owner,
      verdict: owner === undefined ? 'unknown' : verdictOn(owner, path, node),
      modifiedMs: look.modifiedMs,
    };
  } catch (error) {
    throw storageFailure(`read the lock of ${path}`, error);
  }
}

function verdictOn(owner: LockOwner, path: string, node: NodePlatform): OwnerVerdict {
  const probe = new NodeProcessProbe(node);
  const self: LockOwner = {
    ...probe.identity(),
    nonce: '',
    since: new Date(node.now()).toISOString(),
    localVolume: isOnLocalVolume(node, path),
  };
  return judgeOwner(owner, self, (pid) => probe.look(pid));
}
