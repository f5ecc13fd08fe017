import { errnoError } from '../storage/errno-error.ts';
import type { StorageBackend, StorageDirectory, StorageFile } from '../storage/storage-backend.ts';
import type { DiskJournal } from './disk-change.ts';
import { type DiskImage, EMPTY_DISK } from './disk-image.ts';
import type { DiskOperation } from './disk-operation.ts';
import { type DirectoryContext, type DirectoryView, FaultDirectory } from './fault-directory.ts';
import { FaultRecorder } from './fault-recorder.ts';
import type { FaultRule } from './fault-rule.ts';
import { FileView } from './file-view.ts';

/** The options of a `FaultStorage`. */
export interface FaultStorageOptions {
  /** The contents of the disk at the start, all of it durable; default: an empty disk. */
  readonly image?: DiskImage;
  /** Decides which calls fail; can be replaced at any time. Default: no call fails. */
  readonly rule?: FaultRule;
  /** Asynchronous syncs await it before they end; default: they end in a later microtask. */
  readonly syncDelay?: () => Promise<void>;
  /** Asynchronous reads await it before they end; default: they end in a later microtask. */
  readonly readDelay?: () => Promise<void>;
}

/**
 * A storage in memory that injects faults, records every call, and knows every state that a crash may leave. Its fault
 * model:
 *
 * - **Visible.** A write, a truncation, a creation or a removal is visible to every reader at once. Killing the process
 *   loses nothing: `image()` is what the next process finds.
 * - **Durable.** The contents of a file are durable after a successful sync of that file that started after them. The
 *   creation or removal of a file is durable after a successful sync of its directory. A directory is durable as soon
 *   as it was opened.
 * - **Crash.** Each change that is not durable may have reached the disk or not, in any order and any subset: a write
 *   sector by sector, and the last write torn at any byte, with its first or its second part on disk. Where a write
 *   made the file longer, the file may have the new length and hold zeros there, or old contents of another file.
 *   Durable contents do not change. `crashStates(storage.journal)` generates all of these states.
 * - **Failures.** The rule decides which calls fail: with any errno, once or always, before or after they took effect.
 *   Transfers may be short. After a failed sync its data is still dirty, so that a later sync may succeed. With `loss`
 *   it is not: either the system marks the data clean (later syncs succeed without covering it, and a crash may lose
 *   it), or it drops the data at once.
 *
 * The same calls with the same rule give the same record: there is no clock and no randomness. The lock is not a file;
 * a storage that starts with an image is unlocked. Paths are compared as strings.
 */
export class FaultStorage implements StorageBackend {
  /** Called before each operation; `undefined` if no call fails. */
  rule: FaultRule | undefined;
  readonly #recorder: FaultRecorder;
  readonly #syncDelay: () => Promise<void>;
  readonly #readDelay: () => Promise<void>;
  readonly #directories = new Map<string, DirectoryView>();
  readonly #handles = new Map<StorageFile, string>();
  #process: DirectoryContext;
  #files = 0;

  /** A storage without open files or locks. */
  constructor(options: FaultStorageOptions = {}) {
    const {
      image = EMPTY_DISK,
      rule,
      syncDelay = () => Promise.resolve(),
      readDelay = () => Promise.resolve(),
    } = options;
    this.rule = rule;
    this.#syncDelay = syncDelay;
    this.#readDelay = readDelay;
    this.#recorder = new FaultRecorder(image, () => this.rule);
    this.#process = this.#newProcess();
    for (const [path, contents] of image) {
      const files = new Map<string, FileView>();
      for (const [name, bytes] of contents) files.set(name, new FileView(this.#nextFile(), bytes));
      this.#directories.set(path, { path, files, holder: undefined });
    }
  }

  /** Every call so far, with its outcome. */
  get operations(): readonly DiskOperation[] {
    return this.#recorder.operations;
  }

  /** Every change so far, and the contents at the start: the argument of `crashStates`. */
  get journal(): DiskJournal {
    return this.#recorder.journal;
  }

  /** The paths of the open files, one for each handle that was not closed. */
  get openFiles(): readonly string[] {
    return [...this.#handles.values()].sort();
  }

  /** Whether a writer holds the lock of the directory. */
  isLocked(path: string): boolean {
    return this.#directories.get(path)?.holder !== undefined;
  }

  /**
   * Transfers the lock of a directory to another owner, as a takeover would; its holder notices that at the next check.
   */
  takeLockAway(path: string): void {
    const directory = this.#directories.get(path);
    if (directory !== undefined) directory.holder = { takenOverFrom: undefined, isHeld: () => true, release: () => {} };
  }

  /** What readers see now: the contents of the disk if only the process dies. */
  image(): DiskImage {
    const image = new Map<string, ReadonlyMap<string, Uint8Array>>();
    for (const [path, { files }] of this.#directories) {
      image.set(path, new Map([...files].map(([name, view]) => [name, view.share()])));
    }
    return image;
  }

  /**
   * Kills the process, but not the system: every file and directory that was opened so far throws when it is used, the
   * locks are released, and everything written stays, durable or not.
   */
  killProcess(): void {
    this.#process = this.#newProcess();
    this.#handles.clear();
    for (const directory of this.#directories.values()) directory.holder = undefined;
  }

  /** The same disk for another process, which `killProcess` does not end: a reader beside the writer that is killed. */
  otherProcess(): StorageBackend {
    const process: DirectoryContext = { ...this.#process, assertAlive: () => {} };
    return { openDirectory: (path, options) => this.#openDirectory(process, path, options) };
  }

  openDirectory(path: string, options: { readonly create: boolean }): StorageDirectory {
    return this.#openDirectory(this.#process, path, options);
  }

  #openDirectory(process: DirectoryContext, path: string, options: { readonly create: boolean }): StorageDirectory {
    return this.#recorder.perform('open-directory', { directory: path, name: '' }, 0, () => {
      const present = this.#directories.get(path);
      if (present !== undefined) return new FaultDirectory(process, present);
      if (!options.create) throw errnoError('ENOENT', 'no such directory', 'open-directory', path);
      const made: DirectoryView = { path, files: new Map(), holder: undefined };
      this.#directories.set(path, made);
      this.#recorder.change({ kind: 'make-directory', directory: path });
      return new FaultDirectory(process, made);
    });
  }

  #newProcess(): DirectoryContext {
    const made: DirectoryContext = {
      recorder: this.#recorder,
      syncDelay: this.#syncDelay,
      readDelay: this.#readDelay,
      onOpen: (handle, path) => this.#handles.set(handle, path),
      onClose: (handle) => this.#handles.delete(handle),
      nextFile: () => this.#nextFile(),
      assertAlive: () => {
        if (this.#process !== made) throw new Error('this process was killed');
      },
    };
    return made;
  }

  #nextFile(): number {
    this.#files += 1;
    return this.#files;
  }
}
