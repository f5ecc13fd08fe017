import { readFully, writeAll } from '../storage/file-transfer.ts';
import type { StorageFile } from '../storage/storage-backend.ts';

/** Writes words at a position in bytes and returns the position after them. */
export function writeWords(file: StorageFile, words: Int32Array, position: number): number {
  const bytes = bytesOf(words);
  writeAll(file, bytes, 0, bytes.length, position);
  return position + bytes.length;
}

/** Fills `words` from a position in bytes. Returns false if the file ends before. */
export function readWords(file: StorageFile, words: Int32Array, position: number): boolean {
  const bytes = bytesOf(words);
  return readFully(file, bytes, 0, bytes.length, position) === bytes.length;
}

/** The same memory as bytes. */
export function bytesOf(words: Int32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}
