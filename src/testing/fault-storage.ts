import { errnoError } from '../storage/errno-error.ts';
import type { StorageBackend, StorageDirectory, StorageFile } from '../storage/storage-backend.ts';
import type { DiskJournal } from './disk-change.ts';
import { type DiskImage, EMPTY_DISK } from './disk-image.ts';
import type { DiskOperation } from './disk-operation.ts';
import { type DirectoryContext, type DirectoryView, FaultDirectory } from './fault-directory.ts';
import { FaultRecorder } from './fault-recorder.ts';
import type { FaultRule } from './fault-rule.ts';
import { FileView } from './file-view.ts';

/** How a `FaultStorage` begins. */
export interface FaultStorageOptions {
  /** What is on the disk, all of it durable; default: nothing. */
  readonly image?: DiskImage;
  /** Which calls fail; it can be changed at any time. */
  readonly rule?: FaultRule;
  /** Waited for by asynchronous syncs before they end; default: they end as soon as others could run. */
  readonly syncDelay?: () => Promise<void>;
  /** The same for asynchronous reads. */
  readonly readDelay?: () => Promise<void>;
}

/**
 * A storage in memory that fails as it is told, records every call, and knows every state that a crash may leave.
 *
 * Its fault model:
 *
 * - **What is seen.** A write, a truncation, a creation and a removal are seen at once by everyone who reads. A process
 *   that is killed takes nothing with it: `image()` is what the next one finds.
 * - **What is durable.** Contents of a file are, once a sync of that file succeeded that began after them. That a file was
 *   created or removed is, once a sync of the directory succeeded. A directory itself is, as soon as it was opened.
 * - **What a crash does.** Each change that is not durable may have reached the disk or not, in any order and any subset;
 *   a write sector by sector, the last one torn at any byte, with its first or its second part on disk. Where a write made
 *   the file longer, the file may be that long and hold zeros there, or old contents of another file. What is durable stays
 *   as it is. `crashStates(storage.journal)` goes through all of it.
 * - **What fails.** Whatever call the rule says: with any errno, once or for ever, before or after it took effect; transfers
 *   may be short. A sync that fails leaves its data dirty, so that a later one may succeed. With `loss` it does not: the
 *   system has taken the data for clean, later syncs succeed and cover none of it, and a crash may take it; or it has dropped
 *   the data at once.
 *
 * The same calls with the same rule give the same record: there is no clock and no chance in it. The lock is no file; it is
 * free in a storage made of an image. Paths are compared as they are given.
 */
export class FaultStorage implements StorageBackend {
  /** Asked before each call. */
  rule: FaultRule | undefined;
  readonly #recorder: FaultRecorder;
  readonly #syncDelay: () => Promise<void>;
  readonly #readDelay: () => Promise<void>;
  readonly #directories = new Map<string, DirectoryView>();
  readonly #handles = new Map<StorageFile, string>();
  #process: DirectoryContext;
  #files = 0;

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

  /** Every call so far, with what came of it. */
  get operations(): readonly DiskOperation[] {
    return this.#recorder.operations;
  }

  /** Every change so far, and what was there before: what `crashStates` needs. */
  get journal(): DiskJournal {
    return this.#recorder.journal;
  }

  /** Paths of the files that are open, once for each handle. */
  get openFiles(): readonly string[] {
    return [...this.#handles.values()].sort();
  }

  /** Whether the directory has a writer. */
  isLocked(path: string): boolean {
    return this.#directories.get(path)?.holder !== undefined;
  }

  /** Gives the lock of a directory to somebody else; its holder finds out at the next check. */
  takeLockAway(path: string): void {
    const directory = this.#directories.get(path);
    if (directory !== undefined) directory.holder = { takenOverFrom: undefined, isHeld: () => true, release: () => {} };
  }

  /** What readers see now: what is left when only the process dies. */
  image(): DiskImage {
    const image = new Map<string, ReadonlyMap<string, Uint8Array>>();
    for (const [path, { files }] of this.#directories) {
      image.set(path, new Map([...files].map(([name, view]) => [name, view.share()])));
    }
    return image;
  }

  /**
   * The process dies and the system goes on: whatever still uses what was opened so far throws, locks are free, and what
   * was written stays as it was, durable or not.
   */
  killProcess(): void {
    this.#process = this.#newProcess();
    this.#handles.clear();
    for (const directory of this.#directories.values()) directory.holder = undefined;
  }

  openDirectory(path: string, options: { readonly create: boolean }): StorageDirectory {
    return this.#recorder.perform('open-directory', { directory: path, name: '' }, 0, () => {
      const present = this.#directories.get(path);
      if (present !== undefined) return new FaultDirectory(this.#process, present);
      if (!options.create) throw errnoError('ENOENT', 'no such directory', 'open-directory', path);
      const made: DirectoryView = { path, files: new Map(), holder: undefined };
      this.#directories.set(path, made);
      this.#recorder.change({ kind: 'make-directory', directory: path });
      return new FaultDirectory(this.#process, made);
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
