import { StoreError } from '../base/store-error.ts';
import { decodeLockOwner, describeLockOwner, encodeLockOwner, type LockOwner } from './lock-owner.ts';
import type { OwnerVerdict } from './owner-verdict.ts';

export const LOCK_NAME = 'LOCK';
/** Guards and drafts. `LOCK` itself is not among them. */
const LEFTOVER = /^LOCK\.[0-9a-f]{32}(\.new)?$/;
/** Rounds in which the lock vanished or changed hands while it was being taken. */
const ROUNDS_MAX = 1_000;
/** The last way out of each refusal. */
const UNLOCK = 'call LogCache.unlock(directory)';

/** The few verbs on files the protocol needs. Each happens at once as others see it, except `create`. */
export interface LockFiles {
  /** Makes a file with a durable content; `false` when the name is taken. Others may see it with less than its content. */
  create(name: string, content: string): boolean;
  /** Gives a file a second name. */
  link(existing: string, name: string): 'linked' | 'taken' | 'absent' | 'unsupported';
  /** `undefined` when there is none. */
  read(name: string): string | undefined;
  /** An absent file is no error. */
  remove(name: string): void;
  list(): string[];
}

/** Work that lets others run wherever it yields: between any two steps that they could see. */
export type Steps<Result> = Generator<undefined, Result, undefined>;

