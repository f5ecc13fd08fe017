import { storageFailure } from '../base/storage-failure.ts';
import { StoreError } from '../base/store-error.ts';
import { decodeFileHeader, FILE_HEADER_BYTES, type FileHeader, FORMAT_VERSION } from '../log/file-header.ts';
import { RECORD_HEADER_BYTES } from '../log/record-format.ts';
import { RecordReader } from '../log/record-reader.ts';
import { readFully } from '../storage/file-transfer.ts';
import type { StorageDirectory, StorageFile } from '../storage/storage-backend.ts';
import { listGenerations, logName } from './generation-files.ts';
import { lastMarkedOffset } from './log-replay.ts';

/** A log file found in the directory, open. */
export interface LogCandidate {
  readonly name: string;
  readonly generation: number;
  readonly file: StorageFile;
  readonly size: number;
  /** `undefined` where the header is damaged. */
  readonly header: FileHeader | undefined;
}

/**
 * Opens the log that is the store: the highest generation that is whole, which COMPLETE or a mark after it proves. One
 * that is not whole was being built when its writer stopped and is never used, not even where it stands alone: entries
 * may be missing from it that replaced those it has. Returns `undefined` where there is no store; `damaged` are logs with
 * contents that nothing can be read of.
 *
 * Throws `INCOMPATIBLE` where a newer version wrote any of them.
 */
export function chooseGeneration(
  directory: StorageDirectory,
  access: 'read' | 'write',
): { readonly chosen: LogCandidate | undefined; readonly damaged: readonly string[] } {
  const candidates = openCandidates(directory, access);
  try {
    const filled = candidates.filter(({ size }) => size > 0);
    const readable = filled.filter(({ header }) => header !== undefined);
    // Where there is just one log, its replay shows whether it is whole: it need not be read twice.
    const chosen = filled.length === 1 ? readable[0] : readable.findLast(isWhole);
    const lost = chosen === undefined ? filled.filter(holdsMoreThanABeginning) : [];
    for (const candidate of candidates) if (candidate !== chosen) candidate.file.close();
    return { chosen, damaged: lost.map(({ name }) => name) };
  } catch (error) {
    for (const { file } of candidates) file.close();
    throw error;
  }
}

/** Whether a log has more than what is written when a store is begun: where that was cut off, nothing was lost. */
export function holdsMoreThanABeginning({ size }: LogCandidate): boolean {
  return size > FILE_HEADER_BYTES + RECORD_HEADER_BYTES;
}

function openCandidates(directory: StorageDirectory, access: 'read' | 'write'): LogCandidate[] {
  const candidates: LogCandidate[] = [];
  try {
    for (const generation of listGenerations(directory).logs) {
      const candidate = openCandidate(directory, generation, access);
      if (candidate === undefined) continue;
      candidates.push(candidate);
      assertCompatible(candidate);
    }
    return candidates;
  } catch (error) {
    for (const { file } of candidates) file.close();
    throw error;
  }
}

function openCandidate(
  directory: StorageDirectory,
  generation: number,
  access: 'read' | 'write',
): LogCandidate | undefined {
  const name = logName(generation);
  let file: StorageFile | undefined;
  try {
    file = directory.open(name, access);
    // Another process may have removed it since the directory was listed.
    if (file === undefined) return undefined;
    const bytes = new Uint8Array(FILE_HEADER_BYTES);
    const size = file.size();
    const got = readFully(file, bytes, 0, FILE_HEADER_BYTES, 0);
    const header = decodeFileHeader(bytes.subarray(0, got));
    // A file under another generation's name was put there by hand: its records would be taken for older or newer ones.
    return { name, generation, file, size, header: header?.generation === generation ? header : undefined };
  } catch (error) {
    file?.close();
    throw storageFailure(`open ${name}`, error);
  }
}

function assertCompatible({ name, header }: LogCandidate): void {
  if (header !== undefined && header.version > FORMAT_VERSION) {
    throw new StoreError(
      'INCOMPATIBLE',
      `${name} has format version ${header.version}, this package reads up to ${FORMAT_VERSION}: ` +
        'update the package or open another directory',
    );
  }
}

function isWhole({ name, file, header, size }: LogCandidate): boolean {
  if (header === undefined) return false;
  return lastMarkedOffset(new RecordReader({ file, name, salt: header.salt, size }), FILE_HEADER_BYTES) > 0;
}
