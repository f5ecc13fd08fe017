import { attempt } from '../../base/attempt.ts';
import { storageFailure } from '../../base/storage-failure.ts';
import { StoreError } from '../../base/store-error.ts';
import { FILE_HEADER_BYTES } from '../../log/file-header.ts';
import type { LogFile } from '../../log/log-file.ts';
import type { StorageFile } from '../../storage/storage-backend.ts';
import { openForReading } from '../recovery/open-store.ts';
import type { StoreContext } from '../store-context.ts';

/** The part of a log that a backup copies: its records below `end`. */
export interface BackupSource {
  readonly file: StorageFile;
  /** The name of the file. */
  readonly name: string;
  readonly salt: number;
  /** Offset after the last record to copy. */
  readonly end: number;
  /** Number of entries of the store that these records make. */
  readonly entries: number;
  /** Throws if the log is no longer what it was, so that what looks like damage is not damage. */
  assertIntact(): void;
  /** Further calls do nothing. A failure is an event, as the copy does not depend on it. */
  close(): void;
}

/** The writer has replaced the log that a reader was copying: the copy starts again with the new log. */
export class LogReplacedError extends Error {}

/** The log of a writer as it is now. Everything below its end must be in its file. It is kept until the source is closed. */
export function writersLog(context: StoreContext, log: LogFile, entries: number): BackupSource {
  const file = openLog(context, log.name);
  if (file === undefined) {
    context.assertLockHeld();
    throw new StoreError('IO', `${log.name} is gone: the directory of the store was changed`);
  }
  const hold = context.heldLogs.hold(log.name);
  return {
    ...placeOf(log),
    file,
    entries,
    assertIntact: () => {
      context.status.assertNotPoisoned();
      context.assertLockHeld();
    },
    close: () => {
      hold.release();
      attempt(() => file.close(), context.onHousekeepingFailure);
    },
  };
}

/** The log of a reader, up to where it reads. Throws `LogReplacedError` if the writer has removed it. */
export function readersLog(context: StoreContext, log: LogFile, entries: number): BackupSource {
  // A reader of a directory without a store has no file.
  if (log.end <= FILE_HEADER_BYTES) return sourceOf(log, log.file, entries, () => {});
  const file = openLog(context, log.name);
  if (file === undefined) throw new LogReplacedError();
  return sourceOf(log, file, entries, () => attempt(() => file.close(), context.onHousekeepingFailure));
}

/** The log that a reader sees if it opens the directory now. */
export function newestLog(context: StoreContext): BackupSource {
  const { log, index } = openForReading(context);
  return sourceOf(log, log.file, index.size, () => attempt(() => log.close(), context.onHousekeepingFailure));
}

function sourceOf(log: LogFile, file: StorageFile, entries: number, close: () => void): BackupSource {
  const { end } = log;
  const assertIntact = (): void => {
    if (file.size() < end) throw new LogReplacedError();
  };
  return { ...placeOf(log), file, entries, assertIntact, close };
}

function placeOf({ name, salt, end }: LogFile): Pick<BackupSource, 'name' | 'salt' | 'end'> {
  return { name, salt, end };
}

function openLog({ directory }: StoreContext, name: string): StorageFile | undefined {
  try {
    return directory.open(name, 'read');
  } catch (error) {
    throw storageFailure(`open ${name}`, error);
  }
}
