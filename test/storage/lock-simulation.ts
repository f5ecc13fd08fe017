import { StoreError } from '../../src/base/store-error.ts';
import { isGuardOrDraft, LockFile, type LockFiles, type LockSteps } from '../../src/storage/lock-file.ts';
import { decodeLockOwner, encodeLockOwner, type LockOwner } from '../../src/storage/lock-owner.ts';
import type { OwnerVerdict } from '../../src/storage/owner-verdict.ts';

const GUARDIANS = 1_000_000;

/** A file, separate from its names: a file can have two names. */
interface Inode {
  content: string;
}

/**
 * A simulation of one directory and the processes that want its lock. The test decides which process takes the next
 * step, and which one is killed. A created file is empty until its creator takes the next step; if the creator is
 * killed before, it stays empty.
 */
export class LockSimulation {
  readonly files: Map<string, Inode> = new Map();
  readonly takers: Taker[] = [];
  readonly #alive = new Set<number>();
  readonly #givenUp = new Map<number, number>();
  /** Living owners whose lease has ended and was not renewed since. */
  readonly #ended = new Set<number>();
  readonly #unwritten = new Map<number, () => void>();
  readonly #linksSupported: boolean;

  constructor(options: { readonly linksSupported: boolean } = { linksSupported: true }) {
    this.#linksSupported = options.linksSupported;
  }

  /** Creates a file with the content that a process `pid` writes into its locks. */
  leave(name: string, pid: number): void {
    this.files.set(name, { content: encodeLockOwner(ownerWithPid(pid)) });
  }

  /** Adds a living process that takes the lock; with `releases` its next step while holding it releases it. */
  addTaker(pid: number, options: { readonly releases: boolean } = { releases: false }): Taker {
    this.#alive.add(pid);
    const taker = new Taker(this, pid, options.releases ? 'releases' : 'keeps');
    this.takers.push(taker);
    return taker;
  }

  /**
   * Adds a lock that `pid` had as `oldPid` and could not remove: its owner `pid` lives, and only `pid` knows that it is
   * gone.
   */
  leaveReleased(oldPid: number, pid: number): void {
    this.leave('LOCK', oldPid);
    this.#alive.add(oldPid);
    this.#givenUp.set(oldPid, pid);
  }

  /** Adds a living process that holds the lock, and whose lease has ended; its steps renew the lease. */
  addSleeper(pid: number): Taker {
    this.leave('LOCK', pid);
    this.#ended.add(pid);
    this.#alive.add(pid);
    const sleeper = new Taker(this, pid, 'renews');
    this.takers.push(sleeper);
    return sleeper;
  }

  renew(pid: number): void {
    this.#ended.delete(pid);
  }

