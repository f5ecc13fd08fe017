import { attempt } from '../../base/attempt.ts';
import { storageFailure } from '../../base/storage-failure.ts';
import { errnoOf, StoreError } from '../../base/store-error.ts';
import { LogFile } from '../../log/log-file.ts';
import { PagePool } from '../../log/page-pool.ts';
import { PAGE_BYTES } from '../../log/record-memory.ts';
import { errnoError } from '../../storage/errno-error.ts';
import { writeAll } from '../../storage/file-transfer.ts';
import type { StorageBackend, StorageDirectory, StorageFile, StorageLock } from '../../storage/storage-backend.ts';
import { listGenerations, logName, UNFINISHED_BACKUP, UNFINISHED_BACKUP_NOTE } from '../generation-files.ts';
import type { BackupSteps } from './backup-steps.ts';

const GENERATION = 1;
const LOG_NAME: string = logName(GENERATION);
/** Pages of the copy that stay in memory. */
const POOL_BYTES: number = 8 * PAGE_BYTES;
const UNFINISHED = 'another backup is being made there, or was not finished';

/**
 * The directory of a backup while it is made.
 *
 * Invariants:
 * 1. From before the first other file exists until the log is whole and durable under its name, the directory durably
 *    holds the marker, and is not opened as a store.
 * 2. While the backup holds the lock, no other process opens the directory for writing.
 * 3. Only what this backup created is removed, and only while it holds the lock.
 */
export class BackupTarget {
  readonly #path: string;
  readonly #directory: StorageDirectory;
  #lock: StorageLock | undefined;
  #isMarked = false;
  #hasLog = false;
  #log: LogFile | undefined;

  private constructor(path: string, directory: StorageDirectory) {
    this.#path = path;
    this.#directory = directory;
  }

  /** Creates the directory `path` unless it exists, marks and locks it. Throws `IO` if it is not empty. */
  static *take(storage: StorageBackend, path: string): BackupSteps<BackupTarget> {
    const target = new BackupTarget(path, openDirectory(storage, path));
    yield undefined;
    yield* target.#take();
    return target;
  }

  /** Creates the log of the copy; an earlier one is removed. */
  createLog(salt: number): LogFile {
    return this.#writing(() => {
      this.#removeLog();
      // Also if the creation fails: it may have taken effect.
      this.#hasLog = true;
      const file = this.#directory.create(LOG_NAME);
      const place = { generation: GENERATION, salt };
      this.#log = LogFile.create(file, LOG_NAME, place, new PagePool(POOL_BYTES), () => this.#assertHeld());
      return this.#log;
    });
  }

  /** Makes the copy a store: its log must be whole and durable. */
  *complete(): BackupSteps<void> {
    this.#writing(() => {
      this.#assertHeld();
      this.#log?.close();
      this.#directory.sync();
    });
    yield undefined;
    this.#writing(() => {
      this.#assertHeld();
      this.#directory.remove(UNFINISHED_BACKUP);
      this.#isMarked = false;
      this.#directory.sync();
    });
  }

  /** Removes what this backup created. The marker is removed last, and stays if anything before fails. */
  discard(onFailure: (error: unknown) => void): void {
    this.#closeLog();
    attempt(() => {
      const hasLog = this.#hasLog;
      if (!(hasLog || this.#isMarked) || this.#lock?.isHeld() === false) return;
      this.#removeLog();
      if (this.#isMarked) {
        // No crash may leave a part of the log without the marker.
        if (hasLog) this.#directory.sync();
        this.#directory.remove(UNFINISHED_BACKUP);
        this.#isMarked = false;
      }
      this.#directory.sync();
    }, onFailure);
    this.release(onFailure);
  }

  /** Releases the lock. A lock file that stays is taken over when this process has ended. */
  release(onFailure: (error: unknown) => void): void {
    attempt(() => this.#lock?.release(), onFailure);
  }

  *#take(): BackupSteps<void> {
    try {
      this.#writing(() => this.#mark());
      yield undefined;
      this.#writing(() => this.#takeLock());
    } catch (error) {
      this.discard(() => {});
      throw error;
    }
  }

  #takeLock(): void {
    this.#lock = this.#directory.lock();
    // Another process may have opened the directory, and closed it, before the marker was there.
    const { logs, images } = listGenerations(this.#directory);
    if (logs.length + images.length > 0) throw refused(this.#path, 'another process has opened it');
  }

  #mark(): void {
    if (!isEmpty(this.#directory)) throw notEmpty(this.#path, this.#directory);
    let file: StorageFile;
    try {
      file = this.#directory.create(UNFINISHED_BACKUP);
    } catch (error) {
      throw errnoOf(error) === 'EEXIST' ? refused(this.#path, UNFINISHED) : error;
    }
    this.#isMarked = true;
    try {
      const note = new TextEncoder().encode(`${UNFINISHED_BACKUP_NOTE}\n`);
      writeAll(file, note, 0, note.length, 0);
    } finally {
      file.close();
    }
    this.#directory.sync();
  }

  /** A failure does not matter: the file is removed. */
  #closeLog(): void {
    attempt(
      () => this.#log?.close(),
      () => {},
    );
  }

  #removeLog(): void {
    this.#closeLog();
    if (this.#hasLog) this.#directory.remove(LOG_NAME);
    this.#hasLog = false;
  }

  #assertHeld(): void {
    if (this.#writing(() => this.#lock?.isHeld()) !== false) return;
    throw new StoreError('IO', `${this.#path} was removed, or taken by another process, while a backup was made in it`);
  }

  #writing<Result>(task: () => Result): Result {
    try {
      return task();
    } catch (error) {
      throw storageFailure(`write the backup in ${this.#path}`, error);
    }
  }
}

function openDirectory(storage: StorageBackend, path: string): StorageDirectory {
  try {
    return storage.openDirectory(path, { create: true });
  } catch (error) {
    throw storageFailure(`create the directory of the backup, ${path}`, error);
  }
}

function isEmpty(directory: StorageDirectory): boolean {
  return directory.isEmpty?.() ?? directory.list().length === 0;
}

function notEmpty(path: string, directory: StorageDirectory): StoreError {
  const isMarked = directory.list().includes(UNFINISHED_BACKUP);
  return refused(path, isMarked ? UNFINISHED : 'the directory is not empty');
}

function refused(path: string, reason: string): StoreError {
  return new StoreError('IO', `could not back up into ${path}: ${reason}; name a new directory`, {
    cause: errnoError('ENOTEMPTY', 'the directory is not empty', 'backup', path),
  });
}
