import type { LockOwner } from './lock-owner.ts';
import { hasOnePidSpace, type ProcessSight } from './process-identity.ts';

/**
 * What can be said of the process that holds a lock. `gone` is a proof and the only verdict on which a lock is taken over;
 * `self` is the asking thread, `thread` another one of its process; `unknown` is everything that cannot be told from here.
 */
export type OwnerVerdict = 'self' | 'thread' | 'running' | 'gone' | 'unknown';

/** How far apart two looks at the start of one system may put it: clocks are read in whole seconds in places ... */
const BOOT_TIME_SLACK_MS = 2_000;
/** ... and drift from the count of seconds since the start, or are led, by so much at most: 0.36 seconds an hour. */
const CLOCK_DRIFT = 1e-4;

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
  if (hasOnePidSpace(self.platform)) return isSameSystem(owner, self);
  return isKnownAndEqual(owner.bootId, self.bootId) && isKnownAndEqual(owner.pidNamespace, self.pidNamespace);
}

/**
 * Whether both are in one run of one system, where there is no boot id. The host name proves nothing: two machines that
 * share the directory may have the same, and macOS changes its own. So two things must agree that have nothing to do with
 * each other. The addresses of the machine may be those of another one made from the same image, and that started at
 * another time. The times of start may agree for machines that are switched on together, and those have other addresses.
 * A clock that was set in between puts the start elsewhere; that, too, is only a doubt. After a restart nothing is proven.
 */
function isSameSystem(owner: LockOwner, self: LockOwner): boolean {
  if (!isKnownAndEqual(owner.machine, self.machine)) return false;
  if (owner.bootTimeMs === undefined || self.bootTimeMs === undefined) return false;
  const elapsed = Math.max(0, Date.parse(self.since) - Date.parse(owner.since));
  return Math.abs(owner.bootTimeMs - self.bootTimeMs) <= BOOT_TIME_SLACK_MS + elapsed * CLOCK_DRIFT;
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
