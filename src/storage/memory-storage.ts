import { errnoError } from './errno-error.ts';
import { HeldHereError } from './lock-refusals.ts';
import { MemoryContent, MemoryFile } from './memory-file.ts';
import type { StorageBackend, StorageDirectory, StorageFile, StorageLock } from './storage-backend.ts';

/**
 * Keeps stores in memory: for tests, and for runtimes without files. The stored data lives as long as the instance:
 * opening a directory again with the same instance finds it. Paths are compared as strings.
 */
export class MemoryStorage implements StorageBackend {
  readonly #directories = new Map<string, MemoryDirectory>();

  openDirectory(path: string, options: { readonly create: boolean }): StorageDirectory {
    const present = this.#directories.get(path);
    if (present !== undefined) return present;
    if (!options.create) throw errnoError('ENOENT', 'no such directory', 'open', path);
    const made = new MemoryDirectory(path);
    this.#directories.set(path, made);
    return made;
  }
}

class MemoryDirectory implements StorageDirectory {
  readonly #path: string;
  readonly #files = new Map<string, MemoryContent>();
  #holder: StorageLock | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  list(): string[] {
    return [...this.#files.keys()];
  }

  open(name: string, access: 'read' | 'write'): StorageFile | undefined {
    const content = this.#files.get(name);
    return content === undefined ? undefined : new MemoryFile(content, this.#pathOf(name), access);
  }

  create(name: string): StorageFile {
    if (this.#files.has(name)) throw errnoError('EEXIST', 'the file exists already', 'open', this.#pathOf(name));
    const content = new MemoryContent();
    this.#files.set(name, content);
    return new MemoryFile(content, this.#pathOf(name), 'write');
  }

  remove(name: string): void {
    this.#files.delete(name);
  }

  /** Does nothing: memory cannot be more durable. */
  sync(): void {}

  /** The lock is not a file. It disappears with the instance, so a lock is never stale. */
  lock(): StorageLock {
    if (this.#holder !== undefined) {
      throw new HeldHereError(`${this.#path} is already open in this MemoryStorage: close it there first`);
    }
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

  #pathOf(name: string): string {
    return `${this.#path}/${name}`;
  }
}
