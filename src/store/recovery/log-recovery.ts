import { storageFailure } from '../../base/storage-failure.ts';
import { type LoadedImage, loadImage } from '../../image/index-image-loader.ts';
import { type ImageOnDisk, NO_IMAGE } from '../../image/index-image-writer.ts';
import { KeyIndex } from '../../key-index/key-index.ts';
import { FILE_HEADER_BYTES } from '../../log/file-header.ts';
import { LogFile } from '../../log/log-file.ts';
import { RecordReader } from '../../log/record-reader.ts';
import { readFully, writeAll } from '../../storage/file-transfer.ts';
import type { StorageFile } from '../../storage/storage-backend.ts';
import { imageNames, syncDirectory } from '../generation-files.ts';
import type { StoreContext } from '../store-context.ts';
import { holdsMoreThanABeginning, type ReadableLog } from './generation-choice.ts';
import { LateReplay, type ReplayFindings } from './late-replay.ts';
import { LogReplay, lastMarkedOffset } from './log-replay.ts';
import { quarantine, quarantineLogs } from './quarantine.ts';
import type { RecoveryReport } from './recovery-report.ts';

const PIECE_BYTES: number = 1024 * 1024;

/** A log that can be appended to and read, with the index of what is live in it. */
export interface RecoveredLog {
  readonly log: LogFile;
  readonly index: KeyIndex;
  /** For an index whose image proves damaged; `undefined` for a store that was just created. */
  readonly lateReplay: LateReplay | undefined;
  readonly report: RecoveryReport;
  /** The index image on disk. */
  readonly image: ImageOnDisk;
  /** Size of the file when the log was chosen: below it the writer may have truncated the log since. */
  readonly foundBytes: number;
}

/**
 * Replays the log and repairs its end: for a writer all of it is durable when this returns. If nothing in the log may
 * be used, only the report is returned and the file is closed.
 */
export function recoverLog(context: StoreContext, found: ReadableLog): RecoveredLog | RecoveryReport {
  let recovered: RecoveredLog | RecoveryReport;
  try {
    recovered = recover(context, found);
  } catch (error) {
    found.file.close();
    throw error;
  }
  if (!('log' in recovered)) found.file.close();
  return recovered;
}

function recover(context: StoreContext, found: ReadableLog): RecoveredLog | RecoveryReport {
  const { name, file, header } = found;
  const reader = new RecordReader({ file, name, salt: header.salt }, found.size);
  const lateReplay = new LateReplay(context, found);
  const image = loadImage(context, imageNames(header.generation), reader, header, (...why) => lateReplay.run(...why));
  if (image?.record !== undefined) lateReplay.end = image.record.end;
  const index = image?.index ?? new KeyIndex(context.random);
  let recovered: RecoveredLog | RecoveryReport | undefined;
  try {
    recovered = replayed(context, found, { reader, lateReplay, image, index });
  } finally {
    if (recovered === undefined || !('log' in recovered)) index.pending?.release();
  }
  return recovered;
}

function replayed(
  context: StoreContext,
  found: ReadableLog,
  {
    reader,
    lateReplay,
    image,
    index,
  }: {
    readonly reader: RecordReader;
    readonly lateReplay: LateReplay;
    readonly image: LoadedImage | undefined;
    readonly index: KeyIndex;
  },
): RecoveredLog | RecoveryReport {
  const { name, file, header } = found;
  const { readOnly } = context.settings;
  let durable = image?.durable ?? 0;
  if (readOnly) {
    // A reader must not see records that the writer has not made durable yet.
    durable = Math.max(durable, lastMarkedOffset(reader, image?.record?.end ?? FILE_HEADER_BYTES));
    reader.size = durable;
  }
  // Applying the tail to the index would read all of its image.
  const contents = index.pending?.tail() ?? index;
  const replay = new LogReplay(reader, contents, header.generation, durable, image?.record);
  replay.run();
  if (replay.durable === 0) return quarantineLogs(context, holdsMoreThanABeginning(found) ? [name] : []);
  const report = reportOf([lateReplay.findings, replay], {
    generation: header.generation,
    imageUsed: image?.record !== undefined && !lateReplay.wasNeeded,
    tornBytes: reader.size - replay.end,
    wasSynced: readOnly || replay.lastDataRecord.end <= replay.durable,
  });
  if (!readOnly) {
    if (report.damaged.length > 0) quarantine(context, name, file, report.damaged);
    // If everything was forgotten, nothing in this log may ever count again, but that may not last: the log may be cut
    // below what its image states to be durable, and grow past it. So a new log replaces it.
    if (report.forgotten && index.size === 0) return report;
    if (!report.clean) makeTailDurable(context, file, name, replay);
  }
  const { pool, assertLockHeld } = context;
  const { end, lastDataRecord } = replay;
  const log = new LogFile({ name, file, header, end, lastDataRecord, pool, assertLockHeld });
  if (!(readOnly || report.clean)) {
    log.appendMark(log.end);
    log.flush();
  }
  lateReplay.end = end;
  return { log, index, lateReplay, report, image: onDisk(report, image), foundBytes: found.size };
}

/** The image on disk, unless it is of no use for the log any more. */
function onDisk({ imageUsed, forgotten, generation }: RecoveryReport, image: LoadedImage | undefined): ImageOnDisk {
  if (!imageUsed || forgotten || image?.record === undefined) return NO_IMAGE;
  return { generation, end: image.record.end, which: image.which };
}

function reportOf(
  findings: readonly ReplayFindings[],
  found: {
    readonly generation: number;
    readonly imageUsed: boolean;
    readonly tornBytes: number;
    /** Whether a sync had covered the last record. */
    readonly wasSynced: boolean;
  },
): RecoveryReport {
  const { generation, imageUsed, tornBytes, wasSynced } = found;
  const damaged = findings.flatMap((one) => one.damaged);
  const clean = wasSynced && tornBytes === 0 && damaged.length === 0;
  return {
    generation,
    imageUsed,
    records: findings.reduce((sum, { records }) => sum + records, 0),
    tornBytes,
    damaged,
    entriesLost: findings.reduce((sum, { entriesLost }) => sum + entriesLost, 0),
    forgotten: findings.some(({ forgotten }) => forgotten),
    clean,
  };
}

/**
 * Makes the end of a log that was not closed durable before anything is appended: cuts the torn tail, writes what
 * follows the last durable offset again, and syncs. Without the cut, stale records behind it, valid at their offsets,
 * would come back after the next crash. Without the second write, a tail whose sync had failed could be lost in spite
 * of later syncs: the kernel may consider its pages clean.
 */
function makeTailDurable(context: StoreContext, file: StorageFile, name: string, { durable, end }: LogReplay): void {
  try {
    context.assertLockHeld();
    if (file.size() > end) file.truncate(end);
    rewrite(file, Math.min(durable, end), end);
    file.sync();
  } catch (error) {
    throw storageFailure(`recover ${name}`, error);
  }
  // The last writer may have stopped between creating the log and making its name durable.
  syncDirectory(context.directory);
}

function rewrite(file: StorageFile, from: number, to: number): void {
  const piece = new Uint8Array(Math.min(PIECE_BYTES, to - from));
  for (let at = from; at < to; ) {
    const got = readFully(file, piece, 0, Math.min(piece.length, to - at), at);
    if (got === 0) throw new Error('the file became shorter while it was read');
    writeAll(file, piece, 0, got, at);
    at += got;
  }
}
