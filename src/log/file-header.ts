import { xxh32 } from '../base/xxh32.ts';
import { readFully } from '../storage/file-transfer.ts';
import type { StorageFile } from '../storage/storage-backend.ts';

/** A byte above 127, both kinds of line ends and an end-of-file byte: a transfer as text changes at least one of them. */
const MAGIC: readonly number[] = [0x89, 0x50, 0x43, 0x4c, 0x0d, 0x0a, 0x1a, 0x0a];

/** The format version that this package writes, and the newest one that it reads. */
export const FORMAT_VERSION = 1;

const WORD_BYTES = 4;
const VERSION_WORD: number = MAGIC.length / WORD_BYTES;
const GENERATION_WORD: number = VERSION_WORD + 1;
const SALT_WORD: number = GENERATION_WORD + 1;
const RESERVED_WORDS = 2;
const CHECKSUM_WORD: number = SALT_WORD + 1 + RESERVED_WORDS;

export const FILE_HEADER_BYTES: number = (CHECKSUM_WORD + 1) * WORD_BYTES;

/** The first bytes of a log file. Their layout is the same in every future version. */
export interface FileHeader {
  readonly version: number;
  /** A u32. */
  readonly generation: number;
  /** A random int32: the seed of the header checksums of the file's records. */
  readonly salt: number;
}

export function encodeFileHeader(header: FileHeader): Uint8Array {
  const bytes = new Uint8Array(FILE_HEADER_BYTES);
  const words = new Int32Array(bytes.buffer);
  bytes.set(MAGIC);
  words[VERSION_WORD] = header.version;
  words[GENERATION_WORD] = header.generation;
  words[SALT_WORD] = header.salt;
  words[CHECKSUM_WORD] = xxh32(words, 0, CHECKSUM_WORD, 0);
  return bytes;
}

/** The header of a log file; `undefined` for a damaged one and for another kind of file. Throws what the storage throws. */
export function readFileHeader(file: StorageFile): FileHeader | undefined {
  const bytes = new Uint8Array(FILE_HEADER_BYTES);
  return decodeFileHeader(bytes.subarray(0, readFully(file, bytes, 0, FILE_HEADER_BYTES, 0)));
}

/** Decodes the first bytes of a file; `undefined` for a damaged header and for another kind of file. */
export function decodeFileHeader(bytes: Uint8Array): FileHeader | undefined {
  if (bytes.length < FILE_HEADER_BYTES || MAGIC.some((byte, at) => bytes[at] !== byte)) return undefined;
  const words = new Int32Array(bytes.slice(0, FILE_HEADER_BYTES).buffer);
  if (words[CHECKSUM_WORD] !== xxh32(words, 0, CHECKSUM_WORD, 0)) return undefined;
  return {
    version: (words[VERSION_WORD] as number) >>> 0,
    generation: (words[GENERATION_WORD] as number) >>> 0,
    salt: words[SALT_WORD] as number,
  };
}

/** The salt in the first bytes of a file, also where the header is damaged elsewhere; `undefined` for a shorter file. */
export function saltOf(bytes: Uint8Array): number | undefined {
  if (bytes.length < FILE_HEADER_BYTES) return undefined;
  return new Int32Array(bytes.slice(0, FILE_HEADER_BYTES).buffer)[SALT_WORD];
}
