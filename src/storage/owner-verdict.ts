import type { LockOwner } from './lock-owner.ts';
import type { ProcessSight } from './process-identity.ts';

/**
 * What can be said of the process that holds a lock. `gone` is a proof and the only verdict on which a lock is taken over;
 * `self` is the asking thread, `thread` another one of its process; `unknown` is everything that cannot be told from here.
 */
export type OwnerVerdict = 'self' | 'thread' | 'running' | 'gone' | 'unknown';

/** Where every process of the machine has one number that all others can see. Elsewhere there are namespaces or jails. */
const PLATFORMS_WITHOUT_NAMESPACES: ReadonlySet<string> = new Set(['darwin', 'win32']);

/** The namespace a Linux kernel starts in; it has this number on every machine, and no container is in it unasked. */
const INITIAL_PID_NAMESPACE = 'pid:[4026531836]';

/**
 * Judges the owner of a lock, as seen by `self`. Proofs that it is gone:
 *
 * 1. *No such process.* Both see the same processes, and none has its pid, or the one that has it has ended.
 * 2. *Reused pid.* Both see the same processes and the same clock, and the one with its pid started at another time.
 * 3. *Reboot*; see `isBeforeReboot`.
 *
 * Another host, and another container on the same host, prove nothing: a process there may run unseen. A container that is
 * started again after a kill is therefore locked out where it got a new pid namespace.
 */
export function judgeOwner(owner: LockOwner, self: LockOwner, look: (pid: number) => ProcessSight): OwnerVerdict {
  if (!seeSameProcesses(owner, self)) return isBeforeReboot(owner, self) ? 'gone' : 'unknown';
  const sight = look(owner.pid);
  if (sight === 'absent' || sight === 'ended') return 'gone';
  const comparable =
    owner.startTime !== undefined && sight.startTime !== undefined && owner.timeNamespace === self.timeNamespace;
  if (!comparable) return 'unknown';
  if (owner.startTime !== sight.startTime) return 'gone';
  return owner.pid === self.pid ? 'thread' : 'running';
}

/**
 * Whether a pid means the same to both. The number of a pid namespace is given out again once all processes in it are gone;
 * then the owner is gone as well, and what `look` says of its pid is still true of it.
 */
function seeSameProcesses(owner: LockOwner, self: LockOwner): boolean {
  if (owner.platform !== self.platform) return false;
  if (PLATFORMS_WITHOUT_NAMESPACES.has(self.platform)) return owner.host === self.host;
  return isKnownAndEqual(owner.bootId, self.bootId) && isKnownAndEqual(owner.pidNamespace, self.pidNamespace);
}

/**
 * Whether the owner belongs to an earlier run of the system that `self` runs on. Another boot id alone proves nothing: the
 * owner may run on another machine that shares the directory, and a machine id would not tell, for machines made from one
 * image have the same. But a volume such as ext4 is mounted by one kernel at a time. Where both saw the directory on such a
 * volume, neither through a network, and the boot id is another one, the kernel of the owner runs no more. Container
 * managers that give each container a boot id of its own are ruled out by asking that both were in the first pid
 * namespace of their kernel; the same host name is asked for on top, against what is not foreseen here.
 */
function isBeforeReboot(owner: LockOwner, self: LockOwner): boolean {
  if (owner.platform !== 'linux' || self.platform !== 'linux' || owner.host !== self.host) return false;
  if (owner.bootId === undefined || self.bootId === undefined || owner.bootId === self.bootId) return false;
  if (owner.pidNamespace !== INITIAL_PID_NAMESPACE || self.pidNamespace !== INITIAL_PID_NAMESPACE) return false;
  return owner.localVolume && self.localVolume;
}

function isKnownAndEqual(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && one === other;
}
