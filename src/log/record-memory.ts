import { RECORD_ALIGNMENT } from './record-format.ts';

/** The same memory as bytes and as words. Records begin in it at multiples of eight bytes. */
export interface RecordMemory {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  /** From this byte on `copyForCaller` returns the memory itself; Infinity for memory that is used again. */
  readonly free: number;
}

/** Zeroed memory of `size` bytes, rounded up to a multiple of eight. */
export function recordMemory(size: number): RecordMemory {
  const buffer = new ArrayBuffer((size + 7) & ~7);
  return { bytes: new Uint8Array(buffer), words: new Int32Array(buffer), free: Number.POSITIVE_INFINITY };
}

/** Size of a page of a log in memory. */
export const PAGE_BYTES: number = 64 * 1024;
/** A page's score rises with its hits, up to this, and falls when the pool looks for a page to evict. */
export const SCORE_MAX = 255;

/** A log file that holds pages. */
export interface PageOwner {
  /** The page of this number is evicted: its memory is about to be used for another. */
  dropPage(number: number): void;
}

/** Memory for one page of a log file. */
export class Page implements RecordMemory {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly free: number;
  /** One bit for each place where a record may begin: its checksums were verified, or it was written here. */
  readonly #verified: Int32Array;
  owner: PageOwner | undefined = undefined;
  number = 0;
  /** A pinned page is never evicted: it has bytes that are not in the file yet, takes the next append, or is being read. */
  pinned = false;
  /** Every byte of the page was written by this process, so that its records need no verification. */
  isOwnWork = false;
  score = 0;

  constructor() {
    const memory = recordMemory(PAGE_BYTES);
    this.bytes = memory.bytes;
    this.words = memory.words;
    this.free = memory.free;
    this.#verified = new Int32Array(PAGE_BYTES / RECORD_ALIGNMENT / 32);
  }

  /** Prepares the page for another place. Its bytes are arbitrary. */
  assign(owner: PageOwner, number: number): void {
    this.owner = owner;
    this.number = number;
    this.pinned = false;
    this.isOwnWork = false;
    this.score = 1;
    this.#verified.fill(0);
  }

  /** Whether the record at byte `at` of the page is known to be valid. */
  isVerified(at: number): boolean {
    return this.isOwnWork || ((this.#verified[at >>> 8] as number) & (1 << (at >>> 3))) !== 0;
  }

  setVerified(at: number): void {
    this.#verified[at >>> 8] = (this.#verified[at >>> 8] as number) | (1 << (at >>> 3));
  }

  /** Counts a hit. */
  touch(): void {
    if (this.score < SCORE_MAX) this.score += 1;
  }
}

const SLAB_BYTES: number = 64 * 1024;
/** Larger results get memory of their own: one of them should not keep a whole slab alive. */
const SHARED_BYTES_MAX: number = 8 * 1024;
/** Up to this many bytes, a loop copies faster than a call of `set`. */
const LOOP_BYTES_MAX = 1024;

/** Memory that callers receive in pieces, without overlap: a new `Uint8Array` with memory costs several times its copy. */
class Slab implements RecordMemory {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  free = 0;

  constructor(size: number) {
    const memory = recordMemory(size);
    this.bytes = memory.bytes;
    this.words = memory.words;
  }
}

let slab: Slab = new Slab(0);

/**
 * Memory to read a record of `size` bytes into, from the byte `free` on, so that `copyForCaller` need not copy it. Valid until
 * the next call of one of the two.
 */
export function freeMemory(size: number): RecordMemory {
  if (size > SHARED_BYTES_MAX) return new Slab(size);
  slab.free = (slab.free + 7) & ~7;
  if (slab.free + size > slab.bytes.length) slab = new Slab(SLAB_BYTES);
  return slab;
}

/** `length` bytes of `source` from `start`, a multiple of four, for the caller to keep: a copy, or `freeMemory` itself. */
export function copyForCaller(source: RecordMemory, start: number, length: number): Uint8Array {
  if (start >= source.free) {
    (source as Slab).free = (start + length + 3) & ~3;
    return new Uint8Array(source.bytes.buffer, start, length);
  }
  if (length > SHARED_BYTES_MAX) return source.bytes.slice(start, start + length);
  const padded = (length + 3) & ~3;
  if (slab.free + padded > slab.bytes.length) slab = new Slab(SLAB_BYTES);
  const at = slab.free;
  if (length > LOOP_BYTES_MAX) slab.bytes.set(source.bytes.subarray(start, start + length), at);
  else copyWords(source.words, start >>> 2, slab.words, at >>> 2, padded >>> 2);
  slab.free += padded;
  // Half the cost of `subarray`, which looks up a constructor first.
  return new Uint8Array(slab.bytes.buffer, at, length);
}

/** Copies four words per iteration: twice as fast as one. */
function copyWords(source: Int32Array, from: number, target: Int32Array, to: number, count: number): void {
  const whole = count & ~3;
  let i = 0;
  for (; i < whole; i += 4) {
    const a = source[from + i] as number;
    const b = source[from + i + 1] as number;
    const c = source[from + i + 2] as number;
    const d = source[from + i + 3] as number;
    target[to + i] = a;
    target[to + i + 1] = b;
    target[to + i + 2] = c;
    target[to + i + 3] = d;
  }
  for (; i < count; i += 1) target[to + i] = source[from + i] as number;
}