/** Does the work in one go, as processes do: what the others do in between is up to the operating system. */
export function runSteps<Result>(steps: Steps<Result>): Result {
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

/**
 * One owner's way to the lock of a directory.
 *
 * A name is *claimed* by linking a draft to it, a file that is complete by then: so a lock can be read from the moment it
 * exists, and a process killed on the way leaves a draft that is in nobody's way. Where links are unsupported, the name is
 * created and written in two steps. A lock without its content may then be one about to be written, so it is never taken
 * over; it is for the user to say that nobody is there.
 *
 * Invariants, with n the nonce of an owner that is gone:
 * 1. A file that holds n is removed only by the holder of the guard `LOCK.n`, after reading under the guard that the file
 *    still holds n. Guards are claimed as the lock is, with this rule for guards left by owners that are gone.
 * 2. A file that holds the nonce of a living owner is removed only by that owner. (`unlock` breaks this; the caller vouches.)
 * 3. Once `LOCK` has held n and does no more it never will again. From then on the guard `LOCK.n`, and the guards of that,
 *    guard nothing: whoever holds the lock may remove them, whoever still claims one will find nothing to remove under it.
 * 4. An owner that has given its nonce up is gone for its own thread and living for all others, and so is one whose nonce
 *    stands in a copy of its lock. So 1 and 2 both apply, and do not meet: a thread does one of the two at a time, and
 *    looks at the file again before each removal.
 *
 * By 1, 2 and 4, what `LOCK` holds does not change between the reading and the removing; so nobody removes a living lock.
 */
export class LockFile {
  readonly #files: LockFiles;
  readonly #judge: (owner: LockOwner, name: string) => OwnerVerdict;
  readonly #owner: LockOwner;
  readonly #directory: string;
  readonly #content: string;
  readonly #draft: string;
  #leftSomething = false;

  /** `judge` says what became of the owner that a file names; `directory` is what messages call the directory. */
  constructor(
    files: LockFiles,
    judge: (owner: LockOwner, name: string) => OwnerVerdict,
    owner: LockOwner,
    directory: string,
  ) {
    this.#files = files;
    this.#judge = judge;
    this.#owner = owner;
    this.#directory = directory;
    this.#content = encodeLockOwner(owner);
    this.#draft = draftName(owner.nonce);
  }

  /** Whether a draft or a guard with this owner's nonce could not be removed. */
  get leftSomething(): boolean {
    return this.#leftSomething;
  }

  /**
   * Takes the lock and returns its stale owner, if there was one. Throws `LOCKED`, and what the files throw; then the lock
   * may have been taken all the same, when the answer was lost, and is to be released.
   */
  *take(): Steps<LockOwner | undefined> {
    let stale: LockOwner | undefined;
    try {
      stale = yield* this.#claim(LOCK_NAME);
    } catch (error) {
      yield* this.#tryRemove(this.#draft);
      throw error;
    }
    yield* this.#sweep();
    return stale;
  }

  /** Removes the lock if it is still this owner's, as `isOurs` says or else the file. One that failed may be repeated. */
  *release(isOurs: () => boolean = () => this.#holds(LOCK_NAME, this.#owner.nonce)): Steps<void> {
    yield;
    if (!isOurs()) return;
    yield;
    this.#files.remove(LOCK_NAME);
  }

  #holds(name: string, nonce: string): boolean {
    const content = this.#files.read(name);
    return content !== undefined && decodeLockOwner(content)?.nonce === nonce;
  }

  /** Makes `name` hold our content; returns the last stale owner it was taken from. */
  *#claim(name: string): Steps<LockOwner | undefined> {
    try {
      return yield* this.#claimInRounds(name);
    } catch (error) {
      // Where the answer to a link was lost, the name may be ours.
      if (!(error instanceof StoreError)) yield* this.#withdraw(name);
      throw error;
    }
  }

  *#claimInRounds(name: string): Steps<LockOwner | undefined> {
    let stale: LockOwner | undefined;
    for (let round = 0; round < ROUNDS_MAX; round++) {
      if (yield* this.#put(name)) return stale;
      yield;
      const content = this.#files.read(name);
      if (content === undefined) continue;
      const owner = decodeLockOwner(content);
      if (owner === undefined) throw this.#unreadable(name);
      // The answer to a link over a network can be lost, and asking again then says that the name is taken: by us.
      if (owner.nonce === this.#owner.nonce) return stale;
      yield;
      const verdict = this.#judge(owner, name);
      if (verdict !== 'gone') throw this.#locked(name, owner, verdict);
      if (yield* this.#removeStale(name, owner.nonce)) stale = owner;
    }
    throw new StoreError('LOCKED', `${this.#directory} changes hands all the time; try again`);
  }

  /** Removes a file of an owner that is gone; `false` when somebody else did. */
  *#removeStale(name: string, nonce: string): Steps<boolean> {
    const guard = guardName(nonce);
    yield* this.#claim(guard);
    try {
      yield;
      if (!this.#holds(name, nonce)) return false;
      yield;
      this.#files.remove(name);
      return true;
    } finally {
      yield* this.#tryRemove(guard);
    }
  }

  /** Gives `name` our content; `false` when it is taken. The draft is made when it turns out to be missing. */
  *#put(name: string): Steps<boolean> {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      yield;
      const result = this.#files.link(this.#draft, name);
      if (result === 'linked') return true;
      if (result === 'taken') return false;
      yield;
      if (result === 'unsupported') return this.#files.create(name, this.#content);
      // Not made yet, or swept away by one who took the lock meanwhile.
      this.#files.create(this.#draft, this.#content);
    }
    throw new StoreError('LOCKED', `${this.#directory} changes hands all the time; try again`);
  }

  /** Removes our draft and what takers that were killed left: while we hold the lock, all of it is useless by 3. */
  *#sweep(): Steps<void> {
    yield;
    for (const name of this.#tryList()) {
      if (isLeftover(name)) yield* this.#tryRemove(name);
    }
  }

  /** A directory that cannot be listed now must not cost us the lock; then only our draft is known. */
  #tryList(): string[] {
    try {
      return this.#files.list();
    } catch {
      return [this.#draft];
    }
  }

  /** Removes `name` if it holds our content. */
  *#withdraw(name: string): Steps<void> {
    yield;
    try {
      if (!this.#holds(name, this.#owner.nonce)) return;
    } catch {
      this.#leftSomething = true;
      return;
    }
    yield* this.#tryRemove(name);
  }

  /** Removes a draft or a guard. One that will not go must not cost us the lock; the next who holds it tries again. */
  *#tryRemove(name: string): Steps<void> {
    yield;
    try {
      this.#files.remove(name);
    } catch {
      this.#leftSomething = true;
    }
  }

  #locked(name: string, owner: LockOwner, verdict: OwnerVerdict): StoreError {
    if (verdict === 'self') return openInThisProcess(this.#directory, owner);
    const unlock = `if you know that it is gone, or that this directory is a copy, ${UNLOCK}`;
    if (verdict === 'thread') {
      const where = `${this.#directory} is already open in this process (${owner.pid}, since ${owner.since})`;
      return new StoreError('LOCKED', `${where}, by another thread: close it there, or ${unlock}`);
    }
    const doing = name === LOCK_NAME ? 'is open for writing in' : 'has a stale lock that is being taken over by';
    const doubt = verdict === 'unknown' ? ' (whether that still runs cannot be told from here)' : '';
    return new StoreError(
      'LOCKED',
      `${this.#directory} ${doing} ${describeLockOwner(owner)}${doubt}: close it there, or ${unlock}`,
    );
  }

  #unreadable(name: string): StoreError {
    return new StoreError(
      'LOCKED',
      `${this.#directory} is locked, but ${name} does not say by whom: a process is writing it just now, or was killed ` +
        `doing so. Try again, and if you know that nobody has it open ${UNLOCK}`,
    );
  }
}

/** Whether a file is a guard or a draft. */
export function isLeftover(name: string): boolean {
  return LEFTOVER.test(name);
}

/** The error for a second opening within one thread. `unlock` is no remedy: it refuses as well. */
export function openInThisProcess(directory: string, owner: LockOwner): StoreError {
  return new StoreError(
    'LOCKED',
    `${directory} is already open in this process (${owner.pid}, since ${owner.since}): close it there first`,
  );
}

/** What a taker with this nonce calls its draft. */
export function draftName(nonce: string): string {
  return `${guardName(nonce)}.new`;
}

function guardName(nonce: string): string {
  return `${LOCK_NAME}.${nonce}`;
}
