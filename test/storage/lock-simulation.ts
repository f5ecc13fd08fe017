import { isGuardOrDraft, LockFile, type LockFiles, type LockSteps } from '../../src/storage/lock-file.ts';
import { decodeLockOwner, encodeLockOwner, type LockOwner } from '../../src/storage/lock-owner.ts';
import type { OwnerVerdict } from '../../src/storage/owner-verdict.ts';

/** A file apart from its names: two names can be of one file. */
interface Inode {
  content: string;
}

/**
 * A directory, the processes that want its lock, and every step between them in the hands of the test. Creating a file
 * shows it empty until its maker takes the next step; a maker killed before leaves it so.
 */
export class LockWorld {
  readonly files: Map<string, Inode> = new Map();
  readonly takers: Taker[] = [];
  readonly #alive = new Set<number>();
  readonly #givenUp = new Map<number, number>();
  readonly #unwritten = new Map<number, () => void>();
  readonly #linksSupported: boolean;

  constructor(options: { readonly linksSupported: boolean } = { linksSupported: true }) {
    this.#linksSupported = options.linksSupported;
  }

  /** Puts a file there that holds what a process `pid` writes into its locks. */
  leave(name: string, pid: number): void {
    this.files.set(name, { content: encodeLockOwner(ownerWithPid(pid)) });
  }

  /** A living process that sets out to take the lock, and gives it up when it is stepped on while holding it. */
  addTaker(pid: number, options: { readonly releases: boolean } = { releases: false }): Taker {
    this.#alive.add(pid);
    const taker = new Taker(this, pid, options.releases);
    this.takers.push(taker);
    return taker;
  }

  /** Leaves a lock that `pid` had as `oldPid` and could not remove: it lives with `pid`, and `pid` alone knows it gone. */
  leaveGivenUp(oldPid: number, pid: number): void {
    this.leave('LOCK', oldPid);
    this.#alive.add(oldPid);
    this.#givenUp.set(oldPid, pid);
  }

  isGoneFor(owner: number, asking: number): boolean {
    return !this.#alive.has(owner) || this.#givenUp.get(owner) === asking;
  }

  kill(pid: number): void {
    this.#alive.delete(pid);
    for (const [oldPid, owner] of this.#givenUp) if (owner === pid) this.#alive.delete(oldPid);
    this.#unwritten.delete(pid);
  }

  /** The pid the lock file names; `undefined` where there is none or it names nobody. */
  lockedBy(): number | undefined {
    return decodeLockOwner(this.files.get('LOCK')?.content ?? '')?.pid;
  }

  leftovers(): string[] {
    return [...this.files.keys()].filter(isGuardOrDraft);
  }

  /** What the test is about: at most one living process believes that it holds the lock, and the lock file says so too. */
  assertSafe(): void {
    const holders = this.takers.filter((taker) => taker.state === 'holding');
    if (holders.length > 1) throw new Error(`two holders: ${holders.map((holder) => holder.pid).join(', ')}`);
    const [holder] = holders;
    if (holder !== undefined && this.lockedBy() !== holder.pid) {
      throw new Error(`${holder.pid} holds the lock, and the file names ${this.lockedBy()}`);
    }
  }

  /** The directory as `pid` has it; `note` hears every answer. */
  filesOf(pid: number, note: (told: unknown) => void = () => {}): LockFiles {
    const told = <const Told>(answer: Told): Told => {
      note(answer);
      return answer;
    };
    return {
      create: (name, content) => {
        if (this.files.has(name)) return told(false);
        const inode: Inode = { content: '' };
        this.files.set(name, inode);
        this.#unwritten.set(pid, () => {
          inode.content = content;
        });
        return told(true);
      },
      link: (existing, name) => {
        this.finishWriting(pid);
        if (!this.#linksSupported) return told('unsupported');
        const inode = this.files.get(existing);
        if (inode === undefined) return told('absent');
        if (this.files.has(name)) return told('taken');
        this.files.set(name, inode);
        return told('linked');
      },
      read: (name) => told(this.files.get(name)?.content),
      remove: (name) => {
        this.files.delete(name);
        note('removed');
      },
      list: () => told([...this.files.keys()]),
    };
  }

  /** Gives the file that `pid` created last its content. */
  finishWriting(pid: number): void {
    this.#unwritten.get(pid)?.();
    this.#unwritten.delete(pid);
  }

  /** Everything that decides how this goes on: two worlds with the same key need not both be explored. */
  key(): string {
    const files = [...this.files].map(([name, inode]) => `${name}=${inode.content}`).sort();
    return [...files, ...this.takers.map((taker) => `${taker.state}:${taker.seen.join()}`)].join('|');
  }
}

type TakerState = 'under way' | 'holding' | 'releasing' | 'released' | 'refused' | 'killed';

/** One process on its way to the lock. */
export class Taker {
  readonly pid: number;
  state: TakerState = 'under way';
  /** What it was refused with. */
  refusal: unknown;
  /** What it was told so far, step by step; what it does next depends on this alone. */
  readonly seen: string[] = [];
  readonly #world: LockWorld;
  readonly #steps: LockSteps<void>;
  #ended = false;

  constructor(world: LockWorld, pid: number, releases: boolean) {
    this.pid = pid;
    this.#world = world;
    this.#steps = this.#live(releases);
  }

  get canStep(): boolean {
    return !this.#ended;
  }

  /** Runs to the next point where another process could see a difference. */
  step(): void {
    this.#world.finishWriting(this.pid);
    this.seen.push('step');
    try {
      this.#ended = this.#steps.next().done === true;
    } catch (error) {
      this.#ended = true;
      this.state = 'refused';
      this.refusal = error;
    }
    if (this.#ended) this.#world.finishWriting(this.pid);
  }

  kill(): void {
    this.#world.kill(this.pid);
    this.#ended = true;
    this.state = 'killed';
  }

  *#live(releases: boolean): LockSteps<void> {
    const note = (told: unknown): void => {
      this.seen.push(String(told));
    };
    const judge = (owner: LockOwner): OwnerVerdict => {
      const verdict = this.#world.isGoneFor(owner.pid, this.pid) ? 'gone' : 'running';
      note(verdict);
      return verdict;
    };
    const lockFile = new LockFile(this.#world.filesOf(this.pid, note), judge, ownerWithPid(this.pid), 'the directory');
    yield* lockFile.take();
    this.state = 'holding';
    if (!releases) return;
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
