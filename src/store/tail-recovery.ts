import { storageFailure } from '../base/storage-failure.ts';
import { readFully, writeAll } from '../storage/file-transfer.ts';
import type { StorageFile } from '../storage/storage-backend.ts';
import type { LogReplay } from './log-replay.ts';

const PIECE_BYTES: number = 1024 * 1024;

/**
 * Makes the end of a log that was not closed durable, before anything is appended to it: cuts the torn tail, writes what
 * follows the last durable offset again and syncs. Without the cut, stale records beyond it, valid at their offsets, would
 * come back after the next crash. Without the second writing, a tail whose sync had failed could be lost in spite of
 * later syncs: the kernel may hold its pages for clean.
 */
export function makeTailDurable(file: StorageFile, name: string, replay: LogReplay, beforeWrite: () => void): void {
  try {
    beforeWrite();
    if (file.size() > replay.end) file.truncate(replay.end);
    rewrite(file, Math.min(replay.claim, replay.end), replay.end);
    file.sync();
  } catch (error) {
    throw storageFailure(`recover ${name}`, error);
  }
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
