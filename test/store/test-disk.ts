import type { StorageBackend, StorageDirectory, StorageFile, StorageLock } from '../../src/storage/storage-backend.ts';
import { crashImage } from '../../src/testing/crash-image.ts';
import type { DiskImage } from '../../src/testing/disk-image.ts';
import { DiskState } from '../../src/testing/disk-state.ts';
import type { DiskCall, DiskVerb, Fault } from '../../src/testing/index.ts';
import { EMPTY_DISK, FaultStorage } from '../../src/testing/index.ts';
import {
  type CrashOutcome,
  KEPT,
  LOST,
  type PendingPart,
  pendingParts,
  ZEROED,
} from '../../src/testing/pending-part.ts';

/** Called before each operation. If it throws, the operation throws that error; a number makes a transfer short. */
export type Hook = (call: DiskCall) => Fault | number | undefined;

/**
 * How much of one change survives a crash: all of it, nothing, the first bytes of a write, or zeros where the file
 * grew.
 */
export type Survival = 'all' | 'none' | 'part' | 'zeros';

/** Called once for each change that no sync covered. */
export type Choose = () => Survival;

const PATH = 'disk';
/** Operations that the hook does not see: the store checks its lock before each write. */
const UNHOOKED: ReadonlySet<DiskVerb> = new Set(['open-directory', 'check-lock', 'unlock']);

/**
 * A disk for tests of the store: one directory of a `FaultStorage`, with its fault model. Tests read and replace its
 * files from outside the store, make operations fail, delay syncs, and crash it.
 */
export class TestDisk implements StorageBackend, StorageDirectory {
  readonly #storage: FaultStorage;
  readonly #directory: StorageDirectory;
  #lock: StorageLock | undefined;
  #held: (() => void)[] = [];
  #isOutside = false;
  /** The disk after the changes applied so far: where a crash starts from, kept for the next one. */
  #crashBase: DiskState | undefined;
  #changesApplied = 0;
  before: Hook = () => undefined;
  /** The largest buffer that a read was asked to fill: how much memory file contents make the store allocate. */
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

  /** Another process takes the lock over. */
  stealLock(): void {
    this.#storage.takeLockAway(PATH);
  }

  /** The lock file is removed while its owner still runs. */
  removeLock(): void {
    this.#lock?.release();
  }

  /** The number of open files. */
  get openFiles(): number {
    return this.#storage.openFiles.length;
  }

  /** The names of the files, sorted. */
  get names(): string[] {
    return this.#outside(() => this.list().sort());
  }

  /** A copy of the file's content as readers see it. */
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

  /** Replaces or creates a durable file from outside the store; handles that are open on it see the new content. */
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

  /** Removes a file from outside the store. */
  take(name: string): void {
    this.#outside(() => {
      this.#directory.remove(name);
      this.#directory.sync();
    });
  }

  /** The disk as another process finds it after this one was killed: with everything written, durable or not. */
  afterKill(): TestDisk {
    return new TestDisk(this.#storage.image());
  }

  /** The disk after the machine stopped; `choose` decides about each change that no sync covered. */
  afterCrash(choose: Choose): TestDisk {
    const { start, changes } = this.#storage.journal;
    this.#crashBase ??= new DiskState(start);
    for (const change of changes.slice(this.#changesApplied)) this.#crashBase.apply(change);
    this.#changesApplied = changes.length;
    const disk = this.#crashBase;
    // Each write is one part.
    const parts = pendingParts(disk, Number.MAX_SAFE_INTEGER);
    return new TestDisk(
      crashImage(
        disk,
        parts,
        parts.map((part) => outcomeOf(part, choose)),
      ),
    );
  }

  /** Ends the asynchronous syncs that wait. */
  releaseSyncs(): void {
    const held = this.#held;
    this.#held = [];
    for (const release of held) release();
  }

  get heldSyncs(): number {
    return this.#held.length;
  }

  #faultOf(call: DiskCall): Fault | undefined {
    if (this.#isOutside || UNHOOKED.has(call.verb)) return undefined;
    const verdict = this.before(call);
    return typeof verdict === 'number' ? { short: verdict } : verdict;
  }

  /** Runs a task whose operations the hook does not see. */
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

function outcomeOf({ certain, change }: PendingPart, choose: Choose): CrashOutcome {
  const survival = certain ? 'all' : choose();
  if (survival === 'none') return LOST;
  if (change.kind !== 'write' || survival === 'all') return KEPT;
  if (survival === 'zeros') return ZEROED;
  // Torn in the middle of a word: no unit of the format is a unit of the disk.
  return { first: 'new', at: Math.ceil(change.bytes.length / 2) - 1, rest: 'old' };
}
