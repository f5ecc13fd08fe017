import type { LogFile } from './log-file.ts';
import { PageMisses } from './page-misses.ts';
import { bodyValid, headerPlausible, headerValid } from './record-codec.ts';
import {
  bodyLengthAt,
  bodyOffset,
  keyLengthAt,
  kindAt,
  RECORD_HEADER_BYTES,
  RecordKind,
  recordBytes,
} from './record-format.ts';
import { freeMemory, PAGE_BYTES, type Page, type RecordMemory } from './record-memory.ts';

/** A prefetch reads at most this much of a record: more would displace too many pages for a hint. */
const PREFETCH_BYTES_MAX: number = 1024 * 1024;

const CACHE_LINE_WORDS = 16;
/** The processor itself prefetches longer runs. */
const TOUCH_BYTES_MAX = 512;

/**
 * A callback that gets a body in the log's memory: `length` bytes from `start`, a multiple of four. The memory is valid
 * during the call only: copy what you keep.
 */
export type BodyUse<Result> = (memory: RecordMemory, start: number, length: number) => Result;

/** The same for a whole record, which begins at byte `at`, a multiple of eight. */
export type RecordUse<Result> = (memory: RecordMemory, at: number) => Result;

/**
 * Point reads of a log: the body of the PUT record at a known place. Header, key and body are verified when they come from
 * the file; a record that stays in memory is verified once.
 */
export class BodyReader {
  readonly #log: LogFile;
  readonly #misses = new PageMisses();

  constructor(log: LogFile) {
    this.#log = log;
  }

  /**
   * Passes the body to `use` and returns its result, if the whole record is in memory, verified, and has this key; otherwise
   * returns `undefined`: use `read`.
   */
  readResident<Result>(offset: number, key: Uint8Array, use: BodyUse<Result>): Result | undefined {
    const number = Math.floor(offset / PAGE_BYTES);
    const inPage = offset - number * PAGE_BYTES;
    const page = this.#log.pages[number];
    if (page === undefined || inPage > PAGE_BYTES - RECORD_HEADER_BYTES || !page.isVerified(inPage)) return undefined;
    const { words, bytes } = page;
    const word = inPage >>> 2;
    if (keyLengthAt(words, word) !== key.length) return undefined;
    const bodyLength = bodyLengthAt(words, word);
    if (inPage + recordBytes(key.length, bodyLength) > PAGE_BYTES) return undefined;
    if (!holdsKey(bytes, inPage + RECORD_HEADER_BYTES, key)) return undefined;
    page.touch();
    return use(page, inPage + bodyOffset(key.length), bodyLength);
  }

  /**
   * Passes the record of `size` bytes at `offset`, both from the index, to `use` and returns its result, if the whole record
   * is in memory and verified; otherwise returns `undefined`.
   */
  lendResident<Result>(offset: number, size: number, use: RecordUse<Result>): Result | undefined {
    const number = Math.floor(offset / PAGE_BYTES);
    const inPage = offset - number * PAGE_BYTES;
    const page = this.#log.pages[number];
    if (page === undefined || inPage + size > PAGE_BYTES || !page.isVerified(inPage)) return undefined;
    page.touch();
    return use(page, inPage);
  }

  /**
   * Reads a word from each of the first cache lines of a record in memory, so that the processor fetches them in parallel.
   * The result has no meaning: it keeps the reads from being optimised away.
   */
  touch(offset: number, bytes: number): number {
    const page = this.#log.pages[Math.floor(offset / PAGE_BYTES)];
    if (page === undefined) return 0;
    const { words } = page;
    const from = (offset % PAGE_BYTES) >>> 2;
    const until = Math.min(from + (Math.min(bytes, TOUCH_BYTES_MAX) >>> 2), words.length);
    let sum = 0;
    for (let at = from; at < until; at += CACHE_LINE_WORDS) sum ^= words[at] as number;
    return sum;
  }

