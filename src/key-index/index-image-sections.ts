import { StoreError } from '../base/store-error.ts';

const WORD_VALUES = 2 ** 32;

/**
 * The index as it lies in memory, to be written to disk verbatim. The arrays look into the index itself, so they are
 * good until its next change. All three are in the byte order of the platform.
 */
export interface IndexImageSections {
  /** Small: every scalar and table, written by `StateWriter`. */
  readonly state: Int32Array;
  /** The nodes. */
  readonly arena: Int32Array;
  /** The slots of the hash directory. */
  readonly directory: Int32Array;
}

/** Collects the words of the state section. */
export class StateWriter {
  readonly #words: number[] = [];

  put(word: number): void {
    this.#words.push(word);
  }

  /** A number up to 2^53, in two words. */
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

/** Reads them back in the same order; throws `StoreError` `CORRUPT` where they do not fit. */
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

  /** A number that must lie within `min..max`. */
  nextWithin(min: number, max: number): number {
    const word = this.next();
    if (word < min || word > max) throw unfit(`${word} is not within ${min}..${max}`);
    return word;
  }

  take(count: number): Int32Array {
    if (count > this.#words.length - this.#at) throw unfit('its state is cut short');
    const taken = this.#words.slice(this.#at, this.#at + count);
    this.#at += count;
    return taken;
  }

  finish(): void {
    if (this.#at !== this.#words.length) throw unfit('its state is too long');
  }
}

/** The error for sections that no index of this version wrote. */
export function unfit(reason: string): StoreError {
  return new StoreError('CORRUPT', `the index image does not fit (${reason}): build the index from the log instead`);
}
