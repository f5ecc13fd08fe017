import { kindOf } from '../base/argument.ts';
import { assertOptions } from '../base/options.ts';
import { storageFailure } from '../base/storage-failure.ts';
import { StoreError } from '../base/store-error.ts';
import { errnoError } from '../storage/errno-error.ts';
import { readFully } from '../storage/file-transfer.ts';
import type { StorageBackend, StorageDirectory } from '../storage/storage-backend.ts';
import { isDomException } from './dom-failure.ts';
import { FilePool, openHandle } from './file-pool.ts';
import { type Names, NamesTable } from './names-table.ts';
import { OpfsDirectory } from './opfs-directory.ts';
import { browserPlatform, type OpfsDirectoryHandle, type OpfsPlatform } from './opfs-platform.ts';
import { CLEAN_FILES, OpfsVolume } from './opfs-volume.ts';
import type { PoolFile } from './pool-file.ts';
import { WebLock } from './web-lock.ts';

/** Options of `OpfsStorage.open`; each has a default. */
export interface OpfsStorageOptions {
  /**
   * How long to wait while another tab or worker holds the lock, in milliseconds: an integer from 0 to 2,147,483,647. A page
   * that is reloaded needs it, as its old worker ends a moment later. Default: 1000.
   */
  readonly waitForLockMs?: number;
}

const WAIT_MS_DEFAULT = 1000;
const WAIT_MS_MAX: number = 2 ** 31 - 1;
const NAMES_FILE = 'names';

/**
 * A storage in the origin-private file system of a browser, for a dedicated worker. Its files are opened beforehand, because
 * opening is asynchronous there and the cache is synchronous. One worker of the origin at a time has it open; `sync` is the
 * `flush` of the browser. What that promises is in docs/browser.md.
 *
 * @example
 * ```ts no-run
 * import { LogCache } from 'projection-cache';
 * import { OpfsStorage } from 'projection-cache/browser';
 *
 * const storage = await OpfsStorage.open('projections');
 * const cache = LogCache.open('projections', { storage });
 * ```
 */
export class OpfsStorage implements StorageBackend {
  readonly #volume: OpfsVolume;
  readonly #lock: WebLock;
  readonly #directories = new Map<string, OpfsDirectory>();

  private constructor(volume: OpfsVolume, lock: WebLock) {
    this.#volume = volume;
    this.#lock = lock;
  }

  /**
   * Opens the storage `name` of this origin, or creates it. Rejects with `StoreError` `LOCKED` if another tab or worker has it
   * open, `IO` where the browser refuses or this is no dedicated worker, and `TypeError` or `RangeError` for invalid arguments.
   */
  static open(name: string, options: OpfsStorageOptions = {}): Promise<OpfsStorage> {
    return OpfsStorage.openOn(browserPlatform, name, options);
  }

  /**
   * Removes the storage `name` with all its files, such as when a user signs out. Does nothing if it does not exist. Rejects
   * as `open` does.
   */
  static remove(name: string, options: OpfsStorageOptions = {}): Promise<void> {
    return OpfsStorage.removeOn(browserPlatform, name, options);
  }

  /** @internal */
  static async openOn(platformOf: () => OpfsPlatform, name: string, options: OpfsStorageOptions): Promise<OpfsStorage> {
    const { platform, lock } = await lockStorage(platformOf, name, options);
    try {
      const root = await platform.root();
      const directory = await root.getDirectoryHandle(name, { create: true });
      return new OpfsStorage(await openVolume(platform, directory), lock);
    } catch (error) {
      lock.release();
      throw storageFailure(`open the storage ${name}`, error);
    }
  }

  /** @internal */
  static async removeOn(platformOf: () => OpfsPlatform, name: string, options: OpfsStorageOptions): Promise<void> {
    const { platform, lock } = await lockStorage(platformOf, name, options);
    try {
      const root = await platform.root();
      await root.removeEntry(name, { recursive: true });
    } catch (error) {
      if (!isDomException(error, 'NotFoundError')) throw storageFailure(`remove the storage ${name}`, error);
    } finally {
      lock.release();
    }
  }

  /** Opens a directory: a group of names within this storage. Throws `ENOENT` for an absent one unless `create` is set. */
  openDirectory(path: string, options: { readonly create: boolean }): StorageDirectory {
    if (!this.#volume.hasDirectory(path)) {
      if (!options.create) throw errnoError('ENOENT', 'no such directory', 'open', path);
      this.#volume.makeDirectory(path);
    }
    return this.#directory(path);
  }

