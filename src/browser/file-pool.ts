import { errnoError } from '../storage/errno-error.ts';
import { domFailure, isDomException } from './dom-failure.ts';
import type { OpfsDirectoryHandle, OpfsPlatform, SyncAccessHandle } from './opfs-platform.ts';
import { PoolFile } from './pool-file.ts';

const FILE_NAME = /^file-(\d+)$/;
/** The handles of a worker that was killed are released a moment after its lock. */
const HANDLE_WAIT_MS = 5000;
const HANDLE_PAUSE_MS = 20;

/**
 * The pre-opened files of one storage. A file is in use (it has a name), freed, or clean.
 *
 * Invariants:
 * 1. A clean file is empty, durably: nothing of an earlier file can appear under its next name.
 * 2. A freed file keeps its contents until a table without its name is durable: a crash may bring the old name back, and
 *    must then find what that file was.
 * 3. A freed file that is still open is not erased.
 */
export class FilePool {
  readonly #platform: OpfsPlatform;
  readonly #directory: OpfsDirectoryHandle;
  readonly #all = new Map<number, PoolFile>();
  readonly #clean: PoolFile[] = [];
  /** No durable table names them. */
  #erasable: PoolFile[] = [];
  /** The newest durable table may name them. */
  #freed: PoolFile[] = [];
  #growing: Promise<void> = Promise.resolve();
  #isClosed = false;

  private constructor(platform: OpfsPlatform, directory: OpfsDirectoryHandle) {
    this.#platform = platform;
    this.#directory = directory;
  }

  /** Opens all files of the pool that are in the directory. None is named yet. */
  static async open(platform: OpfsPlatform, directory: OpfsDirectoryHandle): Promise<FilePool> {
    const pool = new FilePool(platform, directory);
    const numbers: number[] = [];
    for await (const name of directory.keys()) {
      const number = FILE_NAME.exec(name)?.[1];
      if (number !== undefined) numbers.push(Number(number));
    }
    try {
      for (const number of numbers.sort((a, b) => a - b)) await pool.#add(number);
    } catch (error) {
      pool.close();
      throw error;
    }
    return pool;
  }

  get(number: number): PoolFile | undefined {
    return this.#all.get(number);
  }

  /** Sorts the files after opening: those with a name are in use, the others may be erased. */
  adopt(named: ReadonlySet<PoolFile>): void {
    this.#erasable = [...this.#all.values()].filter((file) => !named.has(file));
  }

  /** A clean file, `undefined` if there is none. */
  take(): PoolFile | undefined {
    return this.#clean.shift();
  }

  /** Takes back a file that was not used. */
  putBack(file: PoolFile): void {
    this.#clean.push(file);
  }

  /** Takes back a file that has lost its name. */
  free(file: PoolFile): void {
    this.#freed.push(file);
  }

  /** Records that the newest durable table names none of the files that were freed before. */
  tableIsDurable(): void {
    this.#erasable.push(...this.#freed);
    this.#freed = [];
  }

  /** Whether a file waits for a durable table without its name. */
  get hasFreed(): boolean {
    return this.#freed.length > 0;
  }

  /** Erases the files that no table names, so that they can be used again. */
  eraseFreed(): void {
    const open: PoolFile[] = [];
    while (this.#erasable.length > 0) {
      const file = this.#erasable.pop() as PoolFile;
      if (file.users > 0) {
        open.push(file);
        continue;
      }
      try {
        file.erase(nameOf(file.number));
      } catch (error) {
        this.#erasable.push(file, ...open);
        throw error;
      }
      this.#clean.push(file);
    }
    this.#erasable = open;
  }

  /** Creates files until `count` are clean. */
  grow(count: number): Promise<void> {
    const growing = this.#growing.then(() => this.#growTo(count));
    this.#growing = growing.catch(() => {});
    return growing;
  }

  close(): void {
    this.#isClosed = true;
    for (const { handle } of this.#all.values()) handle.close();
  }

  async #growTo(count: number): Promise<void> {
    while (this.#clean.length < count && !this.#isClosed) {
      let number = this.#all.size;
      while (this.#all.has(number)) number += 1;
      const file = await this.#add(number);
      if (this.#isClosed) return;
      // Its existence should be durable before a table names it.
      file.erase(nameOf(number));
      this.#clean.push(file);
    }
  }

  async #add(number: number): Promise<PoolFile> {
    const handle = await openHandle(this.#platform, this.#directory, nameOf(number));
    const file = new PoolFile(number, handle);
    if (this.#isClosed) handle.close();
    else this.#all.set(number, file);
    return file;
  }
}

function nameOf(number: number): string {
  return `file-${number}`;
}

/** Opens or creates a file, and waits for the handle that another worker may still hold. */
export async function openHandle(
  platform: OpfsPlatform,
  directory: OpfsDirectoryHandle,
  name: string,
): Promise<SyncAccessHandle> {
  for (let waited = 0; ; waited += HANDLE_PAUSE_MS) {
    try {
      const file = await directory.getFileHandle(name, { create: true });
      if (file.createSyncAccessHandle === undefined) throw notInWorker(name);
      return await file.createSyncAccessHandle();
    } catch (error) {
      if (!isDomException(error, 'NoModificationAllowedError') || waited >= HANDLE_WAIT_MS) {
        throw error instanceof Error && 'code' in error && typeof error.code === 'string'
          ? error
          : domFailure(error, 'open', name);
      }
    }
    await platform.pause(HANDLE_PAUSE_MS);
  }
}

function notInWorker(name: string): Error {
  return errnoError('ENOSYS', 'synchronous access exists in dedicated workers only: open it in a Worker', 'open', name);
}
