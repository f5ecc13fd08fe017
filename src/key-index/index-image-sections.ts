import { StoreError } from '../base/store-error.ts';

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
