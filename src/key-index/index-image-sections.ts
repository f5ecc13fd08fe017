import { StoreError } from '../base/store-error.ts';
import type { KeyInterval } from './index-cursor.ts';

const WORD_VALUES = 2 ** 32;

/**
 * The index as three arrays of words, to be written to disk as they are. They share the memory of the index and are valid
 * until its next change. Their byte order is the platform's.
 */
export interface IndexImageSections {
  /** All numbers and tables, written by `StateWriter`; small. */
  readonly state: Int32Array;
  /** The nodes. */
  readonly arena: Int32Array;
  /** The slots of the hash directory. */
  readonly directory: Int32Array;
}

/** The sections that are divided into pieces. */
export type PiecedSection = 'arena' | 'directory';

/** A piece has this many words; the last one of a section may have fewer. It is what a lookup reads at once. */
export const PIECE_WORDS = 4096;

/** An image of an index: its state is at hand, the pieces of the other sections are read when they are needed. */
export interface IndexPieces {
  readonly state: Int32Array;
  /** The length of the arena in words. */
  readonly arenaWords: number;
  /** The length of the directory in words. */
  readonly directoryWords: number;
  /** Fills `target` with a piece. Returns false if the piece is damaged. Throws what the storage throws. */
  read(section: PiecedSection, piece: number, target: Int32Array): boolean;
  /**
   * Reads `count` consecutive pieces off the thread; `undefined` if one of them is damaged. Absent where reading never waits.
   */
  readonly readAsync?:
    | ((section: PiecedSection, piece: number, count: number) => Promise<Int32Array | undefined>)
    | undefined;
  /** Ends reading. */
  close(): void;
}

/** Builds an index from its log, in `index`, which is empty, because of `cause`. Throws what the storage throws. */
export type IndexRebuild = (index: IndexContents, cause: unknown) => void;

/** The changes of an index by which a log builds it. */
export interface IndexContents {
  put(key: Uint8Array, location: number, units: number, start?: number, end?: number): void;
  remove(key: Uint8Array, start?: number, end?: number): void;
  removeInterval(interval: KeyInterval): number;
  clear(): void;
  load(work: () => void): void;
}

/** Writes the state section. */
export class StateWriter {
  readonly #words: number[] = [];

  put(word: number): void {
    this.#words.push(word);
  }

  /** Puts an integer from 0 to 2^53 - 1, in two words. */
  putLarge(number: number): void {
    this.#words.push(number % WORD_VALUES, Math.floor(number / WORD_VALUES));
  }

  putAll(words: Int32Array): void {
    for (const word of words) this.#words.push(word);
  }

  finish(): Int32Array {
    return Int32Array.from(this.#words);
  }
}

/** Reads a state section in the order in which it was written. Throws `StoreError` `CORRUPT` if it does not fit. */
export class StateReader {
  readonly #words: Int32Array;
  #at = 0;

  constructor(words: Int32Array) {
    this.#words = words;
  }

  next(): number {
    return this.take(1)[0] as number;
  }

  nextLarge(): number {
    return (this.next() >>> 0) + (this.next() >>> 0) * WORD_VALUES;
  }

  /** A word from `min` to `max`, both inclusive. */
  nextWithin(min: number, max: number): number {
    const word = this.next();
    if (word < min || word > max) throw unfit(`${word} is not within ${min}..${max}`);
    return word;
  }

  /** A copy of the next `count` words. */
  take(count: number): Int32Array {
    if (count > this.#words.length - this.#at) throw unfit('its state is cut short');
    const taken = this.#words.slice(this.#at, this.#at + count);
    this.#at += count;
    return taken;
  }

  /** Asserts that all words were read. */
  finish(): void {
    if (this.#at !== this.#words.length) throw unfit('its state is too long');
  }
}

/** The error for sections that this version of the index did not write. */
export function unfit(reason: string): StoreError {
  return new StoreError('CORRUPT', `the index image does not fit (${reason}): build the index from the log instead`);
}
