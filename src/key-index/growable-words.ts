/**
 * Address space to reserve, the largest first. Memory in it is committed only as it is used. A system that limits address
 * space grants less, or none: then growing copies.
 */
const RESERVATIONS_BYTES: readonly number[] = [2 ** 32 - 2 ** 16, 2 ** 31, 2 ** 29, 2 ** 27];

/** The maximum length: node addresses are below it. */
export const WORDS_MAX: number = 2 ** 30 - 2 ** 14;

const WORD_BYTES = 4;
const STEP_WORDS_MIN = 2 ** 14;
/** Growing in place is cheap, so its steps are small: an eighth. Copying pays for all words each time: one half. */
const IN_PLACE_SHIFT = 3;
const COPYING_SHIFT = 1;

/** The buffers of `forAdoption`. Any other buffer may have another owner, and is copied. */
const adoptable = new WeakSet<ArrayBufferLike>();

/**
 * Zeroed words that can grow: in place if the platform can (a resizable buffer), otherwise by copying. After growing,
 * `words` may be another array: read it again.
 */
export class GrowableWords {
  #words: Int32Array;
  readonly #reservationsBytes: readonly number[];
  readonly #wordsMax: number;

  constructor(
    wordCount: number,
    reservationsBytes: readonly number[] = RESERVATIONS_BYTES,
    wordsMax: number = WORDS_MAX,
  ) {
    this.#reservationsBytes = reservationsBytes;
    this.#wordsMax = wordsMax;
    this.#words = new Int32Array(reserveBuffer(wordCount, reservationsBytes));
  }

  /** Zeroed memory that `adopt` uses without copying. */
  static forAdoption(wordCount: number): Int32Array {
    const words = new Int32Array(reserveBuffer(wordCount, RESERVATIONS_BYTES));
    adoptable.add(words.buffer);
    return words;
  }

  /** All words. This view follows the size of the buffer, which was measured to be faster than a view of fixed length. */
  get words(): Int32Array {
    return this.#words;
  }

  /**
   * Grows to `wordsMin` words at least, and some more if memory allows. Throws `RangeError` if there is no memory or the
   * words could not be addressed; then nothing changes.
   */
  grow(wordsMin: number): void {
    const length = this.#words.length;
    if (wordsMin <= length) return;
    if (wordsMin > this.#wordsMax) throw this.#full(wordsMin);
    if (this.#resize(this.#next(length, wordsMin, IN_PLACE_SHIFT)) || this.#resize(wordsMin)) return;
    try {
      this.#move(this.#next(length, wordsMin, COPYING_SHIFT));
    } catch {
      this.#moveOrThrow(wordsMin);
    }
  }

  /** Shrinks to `wordCount` words and zeroes them. */
  reset(wordCount: number): void {
    if (this.#words.length > wordCount && !this.#resize(wordCount)) {
      this.#words = new Int32Array(reserveBuffer(wordCount, this.#reservationsBytes));
      return;
    }
    this.#words.fill(0);
  }

  /** Replaces all words by `words`: without copying if they come from `forAdoption`. */
  adopt(words: Int32Array): void {
    if (adoptable.delete(words.buffer)) {
      this.#words = words;
      return;
    }
    this.grow(words.length);
    this.#words.set(words);
    this.#words.fill(0, words.length);
  }

  #next(length: number, wordsMin: number, shift: number): number {
    return Math.min(Math.max(wordsMin, length + Math.max(length >>> shift, STEP_WORDS_MIN)), this.#wordsMax);
  }

  #resize(wordCount: number): boolean {
    const buffer = this.#words.buffer as ArrayBuffer;
    if (!buffer.resizable || wordCount * WORD_BYTES > buffer.maxByteLength) return false;
    try {
      buffer.resize(wordCount * WORD_BYTES);
      return true;
    } catch {
      return false;
    }
  }

  #move(wordCount: number): void {
    const moved = new Int32Array(reserveBuffer(wordCount, this.#reservationsBytes));
    moved.set(this.#words);
    this.#words = moved;
  }

  #moveOrThrow(wordsMin: number): void {
    try {
      this.#move(wordsMin);
    } catch (cause) {
      throw this.#full(wordsMin, { cause });
    }
  }

  #full(wordsMin: number, options?: ErrorOptions): RangeError {
    const bytes = wordsMin * WORD_BYTES;
    return new RangeError(
      `no memory for an index part of ${bytes} bytes: remove entries or use several stores`,
      options,
    );
  }
}

function reserveBuffer(wordCount: number, reservationsBytes: readonly number[]): ArrayBuffer {
  const byteLength = wordCount * WORD_BYTES;
  for (const maxByteLength of reservationsBytes) {
    if (maxByteLength < byteLength) continue;
    try {
      return new ArrayBuffer(byteLength, { maxByteLength });
    } catch {
      // Not granted: the next one is smaller.
    }
  }
  return new ArrayBuffer(byteLength);
}
