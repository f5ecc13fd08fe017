import type { LockOwner } from './lock-owner.ts';
import { hasOnePidSpace, type ProcessState } from './process-identity.ts';

/**
 * What is known about the process that holds a lock. `gone` is proven, and the only verdict that allows taking the lock
 * over. `self` is the asking thread, `thread` another thread of its process, and `unknown` means that no conclusion is
 * possible.
 */
export type OwnerVerdict = 'self' | 'thread' | 'running' | 'gone' | 'unknown';

/** How far two computed start times of one system may differ: some clocks are read in whole seconds ... */
const BOOT_TIME_SLACK_MS = 2_000;
/** ... and clocks drift from, or are slewed against, the uptime by at most this factor: 0.36 seconds an hour. */
const CLOCK_DRIFT = 1e-4;

/**
 * The initial pid namespace of a Linux kernel. It has this number on every machine; a container joins it only on
 * request.
 */
const INITIAL_PID_NAMESPACE = 'pid:[4026531836]';

/**
 * Judges the owner of a lock, as seen by `self`. It is proven gone in three cases:
 * 1. *No such process.* Both see the same processes, and none has its pid, or the process with its pid has ended.
 * 2. *Reused pid.* Both see the same processes and the same clock, and the process with its pid started at another
 *    time.
 * 3. *Reboot*; see `isBeforeReboot`.
 *
 * Another host, or another container on the same host, proves nothing: its processes are invisible here. So a container
 * that is restarted after a kill stays locked out if it gets a new pid namespace.
 */
export function judgeOwner(owner: LockOwner, self: LockOwner, look: (pid: number) => ProcessState): OwnerVerdict {
  if (!seeSameProcesses(owner, self)) return isBeforeReboot(owner, self) ? 'gone' : 'unknown';
  const state = look(owner.pid);
  if (state === 'absent' || state === 'ended') return 'gone';
  const comparable =
    owner.startTime !== undefined && state.startTime !== undefined && owner.timeNamespace === self.timeNamespace;
  if (!comparable) return 'unknown';
  if (owner.startTime !== state.startTime) return 'gone';
  return owner.pid === self.pid ? 'thread' : 'running';
}

/**
 * Whether a pid means the same process to both. The kernel reuses the number of a pid namespace only after all its
 * processes have ended; then the owner is gone too, and what `look` reports about its pid is still correct.
 */
function seeSameProcesses(owner: LockOwner, self: LockOwner): boolean {
  if (owner.platform !== self.platform) return false;
  if (hasOnePidSpace(self.platform)) return isSameSystem(owner, self);
  return isKnownAndEqual(owner.bootId, self.bootId) && isKnownAndEqual(owner.pidNamespace, self.pidNamespace);
}

/**
 * Whether both are in the same run of the same system, for systems without a boot id. The host name proves nothing: two
 * machines that share the directory may have the same name, and macOS changes its own. So two independent facts must
 * agree. The network addresses may equal those of a machine made from the same image, but that one started at another
 * time. The start times may agree for machines that are switched on together, but those have other addresses. A clock
 * that was set in between moves the computed start time, which only leads to `unknown`. After a restart nothing is
 * proven.
 */
function isSameSystem(owner: LockOwner, self: LockOwner): boolean {
  if (!isKnownAndEqual(owner.machine, self.machine)) return false;
  if (owner.bootTimeMs === undefined || self.bootTimeMs === undefined) return false;
  const elapsed = Math.max(0, Date.parse(self.since) - Date.parse(owner.since));
  return Math.abs(owner.bootTimeMs - self.bootTimeMs) <= BOOT_TIME_SLACK_MS + elapsed * CLOCK_DRIFT;
}

/**
 * Whether the owner belongs to an earlier run of the system that `self` runs on. A different boot id alone proves
 * nothing: the owner may run on another machine that shares the directory, and machine ids do not help, as machines
 * made from one image have the same id. But a volume such as ext4 is mounted by one kernel at a time. If both saw the
 * directory on such a volume, without a network in between, and the boot ids differ, then the kernel of the owner no
 * longer runs. Some container managers assign each container its own boot id. To rule those out, both must have been in
 * the initial pid namespace of their kernel. The same host name is required as well, as a precaution.
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
