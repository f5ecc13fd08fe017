import type { LogFile } from './log-file.ts';
import { PAGE_BYTES, type Page } from './page-pool.ts';
import {
  bodyLengthAt,
  bodyValid,
  headPlausible,
  headValid,
  keyLengthAt,
  kindAt,
  type RecordMemory,
  recordMemory,
} from './record-codec.ts';
import { bodyOffset, HEAD_BYTES, RecordKind, recordBytes } from './record-format.ts';
import { copyForCaller } from './result-slab.ts';

/** Page misses are counted up to this. */
const MISSES_MAX = 255;

/** Where a record lies and which key it must have: `key[keyStart..keyEnd)`. Offsets and sizes are bytes. */
export interface RecordPlace {
  readonly offset: number;
  readonly size: number;
}

/**
 * Point reads of a log: the body of the PUT record at a known place. Everything that comes from the file is verified,
 * head, key and body, before it is returned; what is in memory and was verified once is not verified again.
 */
export class BodyReader {
  readonly #log: LogFile;
  readonly #misses: number[] = [];
  #scratch: RecordMemory = recordMemory(0);

  constructor(log: LogFile) {
    this.#log = log;
  }

  /** A copy of the body, `undefined` where the place does not hold a sound record of this key. */
  read(offset: number, size: number, key: Uint8Array): Uint8Array | undefined {
    if (offset + size > this.#log.end) return undefined;
    const number = Math.floor(offset / PAGE_BYTES);
    const inPage = offset - number * PAGE_BYTES;
    if (inPage + size > PAGE_BYTES) return this.#readAcrossPages(offset, size, key);
    const page = this.#log.residentPage(number) ?? this.#load(number);
    if (page === undefined) return this.#readExactly(offset, size, key);
    if (!page.isVerified(inPage)) {
      if (!this.#sound(page, inPage, offset, size, key)) return undefined;
      page.setVerified(inPage);
    }
    page.touch();
    return bodyCopy(page, inPage);
  }

  #load(number: number): Page | undefined {
    const misses = Math.min(MISSES_MAX, (this.#misses[number] ?? 0) + 1);
    const page = this.#log.loadPage(number, misses);
    this.#misses[number] = page === undefined ? misses : 0;
    return page;
  }

  #readExactly(offset: number, size: number, key: Uint8Array): Uint8Array | undefined {
    const memory = this.#memoryFor(size);
    const got = this.#log.readFile(memory.bytes, 0, size, offset);
    return got === size && this.#sound(memory, 0, offset, size, key) ? bodyCopy(memory, 0) : undefined;
  }

  /** Part of the record may be in memory only, part in the file only. */
  #readAcrossPages(offset: number, size: number, key: Uint8Array): Uint8Array | undefined {
    const memory = this.#memoryFor(size);
    let got = 0;
    while (got < size) {
      const number = Math.floor((offset + got) / PAGE_BYTES);
      const inPage = (offset + got) % PAGE_BYTES;
      const piece = Math.min(size - got, PAGE_BYTES - inPage);
      const page = this.#log.residentPage(number);
      if (page !== undefined) {
        memory.bytes.set(page.bytes.subarray(inPage, inPage + piece), got);
      } else if (this.#log.readFile(memory.bytes, got, piece, offset + got) < piece) {
        return undefined;
      }
      got += piece;
    }
    return this.#sound(memory, 0, offset, size, key) ? bodyCopy(memory, 0) : undefined;
  }

  #memoryFor(size: number): RecordMemory {
    if (size > PAGE_BYTES) return recordMemory(size);
    if (this.#scratch.bytes.length === 0) this.#scratch = recordMemory(PAGE_BYTES);
    return this.#scratch;
  }

  #sound(memory: RecordMemory, at: number, offset: number, size: number, key: Uint8Array): boolean {
    const { words, bytes } = memory;
    const word = at >>> 2;
    if (!headPlausible(words, word) || kindAt(words, word) !== RecordKind.put) return false;
    if (keyLengthAt(words, word) !== key.length) return false;
    if (recordBytes(key.length, bodyLengthAt(words, word)) !== size) return false;
    if (!headValid(words, word, this.#log.salt, offset) || !bodyValid(words, word)) return false;
    return key.every((byte, i) => bytes[at + HEAD_BYTES + i] === byte);
  }
}

function bodyCopy(memory: RecordMemory, at: number): Uint8Array {
  const word = at >>> 2;
  return copyForCaller(memory, at + bodyOffset(keyLengthAt(memory.words, word)), bodyLengthAt(memory.words, word));
}