  /**
   * Passes the body to `use` and returns its result; `undefined` if there is no valid record of this key and size at
   * `offset`. Throws `IO` if reading fails.
   */
  read<Result>(offset: number, size: number, key: Uint8Array, use: BodyUse<Result>): Result | undefined {
    if (offset + size > this.#log.end) return undefined;
    const number = Math.floor(offset / PAGE_BYTES);
    const inPage = offset - number * PAGE_BYTES;
    if (inPage + size > PAGE_BYTES) return this.#readAcrossPages(offset, size, key, use);
    const page = this.#log.pages[number] ?? this.#load(number);
    if (page === undefined) return this.#readExactly(offset, size, key, use);
    if (page.isVerified(inPage)) {
      if (!isOf(page, inPage, size, key)) return undefined;
    } else {
      if (!this.#isValid(page, inPage, offset, size, key)) return undefined;
      page.setVerified(inPage);
    }
    page.touch();
    return passBody(page, inPage, use);
  }

  /** Starts to read the pages of a record, of its first MiB at most, so that a later `read` does not wait for the disk. */
  prefetch(offset: number, size: number): void {
    const last = Math.floor((offset + Math.min(size, PREFETCH_BYTES_MAX) - 1) / PAGE_BYTES);
    for (let number = Math.floor(offset / PAGE_BYTES); number <= last; number += 1) this.#log.prefetchPage(number);
  }

  #load(number: number): Page | undefined {
    const page = this.#log.loadPage(number, this.#misses.add(number));
    if (page !== undefined) this.#misses.forget(number);
    return page;
  }

  #readExactly<Result>(offset: number, size: number, key: Uint8Array, use: BodyUse<Result>): Result | undefined {
    const memory = freeMemory(size);
    const at = memory.free;
    const got = this.#log.readFile(memory.bytes, at, size, offset);
    return got === size && this.#isValid(memory, at, offset, size, key) ? passBody(memory, at, use) : undefined;
  }

  /** A part of the record may be in memory only, another part in the file only. */
  #readAcrossPages<Result>(offset: number, size: number, key: Uint8Array, use: BodyUse<Result>): Result | undefined {
    const memory = freeMemory(size);
    const at = memory.free;
    let got = 0;
    while (got < size) {
      const number = Math.floor((offset + got) / PAGE_BYTES);
      const inPage = (offset + got) % PAGE_BYTES;
      const piece = Math.min(size - got, PAGE_BYTES - inPage);
      const page = this.#log.pages[number];
      if (page !== undefined) {
        memory.bytes.set(page.bytes.subarray(inPage, inPage + piece), at + got);
      } else if (this.#log.readFile(memory.bytes, at + got, piece, offset + got) < piece) {
        return undefined;
      }
      got += piece;
    }
    return this.#isValid(memory, at, offset, size, key) ? passBody(memory, at, use) : undefined;
  }

  #isValid(memory: RecordMemory, at: number, offset: number, size: number, key: Uint8Array): boolean {
    const { words } = memory;
    const word = at >>> 2;
    if (!headerPlausible(words, word) || !isOf(memory, at, size, key)) return false;
    return headerValid(words, word, this.#log.salt, offset) && bodyValid(words, word);
  }
}

/** Whether a header says that it begins a PUT of `size` bytes, and it is followed by `key`. */
function isOf({ words, bytes }: RecordMemory, at: number, size: number, key: Uint8Array): boolean {
  const word = at >>> 2;
  if (kindAt(words, word) !== RecordKind.put || keyLengthAt(words, word) !== key.length) return false;
  return recordBytes(key.length, bodyLengthAt(words, word)) === size && holdsKey(bytes, at + RECORD_HEADER_BYTES, key);
}

/** Whether `bytes` has `key` from `at` on. */
function holdsKey(bytes: Uint8Array, at: number, key: Uint8Array): boolean {
  const length = key.length;
  const whole = length & ~3;
  let i = 0;
  // Four bytes per iteration, because every read compares a key.
  for (; i < whole; i += 4) {
    const first = (bytes[at + i] as number) ^ (key[i] as number);
    const second = (bytes[at + i + 1] as number) ^ (key[i + 1] as number);
    const third = (bytes[at + i + 2] as number) ^ (key[i + 2] as number);
    const fourth = (bytes[at + i + 3] as number) ^ (key[i + 3] as number);
    if ((first | second | third | fourth) !== 0) return false;
  }
  for (; i < length; i += 1) if (bytes[at + i] !== key[i]) return false;
  return true;
}

function passBody<Result>(memory: RecordMemory, at: number, use: BodyUse<Result>): Result {
  const word = at >>> 2;
  return use(memory, at + bodyOffset(keyLengthAt(memory.words, word)), bodyLengthAt(memory.words, word));
}
