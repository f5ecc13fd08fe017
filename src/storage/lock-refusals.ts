import { StoreError } from '../base/store-error.ts';
import { describeLockOwner, type LockOwner } from './lock-owner.ts';
import type { OwnerVerdict } from './owner-verdict.ts';

/** `LOCKED`, by this very thread: the lock cannot become free while the thread blocks. */
export class HeldHereError extends StoreError {
  constructor(message: string) {
    super('LOCKED', message);
  }
}

/** The errors of an attempt to take the lock of a directory. Each message says who holds the lock, and every way out. */
export class LockRefusals {
  readonly #directory: string;
  readonly #platform: string;

  /** `platform` is that of this process: its shell decides how a command line is quoted. */
  constructor(directory: string, platform: string) {
    this.#directory = directory;
    this.#platform = platform;
  }

  /** This thread holds the lock. It does not suggest to unlock, which is refused as well. */
  heldHere({ pid, since }: LockOwner): StoreError {
    const where = `${this.#directory} is already open in this process (${pid}, since ${since})`;
    return new HeldHereError(`${where}: close it there first`);
  }

  /** Another owner holds the lock, or the guard of a lock that it is taking over. */
  heldBy(owner: LockOwner, verdict: OwnerVerdict, file: 'lock' | 'guard'): StoreError {
    const { pid, since, leaseMs } = owner;
    if (verdict === 'thread' && leaseMs === undefined) {
      const where = `${this.#directory} is already open in this process (${pid}, since ${since}), by another thread`;
      const unlock = 'If you know that it is gone, call LogCache.unlock(directory)';
      return new StoreError('LOCKED', `${where}: close it there, or open it with readOnly: true. ${unlock}`);
    }
    const unlock = `If you know that it is gone, or that this directory is a copy, run: ${this.#unlockCommand()}`;
    const doing = file === 'lock' ? 'is open for writing by' : 'has a stale lock that is being taken over by';
    const doubt = verdict === 'unknown' ? ' (this process cannot find out whether it still runs)' : '';
    const wait =
      leaseMs === undefined
        ? 'wait for it with waitForLockMs'
        : `wait with waitForLockMs: ${2 * leaseMs} (its lease of ${leaseMs} ms ends once it no longer runs)`;
    const who = `${this.#directory} ${doing} ${describeLockOwner(owner)}${doubt}`;
    return new StoreError('LOCKED', `${who}: close it there, open it with readOnly: true, or ${wait}. ${unlock}`);
  }

  /** The file `name` is no valid lock. */
  unreadable(name: string): StoreError {
    return new StoreError(
      'LOCKED',
      `${this.#directory} is locked, but ${name} names no owner: a process is still writing it, or was killed ` +
        'while writing, or this is the directory of another program. Wait for it with waitForLockMs, or open the directory with readOnly: true. If you know that no ' +
        `process has it open, run: ${this.#unlockCommand()}`,
    );
  }

  /** The file `name` was removed, and a process that has it open keeps the name, as on Windows. */
  pending(name: string): StoreError {
    const what = `${this.#directory} is locked: ${name} was removed, and the process that held it has not closed it yet`;
    return new StoreError('LOCKED', `${what}: wait for it with waitForLockMs, or end it`);
  }

  /** The lock changed at every attempt. */
  contended(): StoreError {
    const what = `other processes keep taking and releasing the lock of ${this.#directory}`;
    return new StoreError('LOCKED', `${what}: wait for it with waitForLockMs`);
  }

  /** Removes the lock, run in a project that has this package. Quoted for the usual shell of the platform. */
  #unlockCommand(): string {
    return `npx projection-cache unlock ${quotedForShell(this.#directory, this.#platform)}`;
  }
}

/** A path as one word of a command line, in `cmd` and PowerShell on Windows, in a POSIX shell elsewhere. */
function quotedForShell(path: string, platform: string): string {
  // Windows allows no double quote in a path.
  if (platform === 'win32') return `"${path}"`;
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
