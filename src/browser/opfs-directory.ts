import { HeldHereError } from '../storage/lock-refusals.ts';
import type { StorageDirectory, StorageFile, StorageLock } from '../storage/storage-backend.ts';
import type { OpfsVolume } from './opfs-volume.ts';
import type { WebLock } from './web-lock.ts';

/** One directory of an `OpfsStorage`: names in its table. */
export class OpfsDirectory implements StorageDirectory {
  readonly #path: string;
  readonly #volume: OpfsVolume;
  readonly #storageLock: WebLock;
  #holder: StorageLock | undefined;

  constructor(path: string, volume: OpfsVolume, storageLock: WebLock) {
    this.#path = path;
    this.#volume = volume;
    this.#storageLock = storageLock;
  }

  get isLocked(): boolean {
    return this.#holder !== undefined;
  }

  list(): string[] {
    return this.#volume.list(this.#path);
  }

  open(name: string, access: 'read' | 'write'): StorageFile | undefined {
    return this.#volume.open(this.#path, name, access);
  }

  create(name: string): StorageFile {
    return this.#volume.create(this.#path, name);
  }

  remove(name: string): void {
    this.#volume.remove(this.#path, name);
  }

  sync(): void {
    this.#volume.sync();
  }

  /** Within this storage; other tabs and workers are kept out by the lock of the storage. It is never stale. */
  lock(): StorageLock {
    if (this.#holder !== undefined) {
      throw new HeldHereError(`${this.#path} is already open in this OpfsStorage: close it there first`);
    }
    const lock: StorageLock = {
      takenOverFrom: undefined,
      isHeld: () => this.#holder === lock && this.#storageLock.isHeld,
      release: () => {
        if (this.#holder === lock) this.#holder = undefined;
      },
    };
    this.#holder = lock;
    return lock;
  }
}
