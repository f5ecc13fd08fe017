import { storageFailure } from '../base/storage-failure.ts';
import { readFully } from '../storage/file-transfer.ts';
import type { StorageFile } from '../storage/storage-backend.ts';
import {
  type BatchExtent,
  bodyValid,
  decodeBatchKey,
  decodeMarkKey,
  headerPlausible,
  headerValid,
} from './record-codec.ts';
import {
  bodyLengthAt,
  flagsAt,
  keyAreaBytes,
  keyLengthAt,
  kindAt,
  RECORD_ALIGNMENT,
  RECORD_HEADER_BYTES,
  RecordKind,
  recordBytes,
} from './record-format.ts';
import { type RecordMemory, recordMemory } from './record-memory.ts';

const CHUNK_BYTES: number = 256 * 1024;
/** The search for a header hashes at most this many bytes per byte searched: crafted contents cannot stall it. */
const SEARCH_HASH_RATIO_MAX = 8;
/** The search may always hash this many bytes: near the end of a log, a few keys are longer than what is searched. */
const SEARCH_HASH_BYTES_MIN: number = 1024 * 1024;

/** The verdict on the bytes at an offset of a log. */
export type Verdict =
  /** Header and key match their checksum, and so does the body if it was checked. */
  | 'valid'
  /** The header is valid; the body is damaged or goes beyond the end of the log. */
  | 'bad-body'
  /** There is no valid header: what was written here is unknown. */
  | 'bad-header'
  /** The log ends here. */
  | 'end';

/**
 * Reads the records of a log in order, for recovery, compaction and verification. After `read` the fields describe the
 * record that was found. Memory is allocated for a record only after its header was found valid and its end within the log.
 */
export class RecordReader {
  readonly #file: StorageFile;
  readonly #name: string;
  readonly #salt: number;
  /** Bytes of the log; nothing beyond is read. */
  size: number;
  kind = 0;
  flags = 0;
  keyLength = 0;
  /** Size of the record in bytes, padding included. */
  recordBytes = 0;
  /** Offset of the record after it. */
  next = 0;
  /** Where the record is in `memory`, in bytes: its header and key always, its body if it was checked. */
  at = 0;
  #memory: RecordMemory = recordMemory(0);
  #start = 0;
  #held = 0;

  constructor(source: { readonly file: StorageFile; readonly name: string; readonly salt: number }, size: number) {
    this.#file = source.file;
    this.#name = source.name;
    this.#salt = source.salt;
    this.size = size;
  }

  get memory(): RecordMemory {
    return this.#memory;
  }

  /** Where the key begins in `memory`. */
  get keyStart(): number {
    return this.at + RECORD_HEADER_BYTES;
  }

  /** Where the key ends in `memory`, exclusive. */
  get keyEnd(): number {
    return this.at + RECORD_HEADER_BYTES + this.keyLength;
  }

  /** A copy of the record's key. */
  key(): Uint8Array {
    return this.#memory.bytes.slice(this.keyStart, this.keyEnd);
  }

  /** The offset in a MARK: everything below it was durable. */
  markOffset(): number {
    return decodeMarkKey(this.key());
  }

  /** The number and the bytes of the records in a BATCH. */
  batchExtent(): BatchExtent {
    return decodeBatchKey(this.key());
  }

  headerChecksum(): number {
    return this.#memory.words[this.at >>> 2] as number;
  }

  /** Reads the record at `offset`; `checkBody` says whether the body of a PUT is read and checked. Throws `IO`. */
  read(offset: number, checkBody = true): Verdict {
    if (offset >= this.size) return 'end';
    if (!this.#readHeader(offset)) return 'bad-header';
    if (this.next > this.size) return 'bad-body';
    if (!checkBody || this.kind !== RecordKind.put) return 'valid';
    const held = this.#hold(offset, this.recordBytes);
    this.at = offset - this.#start;
    return held && bodyValid(this.#memory.words, this.at >>> 2) ? 'valid' : 'bad-body';
  }

  /** The first offset from `from` on with a valid header; `undefined` if there is none or the search became too costly. */
  nextHeader(from: number): number | undefined {
    let hashed = 0;
    const hashedMax = SEARCH_HASH_BYTES_MIN + SEARCH_HASH_RATIO_MAX * (this.size - from);
    for (let offset = from; offset + RECORD_HEADER_BYTES <= this.size; offset += RECORD_ALIGNMENT) {
      if (!this.#hold(offset, RECORD_HEADER_BYTES)) return undefined;
      const word = (offset - this.#start) >>> 2;
      if (!headerPlausible(this.#memory.words, word)) continue;
      hashed += RECORD_HEADER_BYTES + keyLengthAt(this.#memory.words, word);
      if (hashed > hashedMax) return undefined;
      if (this.#readHeader(offset) && this.next <= this.size) return offset;
    }
    return undefined;
  }

  /**
   * The first offset from `from` on with a valid MARK or COMPLETE, the records that state what was durable; `undefined` if
   * there is none. Their keys are so short that every offset can be checked: whatever the values contain, the search takes
   * bounded time and misses nothing.
   */
  nextMark(from: number): number | undefined {
    for (let offset = from; offset + RECORD_HEADER_BYTES <= this.size; offset += RECORD_ALIGNMENT) {
      if (!this.#hold(offset, RECORD_HEADER_BYTES)) return undefined;
      const word = (offset - this.#start) >>> 2;
      const kind = kindAt(this.#memory.words, word);
      if (kind !== RecordKind.mark && kind !== RecordKind.complete) continue;
      if (this.#readHeader(offset)) return offset;
    }
    return undefined;
  }

  #readHeader(offset: number): boolean {
    if (offset + RECORD_HEADER_BYTES > this.size || !this.#hold(offset, RECORD_HEADER_BYTES)) return false;
    let word = (offset - this.#start) >>> 2;
    if (!headerPlausible(this.#memory.words, word)) return false;
    const keyLength = keyLengthAt(this.#memory.words, word);
    const headerBytes = RECORD_HEADER_BYTES + keyAreaBytes(keyLength);
    if (offset + headerBytes > this.size || !this.#hold(offset, headerBytes)) return false;
    const { words } = this.#memory;
    word = (offset - this.#start) >>> 2;
    if (!headerValid(words, word, this.#salt, offset)) return false;
    this.at = offset - this.#start;
    this.kind = kindAt(words, word);
    this.flags = flagsAt(words, word);
    this.keyLength = keyLength;
    this.recordBytes = recordBytes(keyLength, bodyLengthAt(words, word));
    this.next = offset + this.recordBytes;
    return true;
  }

  /** Reads `bytes` from `offset` into memory unless they are there. Returns false if the file ends before. */
  #hold(offset: number, bytes: number): boolean {
    if (offset >= this.#start && offset + bytes <= this.#start + this.#held) return true;
    const wanted = Math.min(Math.max(bytes, CHUNK_BYTES), this.size - offset);
    // A record larger than a chunk gets memory of its size; the next refill releases it.
    const capacity = Math.max(bytes, CHUNK_BYTES);
    if (this.#memory.bytes.length !== capacity) this.#memory = recordMemory(capacity);
    this.#start = offset;
    this.#held = this.#readInto(this.#memory.bytes, wanted, offset);
    return bytes <= this.#held;
  }

  #readInto(target: Uint8Array, length: number, position: number): number {
    try {
      return readFully(this.#file, target, 0, length, position);
    } catch (error) {
      throw storageFailure(`read ${this.#name}`, error);
    }
  }
}
