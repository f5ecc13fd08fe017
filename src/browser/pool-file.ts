import { closedFileError, errnoError } from '../storage/errno-error.ts';
import type { StorageFile } from '../storage/storage-backend.ts';
import { onFile } from './dom-failure.ts';
import type { SyncAccessHandle } from './opfs-platform.ts';

/** One pre-opened file of the pool. All open files on it share its access handle, as a browser allows only one. */
export class PoolFile {
  readonly number: number;
  readonly handle: SyncAccessHandle;
  /** How many `StorageFile`s are open on it. */
  users = 0;

  constructor(number: number, handle: SyncAccessHandle) {
    this.number = number;
    this.handle = handle;
  }

  /** Makes it empty, durably. */
  erase(path: string): void {
    onFile('truncate', path, () => {
      if (this.handle.getSize() > 0) this.handle.truncate(0);
      this.handle.flush();
    });
  }
}

/** One open file of a store, on a file of the pool. */
export class OpfsFile implements StorageFile {
  readonly #file: PoolFile;
  readonly #path: string;
  readonly #access: 'read' | 'write';
  readonly #isStorageClosed: () => boolean;
  #closed = false;

  constructor(
    file: PoolFile,
    how: { readonly path: string; readonly access: 'read' | 'write'; readonly isStorageClosed: () => boolean },
  ) {
    this.#file = file;
    this.#path = how.path;
    this.#access = how.access;
    this.#isStorageClosed = how.isStorageClosed;
    file.users += 1;
  }

  read(target: Uint8Array, targetOffset: number, length: number, position: number): number {
    const part = target.subarray(targetOffset, targetOffset + length);
    if (!isResizable(part)) return this.#perform('read', (handle) => handle.read(part, { at: position }));
    const copy = new Uint8Array(part.length);
    const got = this.#perform('read', (handle) => handle.read(copy, { at: position }));
    part.set(copy.subarray(0, got));
    return got;
  }

  write(source: Uint8Array, sourceOffset: number, length: number, position: number): number {
    this.#assertWritable('write');
    const bytes = source.subarray(sourceOffset, sourceOffset + length);
    return this.#perform('write', (handle) =>
      handle.write(isResizable(bytes) ? new Uint8Array(bytes) : bytes, { at: position }),
    );
  }

  truncate(size: number): void {
    this.#assertWritable('ftruncate');
    this.#perform('ftruncate', (handle) => handle.truncate(size));
  }

  size(): number {
    return this.#perform('fstat', (handle) => handle.getSize());
  }

  sync(): void {
    this.#perform('fsync', (handle) => handle.flush());
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#file.users -= 1;
  }

  #perform<Result>(operation: string, task: (handle: SyncAccessHandle) => Result): Result {
    if (this.#closed || this.#isStorageClosed()) throw closedFileError(operation, this.#path);
    return onFile(operation, this.#path, () => task(this.#file.handle));
  }

  #assertWritable(operation: string): void {
    if (this.#access === 'read') throw errnoError('EBADF', 'the file is open for reading', operation, this.#path);
  }
}

/** Browsers refuse memory that can be resized, in which the engine keeps its index. It goes through a copy. */
function isResizable({ buffer }: Uint8Array): boolean {
  return (buffer as { readonly resizable?: boolean }).resizable === true;
}
