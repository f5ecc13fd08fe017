import { attempt } from '../base/attempt.ts';
import { errnoError } from '../storage/errno-error.ts';
import { writeAll } from '../storage/file-transfer.ts';
import type { StorageFile } from '../storage/storage-backend.ts';
import type { FilePool } from './file-pool.ts';
import type { NamesTable } from './names-table.ts';
import { OpfsFile, type PoolFile } from './pool-file.ts';

/** So many clean files are kept ready. The most that one synchronous call takes is 3: opening a damaged store. */
export const CLEAN_FILES = 8;

/**
 * The files of a storage by directory and name. Names change in memory and in the table in one step; the pool is refilled in
 * a later turn of the event loop.
 */
export class OpfsVolume {
  readonly #pool: FilePool;
  readonly #table: NamesTable;
  readonly #directories: Map<string, Map<string, PoolFile>>;
  readonly #defer: (task: () => void) => void;
  #isMaintenanceDue = false;
  #isClosed = false;

  /** `defer` runs a task in a later turn of the event loop. */
  constructor(
    pool: FilePool,
    table: NamesTable,
    directories: Map<string, Map<string, PoolFile>>,
    defer: (task: () => void) => void,
  ) {
    this.#pool = pool;
    this.#table = table;
    this.#directories = directories;
    this.#defer = defer;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  hasDirectory(path: string): boolean {
    return this.#directories.has(path);
  }

  makeDirectory(path: string): void {
    this.#assertOpen(path);
    this.#change(path, new Map());
  }

  list(path: string): string[] {
    this.#assertOpen(path);
    return [...this.#files(path).keys()];
  }

  open(path: string, name: string, access: 'read' | 'write'): StorageFile | undefined {
    this.#assertOpen(path);
    const file = this.#files(path).get(name);
    return file === undefined ? undefined : this.#handle(file, `${path}/${name}`, access);
  }

  create(path: string, name: string): StorageFile {
    this.#assertOpen(path);
    const files = this.#files(path);
    if (files.has(name)) throw errnoError('EEXIST', 'the file exists already', 'open', `${path}/${name}`);
    const file = this.#cleanFile(`${path}/${name}`);
    try {
      this.#change(path, new Map([...files, [name, file]]));
    } catch (error) {
      this.#pool.putBack(file);
      throw error;
    }
    this.#maintainLater();
    return this.#handle(file, `${path}/${name}`, 'write');
  }

  remove(path: string, name: string): void {
    this.#assertOpen(path);
    const files = this.#files(path);
    const file = files.get(name);
    if (file === undefined) return;
    this.#change(path, new Map([...files].filter(([other]) => other !== name)));
    this.#pool.free(file);
    this.#maintainLater();
  }

  /** Makes all names durable. */
  sync(): void {
    this.#table.sync(this.#names());
    this.#pool.tableIsDurable();
  }

  /** Replaces all files of a directory in one step: a crash leaves the old files or the new ones. */
  async replace(path: string, contents: ReadonlyMap<string, Uint8Array>): Promise<void> {
    this.#assertOpen(path);
    await this.#pool.grow(contents.size);
    this.#assertOpen(path);
    const files = new Map<string, PoolFile>();
    try {
      for (const [name, bytes] of contents) {
        const file = this.#cleanFile(`${path}/${name}`);
        files.set(name, file);
        const handle = this.#handle(file, `${path}/${name}`, 'write');
        try {
          writeAll(handle, bytes, 0, bytes.length, 0);
          handle.sync();
        } finally {
          handle.close();
        }
      }
      const old = [...(this.#directories.get(path)?.values() ?? [])];
      this.#change(path, files);
      for (const file of old) this.#pool.free(file);
    } catch (error) {
      for (const file of files.values()) this.#pool.free(file);
      throw error;
    } finally {
      this.#maintainLater();
    }
    this.sync();
  }

  /** Closes all files. Attempts to make the names durable first. */
  close(): void {
    if (this.#isClosed) return;
    attempt(
      () => this.sync(),
      // No caller was promised the names that no sync has covered.
      () => {},
    );
    this.#isClosed = true;
    this.#pool.close();
    this.#table.close();
  }

  #assertOpen(path: string): void {
    if (this.#isClosed) throw errnoError('EBADF', 'the storage is closed', 'open', path);
  }

  #files(path: string): ReadonlyMap<string, PoolFile> {
    const files = this.#directories.get(path);
    if (files === undefined) throw errnoError('ENOENT', 'no such directory', 'open', path);
    return files;
  }

  #handle(file: PoolFile, path: string, access: 'read' | 'write'): StorageFile {
    return new OpfsFile(file, { path, access, isStorageClosed: () => this.#isClosed });
  }

  /** Gives a directory other files, in memory and in the table. If that throws, nothing has changed. */
  #change(path: string, files: Map<string, PoolFile>): void {
    const before = this.#directories.get(path);
    this.#directories.set(path, files);
    try {
      this.#table.save(this.#names());
    } catch (error) {
      if (before === undefined) this.#directories.delete(path);
      else this.#directories.set(path, before);
      throw error;
    }
  }

  #names(): Map<string, Map<string, number>> {
    const numbersOf = (files: ReadonlyMap<string, PoolFile>): Map<string, number> =>
      new Map([...files].map(([name, { number }]) => [name, number]));
    return new Map([...this.#directories].map(([path, files]) => [path, numbersOf(files)]));
  }

  #cleanFile(path: string): PoolFile {
    const ready = this.#pool.take();
    if (ready !== undefined) return ready;
    // Many files were created and removed in one turn: those that were removed can be used again.
    this.#recycle();
    const file = this.#pool.take();
    if (file === undefined) {
      throw errnoError('EBUSY', 'every pre-opened file is in use: let the event loop run once', 'open', path);
    }
    return file;
  }

  #recycle(): void {
    if (this.#pool.hasFreed) this.sync();
    this.#pool.eraseFreed();
  }

  #maintainLater(): void {
    if (this.#isMaintenanceDue) return;
    this.#isMaintenanceDue = true;
    this.#defer(() => {
      this.#isMaintenanceDue = false;
      // A failure is repeated, and thrown, by the `create` that needs a file.
      this.#maintain().catch(() => {});
    });
  }

  async #maintain(): Promise<void> {
    if (this.#isClosed) return;
    this.#recycle();
    await this.#pool.grow(CLEAN_FILES);
  }
}
