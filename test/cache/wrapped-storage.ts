import { errnoError } from '../../src/storage/errno-error.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import type { StorageBackend, StorageDirectory, StorageFile, StorageLock } from '../../src/storage/storage-backend.ts';

/** Operations that a test can refuse or count. */
export type Operation =
  | 'openDirectory'
  | 'list'
  | 'open'
  | 'create'
  | 'remove'
  | 'syncDirectory'
  | 'lock'
  | 'read'
  | 'write'
  | 'truncate'
  | 'sync'
  | 'syncAsync';

/** A storage in memory whose operations can be refused with an errno, delayed and counted. */
export class WrappedStorage implements StorageBackend {
  readonly #memory = new MemoryStorage();
  readonly #refusals = new Map<Operation, string>();
  readonly counts: Map<Operation, number> = new Map();
  /** Every asynchronous sync awaits it before it ends. */
  gate: Promise<void> = Promise.resolve();
  /** The result of `isHeld` for the writer. */
  lockHeld = true;
  /** Whether files that are opened from now on have no asynchronous sync. */
  withoutSyncAsync = false;

  /** From now on `operation` throws an error with this errno. */
  refuse(operation: Operation, errno: string): void {
    this.#refusals.set(operation, errno);
  }

  allow(operation: Operation): void {
    this.#refusals.delete(operation);
  }

  /** Counts the operation, and throws if it is refused. */
  pass(operation: Operation): void {
    this.counts.set(operation, this.countOf(operation) + 1);
    const errno = this.#refusals.get(operation);
    if (errno !== undefined) throw errnoError(errno, 'refused by the test', operation, 'cache');
  }

  countOf(operation: Operation): number {
    return this.counts.get(operation) ?? 0;
  }

  openDirectory(path: string, options: { readonly create: boolean }): StorageDirectory {
    this.pass('openDirectory');
    return new WrappedDirectory(this, this.#memory.openDirectory(path, options));
  }
}

class WrappedDirectory implements StorageDirectory {
  readonly #storage: WrappedStorage;
  readonly #inner: StorageDirectory;

  constructor(storage: WrappedStorage, inner: StorageDirectory) {
    this.#storage = storage;
    this.#inner = inner;
  }

  list(): string[] {
    this.#storage.pass('list');
    return this.#inner.list();
  }

  open(name: string, access: 'read' | 'write'): StorageFile | undefined {
    this.#storage.pass('open');
    const file = this.#inner.open(name, access);
    return file === undefined ? undefined : new WrappedFile(this.#storage, file);
  }

  create(name: string): StorageFile {
    this.#storage.pass('create');
    return new WrappedFile(this.#storage, this.#inner.create(name));
  }

  remove(name: string): void {
    this.#storage.pass('remove');
    this.#inner.remove(name);
  }

  sync(): void {
    this.#storage.pass('syncDirectory');
    this.#inner.sync();
  }

  lock(): StorageLock {
    this.#storage.pass('lock');
    const lock = this.#inner.lock();
    return {
      takenOverFrom: lock.takenOverFrom,
      isHeld: () => this.#storage.lockHeld && lock.isHeld(),
      release: () => lock.release(),
    };
  }
}

class WrappedFile implements StorageFile {
  readonly #storage: WrappedStorage;
  readonly #inner: StorageFile;
  readonly syncAsync?: () => Promise<void>;

  constructor(storage: WrappedStorage, inner: StorageFile) {
    this.#storage = storage;
    this.#inner = inner;
    if (storage.withoutSyncAsync) return;
    this.syncAsync = async () => {
      await storage.gate;
      storage.pass('syncAsync');
    };
  }

  read(target: Uint8Array, targetOffset: number, length: number, position: number): number {
    this.#storage.pass('read');
    return this.#inner.read(target, targetOffset, length, position);
  }

  write(source: Uint8Array, sourceOffset: number, length: number, position: number): number {
    this.#storage.pass('write');
    return this.#inner.write(source, sourceOffset, length, position);
  }

  truncate(size: number): void {
    this.#storage.pass('truncate');
    this.#inner.truncate(size);
  }

  size(): number {
    return this.#inner.size();
  }

  sync(): void {
    this.#storage.pass('sync');
    this.#inner.sync();
  }

  close(): void {
    this.#inner.close();
  }
}
