import { storageFailure } from '../base/storage-failure.ts';
import { loadImage } from '../image/index-image-loader.ts';
import { KeyIndex } from '../key-index/key-index.ts';
import { FILE_HEADER_BYTES, type FileHeader } from '../log/file-header.ts';
import { LogFile } from '../log/log-file.ts';
import { completionOf } from '../log/record-content.ts';
import { RecordReader } from '../log/record-reader.ts';
import type { StorageDirectory, StorageFile } from '../storage/storage-backend.ts';
import { chooseGeneration, holdsMoreThanABeginning, type LogCandidate } from './generation-choice.ts';
import { generationAfter, imageName, listGenerations, logName } from './generation-files.ts';
import { LogReplay, lastMarkedOffset } from './log-replay.ts';
import type { OpeningContext } from './opening-context.ts';
import type { RecoveryReport } from './recovery-report.ts';
import { setAside } from './set-aside.ts';
import { makeTailDurable } from './tail-recovery.ts';

/** A log and the index that belongs to it. */
export interface OpenedLog {
  readonly log: LogFile;
  readonly index: KeyIndex;
  readonly report: RecoveryReport;
  /** Where the image covers the log to, 0 without one. */
  readonly imageEnd: number;
}

const NOTHING_FOUND: RecoveryReport = {
  generation: 0,
  imageUsed: false,
  records: 0,
  tornBytes: 0,
  damaged: [],
  entriesLost: 0,
  forgotten: false,
  clean: true,
};

/** Opens the store in a directory, or begins one. For a writer everything found is durable when this returns. */
export function openLog(context: OpeningContext): OpenedLog {
  const { directory, readOnly } = context;
  const { chosen, damaged } = chooseGeneration(directory, readOnly ? 'read' : 'write');
  if (chosen?.header === undefined) return beginStore(context, withoutLogs(context, damaged));
  let found: OpenedLog | RecoveryReport;
  try {
    found = recover(context, chosen, chosen.header);
  } catch (error) {
    chosen.file.close();
    throw error;
  }
  if ('log' in found) return found;
  chosen.file.close();
  return beginStore(context, found);
}

/** Nothing can be read of the logs named; they are set aside whole. */
function withoutLogs(context: OpeningContext, unreadable: readonly string[]): RecoveryReport {
  if (!context.readOnly) for (const name of unreadable) setAsideFile(context, name);
  const lost = unreadable.length > 0;
  return { ...NOTHING_FOUND, damaged: unreadable.map(() => ({ from: 0, to: 0 })), forgotten: lost, clean: !lost };
}

/** Creates a generation that only its header and, later, COMPLETE are in. */
export function createLog(context: OpeningContext, after: number): LogFile {
  context.beforeWrite();
  const generation = generationAfter(after, listGenerations(context.directory));
  const name = logName(generation);
  let file: StorageFile;
  try {
    file = context.directory.create(name);
  } catch (error) {
    throw storageFailure(`create ${name}`, error);
  }
  return LogFile.create(file, name, { generation, salt: context.random() | 0 }, context.pool, context.beforeWrite);
}

/** States that a generation is whole and makes that durable. */
export function completeLog(log: LogFile): void {
  log.append(completionOf());
  log.sync();
}

/** An empty store in a generation of its own, above all others; `report` says what was found instead of one. */
function beginStore(context: OpeningContext, report: RecoveryReport): OpenedLog {
  const index = new KeyIndex(context.random);
  if (context.readOnly) return { log: emptyLog(context), index, report, imageEnd: 0 };
  const log = createLog(context, 0);
  try {
    completeLog(log);
    context.directory.sync();
    log.appendMark(log.end);
    log.flush();
  } catch (error) {
    // Else every attempt on a full disk would leave a file.
    log.close();
    removeQuietly(context, logName(log.generation));
    throw storageFailure('begin the store', error);
  }
  return { log, index, report, imageEnd: 0 };
}

