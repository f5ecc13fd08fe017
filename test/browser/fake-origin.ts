import type {
  OpfsDirectoryHandle,
  OpfsFileHandle,
  OpfsPlatform,
  SyncAccessHandle,
} from '../../src/browser/opfs-platform.ts';
import { OpfsStorage, type OpfsStorageOptions } from '../../src/browser/opfs-storage.ts';
import type { StorageDirectory, StorageFile } from '../../src/storage/storage-backend.ts';
import { type DiskImage, FaultStorage } from '../../src/testing/index.ts';
import { exception, FakeLocks } from './fake-locks.ts';

/** Lets deferred tasks run: the maintenance of pools takes several turns. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/**
 * The file system and the locks of one origin. Its files are those of a `FaultStorage`, with its fault model: what no `flush`
 * covered, a crash may lose. Browsers promise nothing of new files: here one is durable once it was created, and a test of
 * its own loses files.
 */
export class FakeOrigin {
  readonly files: FaultStorage;
  readonly locks: FakeLocks = new FakeLocks();
  readonly #directories = new Set<string>();
  /** The paths of the files that have an access handle, and the worker that has it. */
  readonly #handles = new Map<string, object>();

  constructor(image?: DiskImage) {
    this.files = new FaultStorage(image === undefined ? {} : { image });
    for (const path of image?.keys() ?? []) this.#directories.add(path);
  }

  /** A worker of this origin. `kill` ends it without any chance to clean up. */
  worker(): FakeWorker {
    const owner = {};
    const platform: OpfsPlatform = {
      root: () => Promise.resolve(this.#root(owner)),
      locks: this.locks.of(owner),
      pause: () => settle(),
      defer: (task) => void setImmediate(task),
    };
    return {
      platform,
      open: (name, options = {}) => OpfsStorage.openOn(() => platform, name, options),
      kill: () => {
        for (const [path, holder] of [...this.#handles]) if (holder === owner) this.#handles.delete(path);
        this.locks.kill(owner);
      },
    };
  }

  get openHandles(): readonly string[] {
    return [...this.#handles.keys()].sort();
  }

  #root(owner: object): OpfsDirectoryHandle {
    const notThere = (): Promise<never> => Promise.reject(exception('NotFoundError', 'not there'));
    return {
      getDirectoryHandle: (name, { create }) => {
        if (!(create || this.#directories.has(name))) return notThere();
        this.#directories.add(name);
        return Promise.resolve(this.#directoryHandle(owner, name));
      },
      removeEntry: (name) => {
        if (!this.#directories.delete(name)) return notThere();
        const directory = this.files.openDirectory(name, { create: true });
        for (const file of directory.list()) directory.remove(file);
        directory.sync();
        return Promise.resolve();
      },
      getFileHandle: notThere,
      keys: async function* () {},
    };
  }

  #directoryHandle(owner: object, path: string): OpfsDirectoryHandle {
    const directory = this.files.openDirectory(path, { create: true });
    const unused = (): Promise<never> => Promise.reject(new Error('not used'));
    return {
      getDirectoryHandle: unused,
      removeEntry: unused,
      getFileHandle: (name) => Promise.resolve(this.#fileHandle(owner, `${path}/${name}`, directory, name)),
      keys: async function* () {
        yield* directory.list();
      },
    };
  }

  #fileHandle(owner: object, path: string, directory: StorageDirectory, name: string): OpfsFileHandle {
    return {
      createSyncAccessHandle: async () => {
        await Promise.resolve();
        if (this.#handles.has(path)) throw exception('NoModificationAllowedError', `${path} has an access handle`);
        let file = directory.open(name, 'write');
        if (file === undefined) {
          file = withDomExceptions(() => directory.create(name));
          directory.sync();
        }
        this.#handles.set(path, owner);
        return accessHandle(file, {
          isAlive: () => this.#handles.get(path) === owner,
          onClose: () => this.#handles.delete(path),
        });
      },
    };
  }
}

/** One dedicated worker. */
export interface FakeWorker {
  readonly platform: OpfsPlatform;
  readonly open: (name: string, options?: OpfsStorageOptions) => Promise<OpfsStorage>;
  readonly kill: () => void;
}

/** An access handle as Chromium has them: it refuses memory that can be resized. */
function accessHandle(
  file: StorageFile,
  { isAlive, onClose }: { readonly isAlive: () => boolean; readonly onClose: () => void },
): SyncAccessHandle {
  const use = <Result>(task: () => Result): Result => {
    if (!isAlive()) throw exception('InvalidStateError', 'the access handle was closed');
    return withDomExceptions(task);
  };
  const assertFixed = ({ buffer }: Uint8Array): void => {
    if ((buffer as { readonly resizable?: boolean }).resizable === true) throw new TypeError('must not be resizable');
  };
  return {
    read: (target, { at }) => {
      assertFixed(target);
      return use(() => file.read(target, 0, target.length, at));
    },
    write: (source, { at }) => {
      assertFixed(source);
      return use(() => file.write(source, 0, source.length, at));
    },
    truncate: (size) => use(() => file.truncate(size)),
    getSize: () => use(() => file.size()),
    flush: () => use(() => file.sync()),
    close: () => {
      onClose();
      file.close();
    },
  };
}

function withDomExceptions<Result>(task: () => Result): Result {
  try {
    return task();
  } catch (error) {
    const { code, message } = error as Error & { readonly code?: string };
    if (code === 'ENOSPC') throw exception('QuotaExceededError', message);
    throw exception('UnknownError', message);
  }
}
