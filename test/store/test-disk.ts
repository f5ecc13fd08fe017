import { StoreError } from '../../src/base/store-error.ts';
import { errnoError } from '../../src/storage/errno-error.ts';
import type { StorageBackend, StorageDirectory, StorageFile, StorageLock } from '../../src/storage/storage-backend.ts';
import { type Choose, DiskFile } from './disk-file.ts';

export type Verb =
  | 'list'
  | 'open'
  | 'create'
  | 'remove'
  | 'directory-sync'
  | 'lock'
  | 'read'
  | 'write'
  | 'truncate'
  | 'size'
  | 'sync'
  | 'close';

/** One call of the storage seam; `position` and `length` are 0 where the verb has none. */
export interface DiskOperation {
  readonly verb: Verb;
  /** The file; empty for verbs of the directory. */
  readonly name: string;
  readonly position: number;
  readonly length: number;
}

/** Sees an operation before it is done. What it throws is what the operation throws; a number cuts a transfer short. */
export type Hook = (operation: DiskOperation) => number | undefined;

/**
 * One directory in memory for tests. Its fault model: a write, a truncation, a creation and a removal are seen at once by
 * everyone, and survive a crash for certain once the file, or the directory, was synced after them. Until then each of them
 * may have reached the disk or not, in any order, a write also in part or, where the file grew, as zeros. A sync makes
 * durable what was there when it began.
 */
export class TestDisk implements StorageBackend, StorageDirectory {
  readonly #entries = new Map<string, DiskFile>();
  readonly #durableEntries = new Map<string, DiskFile>();
  #held: (() => void)[] = [];
  #holder: StorageLock | undefined;
  before: Hook = () => undefined;
  /** Files that were opened and not closed. */
  openFiles = 0;
  /** The most memory that was given to a read to fill: what content alone can make a store allocate. */
  memoryBytes = 0;
  /** While true, asynchronous syncs wait for `releaseSyncs`. */
  holdsSyncs = false;

  openDirectory(): StorageDirectory {
    return this;
  }

