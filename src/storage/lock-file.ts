import { StoreError } from '../base/store-error.ts';
import { decodeLockOwner, encodeLockOwner, type LockOwner } from './lock-owner.ts';
import { LockRefusals } from './lock-refusals.ts';
import type { OwnerVerdict } from './owner-verdict.ts';

export const LOCK_NAME = 'LOCK';
/** Matches guards and drafts, but not `LOCK` itself. */
const GUARD_OR_DRAFT = /^LOCK\.[0-9a-f]{32}(\.new)?$/;
/** How many times to retry because the lock vanished or changed owner during an attempt. */
const ROUNDS_MAX = 1_000;

/** The few file operations that the protocol needs. All of them are atomic for other processes, except `create`. */
export interface LockFiles {
  /**
   * Creates a file with durable content; `false` if the name exists. Other processes may see the file before it is
   * complete.
   */
  create(name: string, content: string): boolean;
  /** Creates a hard link. */
  link(existing: string, name: string): 'linked' | 'taken' | 'absent' | 'unsupported';
  /** The content of a file; `undefined` if it does not exist. */
  read(name: string): string | undefined;
  /** Removes a file. Does nothing if it does not exist. */
  remove(name: string): void;
  list(): string[];
}

/**
 * A lock operation as a generator. It yields between any two steps that other processes can see, so that tests can
 * interleave them.
 */
export type LockSteps<Result> = Generator<undefined, Result, undefined>;

