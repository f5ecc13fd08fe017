import { storageFailure } from '../base/storage-failure.ts';
import { readFully } from '../storage/file-transfer.ts';
import type { StorageFile } from '../storage/storage-backend.ts';
import { bodyValid, headerPlausible, headerValid } from './record-codec.ts';
import { type BatchExtent, decodeBatchKey, decodeMarkKey } from './record-content.ts';
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
/** The search for a header may hash this many times the bytes it searches, so that crafted contents cannot stall it. */
const SEARCH_HASH_RATIO_MAX = 8;
/** And this many in any case: what is left to search may be less than a few keys. */
const SEARCH_HASH_BYTES_MIN: number = 1024 * 1024;

/** What lies at an offset of a log. */
export type Verdict =
  /** Header, key and, where asked for, body are as written. */
  | 'valid'
  /** The header is as written and its body is not, or not wholly there. */
  | 'bad-body'
  /** No header: nothing is known of what was here. */
  | 'bad-header'
  /** The log ends here. */
  | 'end';

/**
 * Reads a log's records in order, for recovery, compaction and verification. After `read` the fields describe the record
 * it found. Memory is allocated for a record's length only after its header was found valid and within the file.
 */
export class RecordReader {
  readonly #file: StorageFile;
  readonly #name: string;
  readonly #salt: number;
  /** Bytes of the log: what lies beyond is not read. */
  size: number;
  kind = 0;
  flags = 0;
  keyLength = 0;
  /** Bytes the record takes, and the offset after it. */
  recordBytes = 0;
  next = 0;
  /** Where the record lies in `memory`; the key always does, the body when it was asked for. */
  at = 0;
  #memory: RecordMemory = recordMemory(0);
  #start = 0;
  #held = 0;

  constructor(source: {
    readonly file: StorageFile;
    readonly name: string;
    readonly salt: number;
    readonly size: number;
  }) {
    this.#file = source.file;
    this.#name = source.name;
    this.#salt = source.salt;
    this.size = source.size;
  }

  get memory(): RecordMemory {
    return this.#memory;
  }

  /** First and last byte of the key in `memory`, the last exclusive. */
  get keyStart(): number {
    return this.at + RECORD_HEADER_BYTES;
  }

  get keyEnd(): number {
    return this.at + RECORD_HEADER_BYTES + this.keyLength;
  }

  /** A copy of the record's key. */
  key(): Uint8Array {
    return this.#memory.bytes.slice(this.keyStart, this.keyEnd);
  }

  /** The offset a MARK states. */
  markOffset(): number {
    return decodeMarkKey(this.key());
  }

  /** The extent a BATCH states. */
  batchExtent(): BatchExtent {
    return decodeBatchKey(this.key());
  }

  headerChecksum(): number {
    return this.#memory.words[this.at >>> 2] as number;
  }

  read(offset: number, checkBody = true): Verdict {
    if (offset >= this.size) return 'end';
    if (!this.#readHeader(offset)) return 'bad-header';
    if (this.next > this.size) return 'bad-body';
    if (!checkBody || this.kind !== RecordKind.put) return 'valid';
    const held = this.#hold(offset, this.recordBytes);
    this.at = offset - this.#start;
    return held && bodyValid(this.#memory.words, this.at >>> 2) ? 'valid' : 'bad-body';
  }

  /** The first offset from `from` on that holds a valid header, `undefined` where none does or the search grew too costly. */
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
   * The first offset from `from` on that holds a valid MARK or COMPLETE, `undefined` where none does. Their headers are so
   * short that every place can be tried: whatever values hold, this search takes a bounded time and misses nothing.
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

  /** Makes sure that `bytes` from `offset` lie in memory; false where the file does not have them. */
  #hold(offset: number, bytes: number): boolean {
    if (offset >= this.#start && offset + bytes <= this.#start + this.#held) return true;
    const wanted = Math.min(Math.max(bytes, CHUNK_BYTES), this.size - offset);
    // A record larger than a chunk gets memory for itself, which the next refill gives back.
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