  list(): string[] {
    this.perform('list', '');
    return [...this.#entries.keys()];
  }

  open(name: string, access: 'read' | 'write'): StorageFile | undefined {
    this.perform('open', name);
    const file = this.#entries.get(name);
    return file === undefined ? undefined : new TestHandle(this, file, name, access);
  }

  create(name: string): StorageFile {
    this.perform('create', name);
    if (this.#entries.has(name)) throw errnoError('EEXIST', 'the file exists already', 'open', name);
    const file = new DiskFile();
    this.#entries.set(name, file);
    return new TestHandle(this, file, name, 'write');
  }

  remove(name: string): void {
    this.perform('remove', name);
    this.#entries.delete(name);
  }

  sync(): void {
    this.perform('directory-sync', '');
    this.#durableEntries.clear();
    for (const [name, file] of this.#entries) this.#durableEntries.set(name, file);
  }

  lock(): StorageLock {
    this.perform('lock', '');
    if (this.#holder !== undefined) throw new StoreError('LOCKED', 'the test disk is locked');
    const lock: StorageLock = {
      takenOverFrom: undefined,
      isHeld: () => this.#holder === lock,
      release: () => {
        if (this.#holder === lock) this.#holder = undefined;
      },
    };
    this.#holder = lock;
    return lock;
  }

  get locked(): boolean {
    return this.#holder !== undefined;
  }

  /** Another process takes the lock away. */
  stealLock(): void {
    this.#holder = { takenOverFrom: undefined, isHeld: () => true, release: () => {} };
  }

  /** Somebody removes the lock of an owner that still lives. */
  removeLock(): void {
    this.#holder = undefined;
  }

  /** Names of the files, sorted. */
  get names(): string[] {
    return [...this.#entries.keys()].sort();
  }

  /** A copy of what a reader of the file sees. */
  bytes(name: string): Uint8Array {
    const file = this.#entries.get(name);
    if (file === undefined) throw new Error(`the test disk has no ${name}, only ${this.names.join(', ')}`);
    return file.bytes();
  }

  /** Puts a durable file there, from outside of the store; open handles of one that was there see the new contents. */
  place(name: string, bytes: Uint8Array): void {
    const file = this.#entries.get(name) ?? new DiskFile();
    file.replace(bytes);
    this.#entries.set(name, file);
    this.#durableEntries.set(name, file);
  }

  /** The changes of a file that no sync covered stay visible and never reach the disk: what a failed sync may leave. */
  loseChanges(name: string): void {
    this.#entries.get(name)?.loseChanges();
  }

  /** Takes a file away from outside of the store. */
  take(name: string): void {
    this.#entries.delete(name);
    this.#durableEntries.delete(name);
  }

  /** The disk as another process finds it after this one was killed: all that was written, durable or not. */
  afterKill(): TestDisk {
    return this.afterCrash(() => 'all');
  }

  /** The disk after the machine stopped: of each change that no sync covered, what `choose` says. */
  afterCrash(choose: Choose): TestDisk {
    const after = new TestDisk();
    const copies = new Map<DiskFile, DiskFile>();
    const copyOf = (file: DiskFile): DiskFile => {
      const copy = copies.get(file) ?? file.afterCrash(choose);
      copies.set(file, copy);
      return copy;
    };
    const names = [...new Set([...this.#durableEntries.keys(), ...this.#entries.keys()])].sort();
    for (const name of names) {
      const durable = this.#durableEntries.get(name);
      const current = this.#entries.get(name);
      const file = durable === current || choose() !== 'none' ? current : durable;
      if (file === undefined) continue;
      after.#entries.set(name, copyOf(file));
      after.#durableEntries.set(name, copyOf(file));
    }
    return after;
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

  perform(verb: Verb, name: string, position = 0, length = 0): number {
    const allowed = this.before({ verb, name, position, length });
    return allowed === undefined ? length : Math.min(allowed, length);
  }

  untilReleased(): Promise<void> {
    if (!this.holdsSyncs) return Promise.resolve();
    return new Promise((resolve) => this.#held.push(resolve));
  }
}

class TestHandle implements StorageFile {
  readonly #disk: TestDisk;
  readonly #file: DiskFile;
  readonly #name: string;
  readonly #access: 'read' | 'write';
  #closed = false;

  constructor(disk: TestDisk, file: DiskFile, name: string, access: 'read' | 'write') {
    this.#disk = disk;
    this.#file = file;
    this.#name = name;
    this.#access = access;
    disk.openFiles += 1;
  }

  read(target: Uint8Array, targetOffset: number, length: number, position: number): number {
    this.#disk.memoryBytes = Math.max(this.#disk.memoryBytes, target.length);
    const allowed = this.#perform('read', position, length);
    return this.#file.read(target.subarray(targetOffset, targetOffset + allowed), position);
  }

  write(source: Uint8Array, sourceOffset: number, length: number, position: number): number {
    const allowed = this.#perform('write', position, length);
    this.#file.write(source.slice(sourceOffset, sourceOffset + allowed), position);
    return allowed;
  }

  truncate(size: number): void {
    this.#perform('truncate', size, 0);
    this.#file.truncate(size);
  }

  size(): number {
    this.#perform('size', 0, 0);
    return this.#file.size;
  }

  sync(): void {
    this.#perform('sync', 0, 0);
    this.#file.sync();
  }

  /** What was written while the sync ran is not covered. The hook decides at its end whether it fails. */
  async syncAsync(): Promise<void> {
    const changes = this.#file.changes;
    await this.#disk.untilReleased();
    this.#disk.perform('sync', this.#name);
    this.#file.sync(changes);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#disk.openFiles -= 1;
    this.#disk.perform('close', this.#name);
  }

  #perform(verb: Verb, position: number, length: number): number {
    if (this.#closed) throw errnoError('EBADF', 'the file is closed', verb, this.#name);
    const writes = verb === 'write' || verb === 'truncate';
    if (writes && this.#access === 'read') throw errnoError('EBADF', 'open for reading', verb, this.#name);
    return this.#disk.perform(verb, this.#name, position, length);
  }
}