function setAsideFile(context: OpeningContext, name: string): void {
  try {
    const file = context.directory.open(name, 'read');
    if (file === undefined) return;
    try {
      setAside(context.directory, name, file, [{ from: 0, to: file.size() }]);
    } finally {
      file.close();
    }
  } catch (error) {
    context.onHousekeepingFailure(error);
  }
}

function removeQuietly({ directory, onHousekeepingFailure }: OpeningContext, name: string): void {
  try {
    directory.remove(name);
  } catch (error) {
    onHousekeepingFailure(error);
  }
}

/** A reader finds a directory without a store empty; there is nothing to read from. */
function emptyLog({ pool, beforeWrite }: OpeningContext): LogFile {
  const file: StorageFile = {
    read: () => 0,
    write: () => 0,
    truncate: () => {},
    size: () => 0,
    sync: () => {},
    close: () => {},
  };
  return LogFile.create(file, logName(1), { generation: 1, salt: 0 }, pool, beforeWrite);
}

/** Replays the log and mends its end. Where nothing in it may be used, a report says why. */
function recover(context: OpeningContext, chosen: LogCandidate, header: FileHeader): OpenedLog | RecoveryReport {
  const { name, file } = chosen;
  const { replay, index, report, imageEnd } = replayLog(context, chosen, header);
  if (replay.claim === 0) return withoutLogs(context, holdsMoreThanABeginning(chosen) ? [name] : []);
  const { pool, beforeWrite } = context;
  const place = { name, file, header, end: replay.end, lastDataRecord: replay.content, pool, beforeWrite };
  if (context.readOnly) return { log: new LogFile(place), index, report, imageEnd };
  setDamageAside(context, chosen, report);
  // Where all was forgotten nothing in this log must ever count again, and what made that known may not last: the log
  // may be cut short below what its image claims, and grow past it. So it gives way to a new one.
  if (replay.forgotten && index.size === 0) return report;
  if (report.clean) return { log: new LogFile(place), index, report, imageEnd };
  makeTailDurable(file, name, replay, beforeWrite);
  // The last writer may have stopped between creating the log and making its name durable.
  syncDirectory(context.directory);
  const log = new LogFile(place);
  log.appendMark(log.end);
  log.flush();
  return { log, index, report, imageEnd };
}

/** What replaying a log gave. */
interface ReplayedLog {
  readonly replay: LogReplay;
  readonly index: KeyIndex;
  readonly report: RecoveryReport;
  readonly imageEnd: number;
}

function replayLog(context: OpeningContext, chosen: LogCandidate, header: FileHeader): ReplayedLog {
  const { name, file, size, generation } = chosen;
  const reader = new RecordReader({ file, name, salt: header.salt, size });
  const image = loadImage(context, imageName(generation), reader, header);
  const index = image?.index ?? new KeyIndex(context.random);
  let claim = image?.durable ?? 0;
  if (context.readOnly) {
    // A reader has no part in what its writer has not made durable yet.
    claim = Math.max(claim, lastMarkedOffset(reader, image?.record?.end ?? FILE_HEADER_BYTES));
    reader.size = claim;
  }
  const replay = new LogReplay(reader, index, generation, claim, image?.record);
  replay.run();
  const tornBytes = reader.size - replay.end;
  const durable = context.readOnly || replay.content.end <= replay.claim;
  const report: RecoveryReport = {
    generation,
    imageUsed: image?.record !== undefined,
    records: replay.records,
    tornBytes,
    damaged: replay.damaged,
    entriesLost: replay.entriesLost,
    forgotten: replay.forgotten,
    clean: durable && tornBytes === 0 && replay.damaged.length === 0,
  };
  return { replay, index, report, imageEnd: replay.forgotten ? 0 : (image?.record?.end ?? 0) };
}

function setDamageAside(context: OpeningContext, { name, file }: LogCandidate, report: RecoveryReport): void {
  try {
    setAside(context.directory, name, file, report.damaged);
  } catch (error) {
    context.onHousekeepingFailure(error);
  }
}

/** Makes the names of files durable. */
export function syncDirectory(directory: StorageDirectory): void {
  try {
    directory.sync();
  } catch (error) {
    throw storageFailure('sync the directory', error);
  }
}
