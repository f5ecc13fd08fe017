import { StoreError } from '../base/store-error.ts';
import { errnoError } from '../storage/errno-error.ts';
import type { StorageDirectory, StorageFile, StorageLock } from '../storage/storage-backend.ts';
import type { DiskVerb } from './disk-operation.ts';
import { FaultHandle, type HandleContext } from './fault-file.ts';
import { FileView } from './file-view.ts';

/** What a directory needs from its storage. */
export interface DirectoryContext extends HandleContext {
  readonly onOpen: (handle: StorageFile, path: string) => void;
  readonly nextFile: () => number;
}

/** The contents of a directory, as every process sees them. */
export interface DirectoryView {
  readonly path: string;
  readonly files: Map<string, FileView>;
  holder: StorageLock | undefined;
}

/** One directory of a fault-injecting storage, as one process sees it until it is killed. */
export class FaultDirectory implements StorageDirectory {
  readonly #context: DirectoryContext;
  readonly #view: DirectoryView;

  constructor(context: DirectoryContext, view: DirectoryView) {
    this.#context = context;
    this.#view = view;
  }

  list(): string[] {
    return this.#perform('list', '', () => [...this.#view.files.keys()]);
  }

  open(name: string, access: 'read' | 'write'): StorageFile | undefined {
    const { files } = this.#view;
    const openFile = (): StorageFile | undefined => {
      const file = files.get(name);
      return file === undefined ? undefined : this.#handle(file, name, access);
    };
    return this.#perform('open', name, openFile, (handle) => this.#discard(handle));
  }

  create(name: string): StorageFile {
    const { files, path } = this.#view;
    const createFile = (): StorageFile => {
      if (files.has(name)) throw errnoError('EEXIST', 'the file exists already', 'create', name);
      const file = new FileView(this.#context.nextFile(), new Uint8Array(0));
      files.set(name, file);
      this.#context.recorder.change({ kind: 'create', directory: path, name, file: file.file });
      return this.#handle(file, name, 'write');
    };
    return this.#perform('create', name, createFile, (handle) => this.#discard(handle));
  }

  remove(name: string): void {
    const { files, path } = this.#view;
    this.#perform('remove', name, () => {
      if (files.delete(name)) this.#context.recorder.change({ kind: 'remove', directory: path, name });
    });
  }

  sync(): void {
    this.#perform('sync-directory', '', () => {
      this.#context.recorder.change({ kind: 'sync-directory', directory: this.#view.path });
    });
  }

  /** The lock is not a file: it disappears with the storage. */
  lock(): StorageLock {
    const view = this.#view;
    const takeLock = (): StorageLock => {
      if (view.holder !== undefined) {
        throw new StoreError('LOCKED', `${view.path} is already open in this FaultStorage: close it there first`);
      }
      const lock: StorageLock = {
        takenOverFrom: undefined,
        isHeld: () => this.#perform('check-lock', '', () => view.holder === lock),
        release: () => {
          if (view.holder !== lock) return;
          // Released even if the call fails, as `StorageLock` requires.
          view.holder = undefined;
          this.#perform('unlock', '', () => {});
        },
      };
      view.holder = lock;
      return lock;
    };
    return this.#perform('lock', '', takeLock, () => {
      view.holder = undefined;
    });
  }

  #discard(handle: StorageFile | undefined): void {
    if (handle !== undefined) this.#context.onClose(handle);
  }

  #handle(view: FileView, name: string, access: 'read' | 'write'): StorageFile {
    const { path } = this.#view;
    const handle = new FaultHandle(this.#context, view, { directory: path, name }, access);
    this.#context.onOpen(handle, `${path}/${name}`);
    return handle;
  }

  #perform<Result>(verb: DiskVerb, name: string, task: () => Result, discard?: (result: Result) => void): Result {
    this.#context.assertAlive();
    return this.#context.recorder.perform(verb, { directory: this.#view.path, name }, 0, task, discard);
  }
}