  isGoneFor({ pid, nonce }: LockOwner, asking: number): boolean {
    if (this.#ended.has(pid) && nonce === nonceOf(pid)) return true;
    return !this.#alive.has(pid) || this.#givenUp.get(pid) === asking;
  }

  kill(pid: number): void {
    this.#alive.delete(pid);
    for (const [oldPid, owner] of this.#givenUp) if (owner === pid) this.#alive.delete(oldPid);
    this.#unwritten.delete(pid);
  }

  /** The pid in the lock file; `undefined` if there is no valid one. */
  lockedBy(): number | undefined {
    return decodeLockOwner(this.files.get('LOCK')?.content ?? '')?.pid;
  }

  guardsAndDrafts(): string[] {
    return [...this.files.keys()].filter(isGuardOrDraft);
  }

  /** The property under test: at most one living process believes that it holds the lock, and the lock file agrees. */
  assertSafe(): void {
    const holders = this.takers.filter((taker) => taker.state === 'holding');
    if (holders.length > 1) throw new Error(`two holders: ${holders.map((holder) => holder.pid).join(', ')}`);
    const [holder] = holders;
    if (holder !== undefined && this.lockedBy() !== holder.pid) {
      throw new Error(`${holder.pid} holds the lock, and the file names ${this.lockedBy()}`);
    }
  }

  /** The directory as `pid` sees it; `note` receives every result. */
  filesOf(pid: number, note: (noted: unknown) => void = () => {}): LockFiles {
    const noted = <const Result>(answer: Result): Result => {
      note(answer);
      return answer;
    };
    return {
      create: (name, content) => {
        if (this.files.has(name)) return noted(false);
        const inode: Inode = { content: '' };
        this.files.set(name, inode);
        this.#unwritten.set(pid, () => {
          inode.content = content;
        });
        return noted(true);
      },
      link: (existing, name) => {
        this.finishWriting(pid);
        if (!this.#linksSupported) return noted('unsupported');
        const inode = this.files.get(existing);
        if (inode === undefined) return noted('absent');
        if (this.files.has(name)) return noted('taken');
        this.files.set(name, inode);
        return noted('linked');
      },
      read: (name) => noted(this.files.get(name)?.content),
      remove: (name) => {
        this.files.delete(name);
        note('removed');
      },
      list: () => noted([...this.files.keys()]),
    };
  }

  /** Writes the content of the file that `pid` created last. */
  finishWriting(pid: number): void {
    this.#unwritten.get(pid)?.();
    this.#unwritten.delete(pid);
  }

  /**
   * Everything that decides how the simulation continues: of two states with the same key only one needs to be
   * explored.
   */
  key(): string {
    const files = [...this.files].map(([name, inode]) => `${name}=${inode.content}`).sort();
    return [...files, ...this.#ended, ...this.takers.map((taker) => `${taker.state}:${taker.seen.join()}`)].join('|');
  }
}

type TakerState = 'under way' | 'holding' | 'releasing' | 'released' | 'refused' | 'killed';

/** One process that takes the lock. */
export class Taker {
  readonly pid: number;
  state: TakerState = 'under way';
  /** The error of its refusal. */
  refusal: unknown;
  /** The results it has seen so far, step by step; its next step depends only on these. */
  readonly seen: string[] = [];
  readonly #simulation: LockSimulation;
  readonly #steps: LockSteps<void>;
  #ended = false;

  constructor(simulation: LockSimulation, pid: number, life: 'keeps' | 'releases' | 'renews') {
    this.pid = pid;
    this.#simulation = simulation;
    this.#steps = this.#live(life);
  }

  get canStep(): boolean {
    return !this.#ended;
  }

  /** Runs to the next point where another process could see a difference. */
  step(): void {
    this.#simulation.finishWriting(this.pid);
    this.seen.push('step');
    try {
      this.#ended = this.#steps.next().done === true;
    } catch (error) {
      this.#ended = true;
      this.state = 'refused';
      this.refusal = error;
    }
    if (this.#ended) this.#simulation.finishWriting(this.pid);
  }

  kill(): void {
    this.#simulation.kill(this.pid);
    this.#ended = true;
    this.state = 'killed';
  }

  *#live(life: 'keeps' | 'releases' | 'renews'): LockSteps<void> {
    const note = (noted: unknown): void => {
      this.seen.push(String(noted));
    };
    const judge = (owner: LockOwner): OwnerVerdict => {
      const verdict = this.#simulation.isGoneFor(owner, this.pid) ? 'gone' : 'running';
      note(verdict);
      return verdict;
    };
    const lockFile = new LockFile(
      this.#simulation.filesOf(this.pid, note),
      judge,
      // A sleeper's guard has a nonce of its own.
      life === 'renews' ? { ...ownerWithPid(this.pid), nonce: nonceOf(this.pid + GUARDIANS) } : ownerWithPid(this.pid),
      'the directory',
    );
    if (life === 'renews') {
      const renewed = yield* lockFile.renewUnderGuard(nonceOf(this.pid), () => {
        this.#simulation.renew(this.pid);
        this.state = 'holding';
      });
      if (!renewed) throw new StoreError('LOCKED', 'the lock was taken over');
      return;
    }
    yield* lockFile.take();
    this.state = 'holding';
    if (life === 'keeps') return;
    yield;
    this.state = 'releasing';
    yield* lockFile.release();
    this.state = 'released';
  }
}

/** The nonce that a process with `pid` uses in these tests. */
export function nonceOf(pid: number): string {
  return pid.toString(16).padStart(32, '0');
}

export function ownerWithPid(pid: number): LockOwner {
  return {
    pid,
    platform: 'linux',
    host: 'here',
    startTime: '1',
    bootId: 'boot',
    bootTimeMs: undefined,
    machine: undefined,
    pidNamespace: 'pid:[1]',
    timeNamespace: undefined,
    nonce: nonceOf(pid),
    since: '2024-01-01T00:00:00.000Z',
    localVolume: false,
  };
}