/** Runs all steps at once. The operating system decides what other processes do in between. */
export function runSteps<Result>(steps: LockSteps<Result>): Result {
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

/**
 * One owner's side of the lock protocol of a directory.
 *
 * To acquire a name, the owner links a complete *draft* file to it. So a lock is readable from the moment it exists,
 * and a process killed midway leaves only a draft, which blocks no other process. Where hard links are unsupported, the
 * name is created and written in two steps. A lock without content may then be one that is still being written, so it
 * is never taken over: only the user can say that no process is writing it.
 *
 * Invariants, with n the nonce of an owner that is gone:
 * 1. A file that holds n is removed only by the holder of the guard `LOCK.n`, after deciding under the guard that the
 *    file still holds n and that n is gone. A guard is acquired like the lock, and a guard of an owner that is gone is
 *    removed by this same rule.
 * 2. A file that holds the nonce of a living owner is removed only by that owner. (`unlock` breaks this; its caller is
 *    responsible.) An owner whose lease may have ended counts as gone, until it has renewed the lease under the guard of
 *    its own nonce.
 * 3. Once `LOCK` has held n and no longer does, it never holds n again. From then on the guard `LOCK.n`, and the guards
 *    of that guard, protect nothing: the lock holder may remove them, and a process that still acquires one finds
 *    nothing to remove under it.
 * 4. An owner that has released its nonce is gone for its own thread and living for all others. The same is true of an
 *    owner whose nonce is in a copy of its lock. So 1 and 2 both apply, without conflict: a thread performs one of the
 *    two at a time, and reads the file again before each removal.
 *
 * By 1, 2 and 4, the content of `LOCK` does not change between the read and the removal; so no process removes a living
 * lock.
 */
export class LockFile {
  readonly #files: LockFiles;
  readonly #judge: (owner: LockOwner, name: string) => OwnerVerdict;
  readonly #owner: LockOwner;
  readonly #refusals: LockRefusals;
  readonly #content: string;
  readonly #draft: string;
  #removalFailed = false;

  /** `judge` decides whether the owner that a file names is gone; `directory` names the directory in messages. */
  constructor(
    files: LockFiles,
    judge: (owner: LockOwner, name: string) => OwnerVerdict,
    owner: LockOwner,
    directory: string,
  ) {
    this.#files = files;
    this.#judge = judge;
    this.#owner = owner;
    this.#refusals = new LockRefusals(directory, owner.platform);
    this.#content = encodeLockOwner(owner);
    this.#draft = draftName(owner.nonce);
  }

  /** Whether a draft or a guard with this owner's nonce could not be removed. */
  get removalFailed(): boolean {
    return this.#removalFailed;
  }

  /**
   * Takes the lock and returns the stale owner it was taken from, if any. Throws `LOCKED`, and errors of the files.
   * After an error of the files the lock may have been taken nevertheless (the result was lost), so the caller must
   * release it.
   */
  *take(): LockSteps<LockOwner | undefined> {
    let stale: LockOwner | undefined;
    try {
      stale = yield* this.#acquire(LOCK_NAME);
    } catch (error) {
      yield* this.#tryRemove(this.#draft);
      throw error;
    }
    yield* this.#removeGuardsAndDrafts();
    return stale;
  }

  /**
   * Removes the lock if this owner still holds it: by `isOurs`, or by the file's content. May be retried after an
   * error.
   */
  *release(isOurs: () => boolean = () => this.#holds(LOCK_NAME, this.#owner.nonce)): LockSteps<void> {
    yield;
    if (!isOurs()) return;
    yield;
    this.#files.remove(LOCK_NAME);
  }

  /**
   * Runs `renew` while no other process can take over the lock of `nonce`, whose lease may have ended; `false` if the lock
   * holds another nonce. Throws `LOCKED` if another process is taking it over. The caller is the owner `nonce`; this
   * `LockFile` has a nonce of its own, as a guard with the nonce it guards could never be removed.
   */
  *renewUnderGuard(nonce: string, renew: () => void): LockSteps<boolean> {
    const guard = guardName(nonce);
    try {
      yield* this.#acquire(guard);
      yield;
      if (!this.#holds(LOCK_NAME, nonce)) return false;
      yield;
      renew();
      return true;
    } finally {
      yield* this.#withdraw(guard);
      yield* this.#tryRemove(this.#draft);
    }
  }

  #holds(name: string, nonce: string): boolean {
    return this.#ownerOf(name)?.nonce === nonce;
  }

  #ownerOf(name: string): LockOwner | undefined {
    return decodeLockOwner(this.#files.read(name) ?? '');
  }

  /** Makes `name` hold this owner's content; returns the last stale owner it was taken from. */
  *#acquire(name: string): LockSteps<LockOwner | undefined> {
    try {
      return yield* this.#acquireInRounds(name);
    } catch (error) {
      // If the result of a link was lost, the name may hold this owner's content.
      if (!(error instanceof StoreError)) yield* this.#withdraw(name);
      throw error;
    }
  }

  *#acquireInRounds(name: string): LockSteps<LockOwner | undefined> {
    let stale: LockOwner | undefined;
    for (let round = 0; round < ROUNDS_MAX; round++) {
      if (yield* this.#put(name)) return stale;
      yield;
      const content = this.#files.read(name);
      if (content === undefined) continue;
      const owner = decodeLockOwner(content);
      if (owner === undefined) throw this.#refusals.unreadable(name);
      // A network can lose the result of a link. The retry then reports that the name exists: this owner created it.
      if (owner.nonce === this.#owner.nonce) return stale;
      yield;
      const verdict = this.#judge(owner, name);
      if (verdict === 'self') throw this.#refusals.heldHere(owner);
      if (verdict !== 'gone') throw this.#refusals.heldBy(owner, verdict, name === LOCK_NAME ? 'lock' : 'guard');
      if (yield* this.#removeStale(name, owner.nonce)) stale = owner;
    }
    throw this.#refusals.contended();
  }

  /** Removes a file of an owner that is gone; `false` if another process did, or the owner has renewed its lease. */
  *#removeStale(name: string, nonce: string): LockSteps<boolean> {
    const guard = guardName(nonce);
    yield* this.#acquire(guard);
    try {
      yield;
      const owner = this.#ownerOf(name);
      if (owner?.nonce !== nonce || this.#judge(owner, name) !== 'gone') return false;
      yield;
      this.#files.remove(name);
      return true;
    } finally {
      yield* this.#withdraw(guard);
    }
  }

  /** Makes `name` hold this owner's content; `false` if it exists. Creates the draft if it is missing. */
  *#put(name: string): LockSteps<boolean> {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      yield;
      const result = this.#files.link(this.#draft, name);
      if (result === 'linked') return true;
      if (result === 'taken') return false;
      yield;
      if (result === 'unsupported') return this.#files.create(name, this.#content);
      // The draft was not created yet, or another process took the lock meanwhile and removed it.
      this.#files.create(this.#draft, this.#content);
    }
    throw this.#refusals.contended();
  }

  /**
   * Removes this owner's draft and the files of killed processes. All of them are useless while this owner holds the
   * lock, by 3.
   */
  *#removeGuardsAndDrafts(): LockSteps<void> {
    yield;
    for (const name of this.#tryList()) {
      if (isGuardOrDraft(name)) yield* this.#tryRemove(name);
    }
  }

  /** A directory that cannot be listed does not fail the lock; then only this owner's draft is known. */
  #tryList(): string[] {
    try {
      return this.#files.list();
    } catch {
      return [this.#draft];
    }
  }

  /** Removes `name` if it holds this owner's content. */
  *#withdraw(name: string): LockSteps<void> {
    yield;
    try {
      if (!this.#holds(name, this.#owner.nonce)) return;
    } catch {
      this.#removalFailed = true;
      return;
    }
    yield* this.#tryRemove(name);
  }

  /** Removes a draft or a guard. A failure does not fail the lock; the next holder of the lock tries again. */
  *#tryRemove(name: string): LockSteps<void> {
    yield;
    try {
      this.#files.remove(name);
    } catch {
      this.#removalFailed = true;
    }
  }
}

/** Whether a file is a guard or a draft. */
export function isGuardOrDraft(name: string): boolean {
  return GUARD_OR_DRAFT.test(name);
}

/** The name of an owner's draft. */
export function draftName(nonce: string): string {
  return `${guardName(nonce)}.new`;
}

function guardName(nonce: string): string {
  return `${LOCK_NAME}.${nonce}`;
}
