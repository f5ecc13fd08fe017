import { guardedHandler } from '../../base/guarded-handler.ts';
import { assertOptions } from '../../base/options.ts';
import { StoreError } from '../../base/store-error.ts';
import { FILE_HEADER_BYTES } from '../../log/file-header.ts';
import type { LogFile } from '../../log/log-file.ts';
import { completionOf } from '../../log/record-codec.ts';
import { RecordReader } from '../../log/record-reader.ts';
import type { StorageBackend } from '../../storage/storage-backend.ts';
import { assertStorage } from '../../storage/store-place.ts';
import type { StepOptions } from '../compaction-scheduler.ts';
import type { StoreContext } from '../store-context.ts';
import { type BackupSource, LogReplacedError, newestLog, readersLog, writersLog } from './backup-source.ts';
import type { BackupSteps } from './backup-steps.ts';
import { BackupTarget } from './backup-target.ts';
import { LogCopy } from './log-copy.ts';

/** A step reads about this much of a log. */
const STEP_BYTES: number = 256 * 1024;
/** A sync of the copy covers little more than this, so that it does not hold up the syncs of the writer. */
const SYNC_BYTES: number = 4 * 1024 * 1024;
/** A log is replaced at most once while about as much is written as it has live bytes. */
const READER_ATTEMPTS_MAX = 10;

/** Options of a backup. */
export interface BackupOptions extends StepOptions {
  /** Where the copy is written. Default: the storage of the cache. */
  readonly storage?: StorageBackend;
}

/** What a backup has copied. */
export interface BackupReport {
  /** Number of entries of the cache at the moment of the backup. */
  readonly entries: number;
  /** Number of records copied, those of replaced and deleted entries included. */
  readonly records: number;
  /** Size of the copy in bytes. */
  readonly bytes: number;
  /**
   * Number of records whose value was damaged. The copy has no entry in their place, unless a later record replaced it
   * anyway.
   */
  readonly recordsDamaged: number;
}

/** What to copy, and where to. */
export interface BackupTask {
  readonly context: StoreContext;
  /** The log that is the store. All of it must be in its file. */
  readonly log: LogFile;
  /** Number of entries of the store. */
  readonly entries: number;
  readonly storage: StorageBackend;
  /** The directory of the copy. */
  readonly path: string;
  readonly onProgress: StepOptions['onProgress'];
}

/** Throws `TypeError` for invalid options. */
export function assertBackupOptions(options: BackupOptions): void {
  assertOptions(options, 'options of backup', ['signal', 'onProgress', 'storage']);
  assertStorage(options.storage);
}

/**
 * Copies the log, as it is when this is called, into an empty directory, where it is a store when all steps are done.
 * If a step fails, everything that was created is removed.
 */
export function* backUp(task: BackupTask): BackupSteps<BackupReport> {
  const { onHousekeepingFailure } = task.context;
  const source = firstSource(task);
  try {
    const target = yield* BackupTarget.take(task.storage, task.path);
    try {
      const report = yield* copyCurrent(source, target, task);
      yield* target.complete();
      target.release(onHousekeepingFailure);
      return report;
    } catch (error) {
      target.discard(onHousekeepingFailure);
      throw error;
    }
  } finally {
    source?.close();
  }
}

/** Copies `first`, or a newer log if the writer of another process replaces it meanwhile. */
function* copyCurrent(
  first: BackupSource | undefined,
  target: BackupTarget,
  task: BackupTask,
): BackupSteps<BackupReport> {
  let source = first;
  for (let attempts = 1; attempts <= READER_ATTEMPTS_MAX; attempts += 1) {
    try {
      return yield* copy(source ?? newestLog(task.context), target, task);
    } catch (error) {
      if (!(error instanceof LogReplacedError)) throw error;
    }
    source = undefined;
    yield undefined;
  }
  throw replacedTooOften();
}

/** `undefined` if the writer has just removed the log of this reader. */
function firstSource({ context, log, entries }: BackupTask): BackupSource | undefined {
  if (!context.settings.readOnly) return writersLog(context, log, entries);
  try {
    return readersLog(context, log, entries);
  } catch (error) {
    if (error instanceof LogReplacedError) return undefined;
    throw error;
  }
}

/** Copies the log of `source`, closes it, and reads the copy back. */
function* copy(source: BackupSource, target: BackupTarget, task: BackupTask): BackupSteps<BackupReport> {
  const report = guardedHandler('onProgress', task.onProgress);
  try {
    const log = target.createLog(task.context.random() | 0);
    const copied = new LogCopy(source, log);
    while (!copied.isDone) {
      copied.step(STEP_BYTES);
      // Reading the copy back is about as much work as copying.
      report({ doneBytes: copied.doneBytes, totalBytes: 2 * source.end });
      yield undefined;
      if (log.end - log.durable >= SYNC_BYTES) yield* sync(log);
    }
    log.append(completionOf());
    yield* sync(log);
    yield* readBack(log, (bytes) => report({ doneBytes: source.end + bytes, totalBytes: source.end + log.end }));
    log.appendMark(log.durable);
    yield* sync(log);
    const { records, recordsDamaged } = copied;
    return { entries: source.entries, records, bytes: log.end, recordsDamaged };
  } finally {
    source.close();
  }
}

function* sync(log: LogFile): BackupSteps<void> {
  log.flush();
  const covered = log.end;
  yield log.file;
  log.markDurable(covered);
}

/** Reads everything that was written and verifies it. */
function* readBack(log: LogFile, onStep: (bytes: number) => void): BackupSteps<void> {
  const { file, salt, end } = log;
  const reader = new RecordReader({ file, name: 'the copy', salt }, end);
  for (let at = FILE_HEADER_BYTES; at < end; ) {
    for (const until = at + STEP_BYTES; at < Math.min(until, end); at = reader.next) {
      if (reader.read(at) !== 'valid') throw unreadable(at);
    }
    onStep(at);
    yield undefined;
  }
}

function unreadable(at: number): StoreError {
  return new StoreError('IO', `the copy is damaged at offset ${at}: the disk of the backup fails; use another one`);
}

function replacedTooOften(): StoreError {
  return new StoreError(
    'IO',
    `the writer replaced the log ${READER_ATTEMPTS_MAX} times while it was copied: back up in the process that writes`,
  );
}
