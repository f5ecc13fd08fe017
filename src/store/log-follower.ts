import { attempt } from '../base/attempt.ts';
import type { KeyIndex } from '../key-index/key-index.ts';
import { FILE_HEADER_BYTES, readFileHeader } from '../log/file-header.ts';
import type { LogFile } from '../log/log-file.ts';
import { RecordReader } from '../log/record-reader.ts';
import type { StorageFile } from '../storage/storage-backend.ts';
import { listGenerations, logName } from './generation-files.ts';
import type { RecoveredLog } from './recovery/log-recovery.ts';
import { LogReplay, lastMarkedOffset, searchMarks } from './recovery/log-replay.ts';
import { closeRecovered, openForReading } from './recovery/open-store.ts';
import type { StoreContext } from './store-context.ts';

/** How far a log that is not the store yet was searched for a record that makes it the store. */
interface SearchedLog {
  readonly salt: number;
  readonly validEnd: number;
}

/** What a refresh found: nothing new, more records in the log, or another log. */
export type Refresh =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'extended'; readonly records: number }
  | { readonly kind: 'replaced'; readonly opened: RecoveredLog };

const UNCHANGED: Refresh = { kind: 'unchanged' };

/**
 * Lets a read-only store follow its writer. A refresh reads what the writer has marked as durable since the last one: the
 * records behind the end that is known, or, after a compaction, the log that has replaced the old one.
 *
 * Invariants:
 * 1. The index holds the records of the log below its end, and a MARK states that they were durable: no crash of the writer
 *    takes them back, and its recovery leaves them where they are.
 * 2. A log is continued only if its file still is the one that the index was read from: same salt, and the same last record
 *    at the same place.
 * 3. After a replay that was cut short the index is empty, and the next refresh opens the log again: a part of a batch is
 *    never seen.
 */
export class LogFollower {
  readonly #context: StoreContext;
  /** By generation: the logs that a compaction was building at the last refresh. */
  readonly #searched = new Map<number, SearchedLog>();
  #lastChecksum: number | undefined;
  #wasCutShort = false;

  /** `log` was just opened for reading. */
  constructor(context: StoreContext, log: LogFile) {
    this.#context = context;
    // Without it the first refresh opens the log again.
    attempt(() => (this.#lastChecksum = lastChecksum(log.file, log)), context.onHousekeepingFailure);
  }

  /** Extends `log` and `index`, or returns those that replace them. Throws `IO`; then `index` is as before, or empty. */
  refresh(log: LogFile, index: KeyIndex): Refresh {
    const file = this.#context.directory.open(log.name, 'read');
    try {
      if (file === undefined || this.#wasCutShort) return this.#reopen(log);
      const size = file.size();
      const isContinued = this.#isContinued(log, file, size) && !this.#isReplaced(log.generation);
      const records = isContinued ? this.#extend(log, index, file, size) : undefined;
      // The writer may have replaced the log and begun to cut it meanwhile: then marks at its end were missed.
      if (records === undefined || file.size() < size) return this.#reopen(log);
      return records > 0 ? { kind: 'extended', records } : UNCHANGED;
    } finally {
      this.#close(file);
    }
  }

  /** Whether `file`, which now has the name of the log, is the file of the log, and has not been cut. */
  #isContinued(log: LogFile, file: StorageFile, size: number): boolean {
    return (
      size >= log.end &&
      saltOf(file, log.generation) === log.salt &&
      lastChecksum(file, log) === this.#lastChecksum &&
      log.file.size() >= size
    );
  }

  /** Returns the number of records that are new; `undefined` if the log was replaced meanwhile or is damaged there. */
  #extend(log: LogFile, index: KeyIndex, file: StorageFile, size: number): number | undefined {
    const { generation, name, salt, end } = log;
    const reader = new RecordReader({ file, name, salt }, size);
    const durable = lastMarkedOffset(reader, end);
    if (durable <= end) return 0;
    reader.size = durable;
    const replay = new LogReplay(reader, index.pending?.tail() ?? index, generation, durable, log.lastDataRecord);
    try {
      replay.run();
      log.extendTo(durable, replay.lastDataRecord);
    } catch (error) {
      this.#wasCutShort = true;
      index.clear();
      throw error;
    }
    this.#lastChecksum = lastChecksum(file, log);
    return replay.damaged.length === 0 ? replay.records : undefined;
  }

  /**
   * Whether a newer log is the store. Its writer then erases the header of the old one, but that can fail. What was searched
   * before is not read again.
   */
  #isReplaced(generation: number): boolean {
    const newer = listGenerations(this.#context.directory).logs.filter((number) => number > generation);
    for (const number of this.#searched.keys()) if (!newer.includes(number)) this.#searched.delete(number);
    return newer.some((number) => this.#isWhole(number));
  }

  #isWhole(generation: number): boolean {
    const file = this.#context.directory.open(logName(generation), 'read');
    if (file === undefined) return false;
    try {
      const salt = saltOf(file, generation);
      if (salt === undefined) return false;
      const searched = this.#searched.get(generation);
      const from = searched?.salt === salt ? searched.validEnd : FILE_HEADER_BYTES;
      const reader = new RecordReader({ file, name: logName(generation), salt }, file.size());
      const { marked, validEnd } = searchMarks(reader, from);
      this.#searched.set(generation, { salt, validEnd });
      return marked > 0;
    } finally {
      this.#close(file);
    }
  }

  #reopen(log: LogFile): Refresh {
    const opened = openForReading(this.#context);
    const isEmpty = opened.report.generation === 0 && log.lastDataRecord.offset === 0;
    if (isEmpty) {
      this.#close({ close: () => closeRecovered(opened) });
      return UNCHANGED;
    }
    try {
      this.#lastChecksum = lastChecksum(opened.log.file, opened.log);
    } catch (error) {
      this.#close({ close: () => closeRecovered(opened) });
      throw error;
    }
    this.#searched.clear();
    this.#wasCutShort = false;
    return { kind: 'replaced', opened };
  }

  /** A failure to close what was only read changes nothing. */
  #close(file: { close(): void } | undefined): void {
    attempt(() => file?.close(), this.#context.onHousekeepingFailure);
  }
}

/** The salt in the header of a log; `undefined` if it is damaged or of another generation. */
function saltOf(file: StorageFile, generation: number): number | undefined {
  const header = readFileHeader(file);
  return header?.generation === generation ? header.salt : undefined;
}

/** The header checksum of the last record of `log`, read from `file`; `undefined` if it is not there. */
function lastChecksum(file: StorageFile, log: LogFile): number | undefined {
  const { name, salt, lastDataRecord } = log;
  const { offset, end } = lastDataRecord;
  const reader = new RecordReader({ file, name, salt }, end);
  return reader.read(offset, false) === 'valid' && reader.next === end ? reader.headerChecksum() : undefined;
}
