import { errnoOf } from '../base/store-error.ts';
import type { StorageFile } from './storage-backend.ts';

/** A transfer fails after this many interrupted or empty attempts in a row. */
const FUTILE_MAX = 100;
/** A call reads at most this much: several such reads were measured to be faster than one larger read. */
const READ_BYTES_MAX: number = 64 * 1024;
const WRITE_BYTES_MAX: number = 1024 * 1024;

/**
 * Writes at least one of `length` bytes and returns how many. Repeats interrupted writes. Throws if the file accepts no
 * byte in 100 attempts.
 */
export function writeSome(
  file: StorageFile,
  source: Uint8Array,
  sourceOffset: number,
  length: number,
  position: number,
): number {
  for (let futile = 0; futile < FUTILE_MAX; futile += 1) {
    const wrote = uninterrupted(() => file.write(source, sourceOffset, Math.min(length, WRITE_BYTES_MAX), position));
    if (wrote !== undefined && wrote > 0) return wrote;
  }
  throw new Error('the file accepts no bytes');
}

/** Writes `length` bytes. After an error it is unknown how many of them were written. */
export function writeAll(
  file: StorageFile,
  source: Uint8Array,
  sourceOffset: number,
  length: number,
  position: number,
): void {
  for (let done = 0; done < length; ) {
    done += writeSome(file, source, sourceOffset + done, length - done, position + done);
  }
}

/** Reads `length` bytes, fewer at the end of the file, and returns how many. Repeats interrupted reads. */
export function readFully(
  file: StorageFile,
  target: Uint8Array,
  targetOffset: number,
  length: number,
  position: number,
): number {
  let got = 0;
  let futile = 0;
  while (got < length) {
    const wanted = Math.min(length - got, READ_BYTES_MAX);
    const more = uninterrupted(() => file.read(target, targetOffset + got, wanted, position + got));
    if (more === undefined) {
      futile += 1;
      if (futile === FUTILE_MAX) throw new Error('reading was interrupted 100 times in a row');
      continue;
    }
    if (more === 0) break;
    got += more;
    futile = 0;
  }
  return got;
}

/** Like `readFully`, but asynchronous. The file must have `readAsync`. */
export async function readFullyAsync(
  file: StorageFile,
  target: Uint8Array,
  length: number,
  position: number,
): Promise<number> {
  let got = 0;
  let futile = 0;
  while (got < length) {
    const more = await uninterruptedAsync(file.readAsync?.(target, got, length - got, position + got));
    if (more === undefined) {
      futile += 1;
      if (futile === FUTILE_MAX) throw new Error('reading was interrupted 100 times in a row');
      continue;
    }
    if (more === 0) break;
    got += more;
    futile = 0;
  }
  return got;
}

/** The result of `transfer`; `undefined` if it was interrupted. */
function uninterrupted(transfer: () => number): number | undefined {
  try {
    return transfer();
  } catch (error) {
    if (isInterruption(error)) return undefined;
    throw error;
  }
}

async function uninterruptedAsync(transfer: Promise<number> | undefined): Promise<number | undefined> {
  try {
    return await transfer;
  } catch (error) {
    if (isInterruption(error)) return undefined;
    throw error;
  }
}

function isInterruption(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 'EINTR' || errno === 'EAGAIN';
}
