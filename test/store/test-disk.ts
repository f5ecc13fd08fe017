import type { StorageBackend, StorageDirectory, StorageFile, StorageLock } from '../../src/storage/storage-backend.ts';
import { crashImage } from '../../src/testing/crash-image.ts';
import { type CrashPiece, crashPieces, type Fate, KEPT, LOST, ZEROED } from '../../src/testing/crash-piece.ts';
import type { DiskImage } from '../../src/testing/disk-image.ts';
import { DiskMoment } from '../../src/testing/disk-moment.ts';
import type { DiskCall, DiskVerb, Fault } from '../../src/testing/index.ts';
import { EMPTY_DISK, FaultStorage } from '../../src/testing/index.ts';

/** Sees a call before it is done. What it throws is what the call throws; a number cuts a transfer short, as a fault does. */
export type Hook = (call: DiskCall) => Fault | number | undefined;

/** What of one change survives a crash: all of it, none, of a write its first bytes, or zeros where the file grew. */
export type Survival = 'all' | 'none' | 'part' | 'zeros';

/** Decides about the changes that no sync covered, one call each. */
export type Choose = () => Survival;

const PATH = 'disk';
/** Calls that the hook does not see: whether the lock is held is asked before each write. */
const UNSEEN: ReadonlySet<DiskVerb> = new Set(['open-directory', 'check-lock', 'unlock']);

/**
 * One directory of a `FaultStorage`, whose fault model it has, with what tests of stores do to a disk from outside: look
 * at files, replace them, strike calls, hold syncs back, crash.
 */
export class TestDisk implements StorageBackend, StorageDirectory {
  readonly #storage: FaultStorage;
  readonly #directory: StorageDirectory;
  #lock: StorageLock | undefined;
  #held: (() => void)[] = [];
  #isOutside = false;
  /** The disk after the first so many changes: what a crash starts from, kept for the next one. */
  #moment: DiskMoment | undefined;
  #changesApplied = 0;
  before: Hook = () => undefined;
  /** The most memory that was given to a read to fill: what content alone can make a store allocate. */
  memoryBytes = 0;
  /** While true, asynchronous syncs wait for `releaseSyncs`. */
  holdsSyncs = false;

  constructor(image: DiskImage = EMPTY_DISK) {
    const rule = (call: DiskCall): Fault | undefined => this.#faultOf(call);
    this.#storage = new FaultStorage({ image, rule, syncDelay: () => this.#untilReleased() });
    this.#directory = this.#storage.openDirectory(PATH, { create: true });
  }

  openDirectory(): StorageDirectory {
    return this;
  }

  list(): string[] {
    return this.#directory.list();
  }

  open(name: string, access: 'read' | 'write'): StorageFile | undefined {
    const file = this.#directory.open(name, access);
    return file === undefined ? undefined : this.#measured(file);
  }

  create(name: string): StorageFile {
    return this.#measured(this.#directory.create(name));
  }

  remove(name: string): void {
    this.#directory.remove(name);
  }

  sync(): void {
    this.#directory.sync();
  }

  lock(): StorageLock {
    this.#lock = this.#directory.lock();
    return this.#lock;
  }

  get locked(): boolean {
    return this.#storage.isLocked(PATH);
  }

  /** Another process takes the lock away. */
  stealLock(): void {
    this.#storage.takeLockAway(PATH);
  }

  /** Somebody removes the lock of an owner that still lives. */
  removeLock(): void {
    this.#lock?.release();
  }

  /** Files that were opened and not closed. */
  get openFiles(): number {
    return this.#storage.openFiles.length;
  }

  /** Names of the files, sorted. */
  get names(): string[] {
    return this.#outside(() => this.list().sort());
  }

  /** A copy of what a reader of the file sees. */
  bytes(name: string): Uint8Array {
    return this.#outside(() => {
      const file = this.#directory.open(name, 'read');
      if (file === undefined) throw new Error(`the test disk has no ${name}, only ${this.names.join(', ')}`);
      const bytes = new Uint8Array(file.size());
      file.read(bytes, 0, bytes.length, 0);
      file.close();
      return bytes;
    });
  }

  /** Puts a durable file there, from outside of the store; open handles of one that was there see the new contents. */
  place(name: string, bytes: Uint8Array): void {
    this.#outside(() => {
      const file = this.#directory.open(name, 'write') ?? this.#directory.create(name);
      file.truncate(0);
      file.write(bytes, 0, bytes.length, 0);
      file.sync();
      file.close();
      this.#directory.sync();
    });
  }

  /** Takes a file away from outside of the store. */
  take(name: string): void {
    this.#outside(() => {
      this.#directory.remove(name);
      this.#directory.sync();
    });
  }

  /** The disk as another process finds it after this one was killed: all that was written, durable or not. */
  afterKill(): TestDisk {
    return new TestDisk(this.#storage.image());
  }

  /** The disk after the machine stopped: of each change that no sync covered, what `choose` says. */
  afterCrash(choose: Choose): TestDisk {
    const { start, changes } = this.#storage.journal;
    this.#moment ??= new DiskMoment(start);
    for (const change of changes.slice(this.#changesApplied)) this.#moment.apply(change);
    this.#changesApplied = changes.length;
    const moment = this.#moment;
    // Writes are one piece each.
    const pieces = crashPieces(moment, Number.MAX_SAFE_INTEGER);
    return new TestDisk(
      crashImage(
        moment,
        pieces,
        pieces.map((piece) => fateOf(piece, choose)),
      ),
    );
  }

  /** Lets the asynchronous syncs end that wait. */
  releaseSyncs(): void {
    const held = this.#held;
    this.#held = [];
    for (const release of held) release();
  }

  get heldSyncs(): number {
    return this.#held.length;
  }

  #faultOf(call: DiskCall): Fault | undefined {
    if (this.#isOutside || UNSEEN.has(call.verb)) return undefined;
    const verdict = this.before(call);
    return typeof verdict === 'number' ? { short: verdict } : verdict;
  }

  /** Does what the hook does not see. */
  #outside<Result>(task: () => Result): Result {
    const wasOutside = this.#isOutside;
    this.#isOutside = true;
    try {
      return task();
    } finally {
      this.#isOutside = wasOutside;
    }
  }

  #measured(file: StorageFile): StorageFile {
    const read = file.read.bind(file);
    return Object.assign(file, {
      read: (target: Uint8Array, targetOffset: number, length: number, position: number) => {
        this.memoryBytes = Math.max(this.memoryBytes, target.length);
        return read(target, targetOffset, length, position);
      },
    });
  }

  #untilReleased(): Promise<void> {
    if (!this.holdsSyncs) return Promise.resolve();
    return new Promise((resolve) => this.#held.push(resolve));
  }
}

function fateOf({ certain, change }: CrashPiece, choose: Choose): Fate {
  const survival = certain ? 'all' : choose();
  if (survival === 'none') return LOST;
  if (change.kind !== 'write' || survival === 'all') return KEPT;
  if (survival === 'zeros') return ZEROED;
  // Torn in the middle of a word: no unit of the format is a unit of the disk.
  return { head: 'new', at: Math.ceil(change.bytes.length / 2) - 1, tail: 'old' };
}
