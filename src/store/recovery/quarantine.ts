import { attempt } from '../../base/attempt.ts';
import { errnoOf } from '../../base/store-error.ts';
import { readFully, writeAll } from '../../storage/file-transfer.ts';
import type { StorageDirectory, StorageFile } from '../../storage/storage-backend.ts';
import { withFile } from '../../storage/with-file.ts';
import type { StoreContext } from '../store-context.ts';
import { type DamagedRun, NOTHING_FOUND, type RecoveryReport } from './recovery-report.ts';

/** Enough of the damage to examine it, but never a second copy of a large store. */
const QUARANTINE_BYTES_MAX: number = 16 * 1024 * 1024;
const PIECE_BYTES: number = 64 * 1024;

/**
 * Copies damaged ranges of a log, one after another, into `<log>.<offset>.corrupt`. An older file of that name stays.
 * The store does not need the copy: a failure is reported as an event.
 */
export function quarantine(
  { directory, emit, onHousekeepingFailure }: StoreContext,
  logName: string,
  log: StorageFile,
  runs: readonly DamagedRun[],
): void {
  const copied = runs.filter(({ from, to }) => to > from);
  const first = copied[0];
  if (first === undefined) return;
  const name = `${logName}.${first.from}.corrupt`;
  attempt(() => {
    const bytes = copyRuns(directory, name, log, copied);
    if (bytes !== undefined) emit({ type: 'quarantined', file: name, bytes });
  }, onHousekeepingFailure);
}

/** Quarantines whole logs that cannot be read, and reports that their entries are lost. A reader copies nothing. */
export function quarantineLogs(context: StoreContext, logNames: readonly string[]): RecoveryReport {
  if (!context.settings.readOnly) {
    const copy = (name: string): void =>
      withFile(context.directory, name, 'read', (file) =>
        quarantine(context, name, file, [{ from: 0, to: file.size() }]),
      );
    for (const name of logNames) attempt(() => copy(name), context.onHousekeepingFailure);
  }
  const lost = logNames.length > 0;
  return { ...NOTHING_FOUND, damaged: logNames.map(() => ({ from: 0, to: 0 })), forgotten: lost, clean: !lost };
}

/** Returns how many bytes were copied; `undefined` if the file exists. */
function copyRuns(
  directory: StorageDirectory,
  name: string,
  log: StorageFile,
  runs: readonly DamagedRun[],
): number | undefined {
  let file: StorageFile;
  try {
    file = directory.create(name);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return undefined;
    throw error;
  }
  try {
    let written = 0;
    for (const run of runs) written = copyRun(log, run, file, written);
    return written;
  } finally {
    file.close();
  }
}

/** Returns the bytes written to `file` so far. */
function copyRun(log: StorageFile, run: DamagedRun, file: StorageFile, start: number): number {
  const piece = new Uint8Array(PIECE_BYTES);
  let written = start;
  let at = run.from;
  while (written < QUARANTINE_BYTES_MAX) {
    const got = readFully(log, piece, 0, Math.min(PIECE_BYTES, run.to - at), at);
    // The end of the range or of the file.
    if (got === 0) break;
    writeAll(file, piece, 0, got, written);
    written += got;
    at += got;
  }
  return written;
}
