import { errnoOf } from '../base/store-error.ts';
import { readFully, writeAll } from '../storage/file-transfer.ts';
import type { StorageDirectory, StorageFile } from '../storage/storage-backend.ts';
import type { DamagedRun } from './recovery-report.ts';

/** What is kept of damage for people to look at: enough to see its nature, never a second copy of a large store. */
const SET_ASIDE_BYTES_MAX: number = 16 * 1024 * 1024;
const PIECE_BYTES: number = 64 * 1024;

/** Copies damaged runs of a log, one after another, into `<log>.<offset>.corrupt`. An older file of that name stays. */
export function setAside(
  directory: StorageDirectory,
  logName: string,
  log: StorageFile,
  runs: readonly DamagedRun[],
): void {
  const first = runs.find(({ from, to }) => to > from);
  if (first === undefined) return;
  let file: StorageFile;
  try {
    file = directory.create(`${logName}.${first.from}.corrupt`);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return;
    throw error;
  }
  try {
    let written = 0;
    for (const run of runs) written = copyRun(log, run, file, written);
  } finally {
    file.close();
  }
}

function copyRun(log: StorageFile, run: DamagedRun, file: StorageFile, start: number): number {
  const piece = new Uint8Array(PIECE_BYTES);
  let written = start;
  let at = run.from;
  while (at < run.to && written < SET_ASIDE_BYTES_MAX) {
    const got = readFully(log, piece, 0, Math.min(PIECE_BYTES, run.to - at), at);
    if (got === 0) break;
    writeAll(file, piece, 0, got, written);
    written += got;
    at += got;
  }
  return written;
}