  /** Copies all files of a directory, by name: for a download, or for another storage. Throws `IO`. */
  exportFiles(path: string): Map<string, Uint8Array> {
    try {
      const directory = this.openDirectory(path, { create: false });
      return new Map(directory.list().map((name) => [name, contentOf(directory, name)]));
    } catch (error) {
      throw storageFailure(`export the files of ${path}`, error);
    }
  }

  /**
   * Replaces all files of a directory, such as by those that Node wrote to disk or `exportFiles` returned. A crash leaves the
   * old files or the new ones. Rejects with `LOCKED` while a cache has the directory open, with `IO` if the browser refuses.
   */
  async importFiles(path: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
    if (this.#directory(path).isLocked) {
      throw new StoreError('LOCKED', `${path} is open in this OpfsStorage: close the cache first`);
    }
    try {
      await this.#volume.replace(path, files);
    } catch (error) {
      throw storageFailure(`import files into ${path}`, error);
    }
  }

  /** Closes the files and releases the lock. Close the caches before. Further calls do nothing. */
  close(): void {
    this.#volume.close();
    this.#lock.release();
  }

  /** Calls `close`; for `using` declarations. */
  [Symbol.dispose](): void {
    this.close();
  }

  #directory(path: string): OpfsDirectory {
    const present = this.#directories.get(path);
    if (present !== undefined) return present;
    const made = new OpfsDirectory(path, this.#volume, this.#lock);
    this.#directories.set(path, made);
    return made;
  }
}

async function lockStorage(
  platformOf: () => OpfsPlatform,
  name: string,
  options: OpfsStorageOptions,
): Promise<{ readonly platform: OpfsPlatform; readonly lock: WebLock }> {
  assertOptions(options, 'options of OpfsStorage.open', ['waitForLockMs']);
  const { waitForLockMs: waitMs = WAIT_MS_DEFAULT } = options;
  if (typeof name !== 'string') throw new TypeError(`name must be a string; got ${kindOf(name)}`);
  if (name === '' || name === '.' || name === '..' || /[/\\]/.test(name)) {
    throw new RangeError(`name must be the name of one directory, without slashes; got '${name}'`);
  }
  if (!Number.isInteger(waitMs) || waitMs < 0 || waitMs > WAIT_MS_MAX) {
    throw new RangeError(`waitForLockMs must be an integer from 0 to ${WAIT_MS_MAX}, not ${String(waitMs)}`);
  }
  const platform = platformOf();
  const lock = await WebLock.take(platform.locks, `projection-cache:${name}`, { waitMs, what: name });
  return { platform, lock };
}

async function openVolume(platform: OpfsPlatform, directory: OpfsDirectoryHandle): Promise<OpfsVolume> {
  const pool = await FilePool.open(platform, directory);
  try {
    const file = await openHandle(platform, directory, NAMES_FILE);
    try {
      const { table, names } = NamesTable.open(file);
      const whole = wholeDirectories(names, pool);
      if (whole.size < names.size) {
        table.save(whole);
        table.sync(whole);
      }
      const directories = new Map([...whole].map(([path, numbers]) => [path, filesOf(numbers, pool)]));
      pool.adopt(new Set([...directories.values()].flatMap((files) => [...files.values()])));
      const volume = new OpfsVolume(pool, table, directories, platform.defer);
      pool.eraseFreed();
      await pool.grow(CLEAN_FILES);
      return volume;
    } catch (error) {
      file.close();
      throw error;
    }
  } catch (error) {
    pool.close();
    throw error;
  }
}

/**
 * The directories all of whose files are there. Of the others nothing is kept: without the newest log an older one could be
 * mistaken for it.
 */
function wholeDirectories(names: Names, pool: FilePool): Names {
  return new Map([...names].filter(([, numbers]) => filesOf(numbers, pool).size === numbers.size));
}

function filesOf(numbers: ReadonlyMap<string, number>, pool: FilePool): Map<string, PoolFile> {
  const files = new Map<string, PoolFile>();
  for (const [name, number] of numbers) {
    const file = pool.get(number);
    if (file !== undefined) files.set(name, file);
  }
  return files;
}

function contentOf(directory: StorageDirectory, name: string): Uint8Array {
  const file = directory.open(name, 'read');
  if (file === undefined) throw errnoError('ENOENT', 'no such file', 'open', name);
  try {
    const bytes = new Uint8Array(file.size());
    return bytes.subarray(0, readFully(file, bytes, 0, bytes.length, 0));
  } finally {
    file.close();
  }
}
