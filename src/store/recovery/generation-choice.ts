import { storageFailure } from '../../base/storage-failure.ts';
import { StoreError } from '../../base/store-error.ts';
import { FILE_HEADER_BYTES, type FileHeader, FORMAT_VERSION, readFileHeader } from '../../log/file-header.ts';
import { RECORD_HEADER_BYTES } from '../../log/record-format.ts';
import { RecordReader } from '../../log/record-reader.ts';
import type { StorageDirectory, StorageFile } from '../../storage/storage-backend.ts';
import { listGenerations, logName, UNFINISHED_BACKUP_NOTE } from '../generation-files.ts';
import { type FoundMarks, searchMarks } from './log-replay.ts';

/** A log file in the directory, open. */
interface FoundLog {
  readonly name: string;
  readonly file: StorageFile;
  readonly size: number;
  /** `undefined` if it is damaged. */
  readonly header: FileHeader | undefined;
}

/** A log file whose header is valid. */
export interface ReadableLog extends FoundLog {
  readonly header: FileHeader;
}

/**
 * Opens the log that is the store: the highest generation that is whole, which COMPLETE or a later MARK proves. One
 * that is not whole was being built when its writer stopped. It is never used, not even if it is the only one: it may
 * lack entries that replaced those it has. `chosen` is `undefined` if there is no store; then `unreadable` names the
 * logs whose contents are lost.
 *
 * Throws `INCOMPATIBLE` if a newer version of this package wrote any of them, or if they are an unfinished backup.
 */
export function chooseGeneration(
  directory: StorageDirectory,
  access: 'read' | 'write',
): { readonly chosen: ReadableLog | undefined; readonly unreadable: readonly string[] } {
  const logs = openLogs(directory, access);
  try {
    const filled = logs.filter(({ size }) => size > 0);
    const readable = filled.filter(isReadable);
    // The replay of a single log shows whether it is whole, so it need not be read twice.
    const chosen = filled.length === 1 ? readable[0] : choose(readable, access);
    const lost = chosen === undefined ? filled.filter(holdsMoreThanABeginning) : [];
    for (const log of logs) if (log !== chosen) log.file.close();
    return { chosen, unreadable: lost.map(({ name }) => name) };
  } catch (error) {
    for (const { file } of logs) file.close();
    throw error;
  }
}

/** Whether a log holds more than what creating a store writes. If that was cut off, nothing was lost. */
export function holdsMoreThanABeginning({ size }: FoundLog): boolean {
  return size > FILE_HEADER_BYTES + RECORD_HEADER_BYTES;
}

function openLogs(directory: StorageDirectory, access: 'read' | 'write'): FoundLog[] {
  const logs: FoundLog[] = [];
  try {
    const files = listGenerations(directory);
    if (files.isUnfinishedBackup) throw new StoreError('INCOMPATIBLE', UNFINISHED_BACKUP_NOTE);
    for (const generation of files.logs) {
      const log = openLog(directory, generation, access);
      if (log === undefined) continue;
      logs.push(log);
      assertCompatible(log);
    }
    return logs;
  } catch (error) {
    for (const { file } of logs) file.close();
    throw error;
  }
}

function openLog(directory: StorageDirectory, generation: number, access: 'read' | 'write'): FoundLog | undefined {
  const name = logName(generation);
  let file: StorageFile | undefined;
  try {
    file = directory.open(name, access);
    // Another process may have removed it since the directory was listed.
    if (file === undefined) return undefined;
    const size = file.size();
    const header = readFileHeader(file);
    // A file under the name of another generation was put there by hand: its records may be older or newer than the
    // name says.
    return { name, file, size, header: header?.generation === generation ? header : undefined };
  } catch (error) {
    file?.close();
    throw storageFailure(`open ${name}`, error);
  }
}

function assertCompatible({ name, header }: FoundLog): void {
  if (header !== undefined && header.version > FORMAT_VERSION) {
    throw new StoreError(
      'INCOMPATIBLE',
      `${name} has format version ${header.version}, this package reads up to ${FORMAT_VERSION}: ` +
        'update the package or open another directory',
    );
  }
}

function isReadable(log: FoundLog): log is ReadableLog {
  return log.header !== undefined;
}

/**
 * A reader must not see what a crash can take back: the sync of the last COMPLETE may be under way. The log before is the
 * store until a MARK follows, or until its writer has erased its header, which is after that sync.
 */
function choose(logs: readonly ReadableLog[], access: 'read' | 'write'): ReadableLog | undefined {
  const isMarked = (log: ReadableLog): boolean => marksOf(log).marked > 0;
  const isWhole = (log: ReadableLog): boolean => marksOf(log).durable > 0;
  return (access === 'read' ? logs.findLast(isMarked) : undefined) ?? logs.findLast(isWhole);
}

function marksOf({ name, file, header, size }: ReadableLog): FoundMarks {
  return searchMarks(new RecordReader({ file, name, salt: header.salt }, size), FILE_HEADER_BYTES);
}
