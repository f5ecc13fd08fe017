import { attempt } from '../base/attempt.ts';
import { GrowableWords } from './growable-words.ts';
import { PIECE_WORDS, type PiecedSection, unfit } from './index-image-sections.ts';
import type { IndexPieces } from './index-pieces.ts';

/** So many pieces are read together when all are wanted, 1 MiB: to verify them takes about a millisecond. */
const READ_PIECES = 64;

/** When lookups have read so many pieces one by one, memory for all is allocated: later, one operation would copy more of them. */
const SINGLE_PIECES = 64;

/**
 * A section of the index that is read from its image piece by piece.
 *
 * Invariants:
 * 1. A piece that is held matched its checksum.
 * 2. Memory for the whole section is allocated only when many pieces are wanted: those that lookups have read are copied there.
 */
export class PendingSection {
  readonly #section: PiecedSection;
  readonly #image: IndexPieces;
  readonly #wordCount: number;
  /** The pieces that are held, while there is no memory for the whole section. */
  readonly #pieces = new Map<number, Int32Array>();
  /** Memory for the whole section. */
  #words: Int32Array | undefined;
  /** Which pieces are held. */
  readonly #held: Uint8Array;
  #missing: number;
  /** No piece below this one is missing. */
  #firstMissing = 0;

  constructor(image: IndexPieces, section: PiecedSection, wordCount: number) {
    this.#section = section;
    this.#image = image;
    this.#wordCount = wordCount;
    this.#missing = Math.ceil(wordCount / PIECE_WORDS);
    this.#held = new Uint8Array(this.#missing);
  }

  /** The number of pieces that are not held. */
  get missing(): number {
    return this.#missing;
  }

  /** The word at a position. Throws `CORRUPT` for damage, and what the storage throws. */
  word(at: number): number {
    return this.#piece(Math.floor(at / PIECE_WORDS))[at % PIECE_WORDS] as number;
  }

  /** The words from `from` to `to`, exclusive. Throws as `word`. */
  range(from: number, to: number): Int32Array {
    const [first, last] = [Math.floor(from / PIECE_WORDS), Math.floor((to - 1) / PIECE_WORDS)];
    const offset = from - first * PIECE_WORDS;
    if (first === last) return this.#piece(first).subarray(offset, offset + to - from);
    const words = new Int32Array((last - first + 1) * PIECE_WORDS);
    for (let piece = first; piece <= last; piece += 1) words.set(this.#piece(piece), (piece - first) * PIECE_WORDS);
    return words.subarray(offset, offset + to - from);
  }

  /** All words; reads what is missing. Throws as `word`. */
  whole(): Int32Array {
    const words = this.#allocated();
    this.readSome(this.#missing);
    return words;
  }

  /** Reads the next missing pieces, at most `count`. Throws as `word`. */
  readSome(count: number): void {
    for (let left = count; left > 0 && this.#missing > 0; ) {
      const first = this.#held.indexOf(0, this.#firstMissing);
      const held = this.#held.indexOf(1, first);
      const until = Math.min(held < 0 ? this.#held.length : held, first + Math.min(left, READ_PIECES));
      const target = this.#allocated().subarray(first * PIECE_WORDS, Math.min(until * PIECE_WORDS, this.#wordCount));
      if (!this.#image.read(this.#section, first, target)) throw unfit(`${this.#section} piece ${first} is damaged`);
      for (; this.#firstMissing < until; this.#firstMissing += 1) {
        if (this.#held[this.#firstMissing] === 0) this.#hold(this.#firstMissing);
      }
      left -= until - first;
    }
  }

  /** Reads the next missing pieces off the thread. Returns false if that failed: whoever needs them reads them again. */
  async preload(): Promise<boolean> {
    const first = this.#held.indexOf(0, this.#firstMissing);
    if (first < 0) return true;
    const pieces = Math.min(READ_PIECES, this.#held.length - first);
    const read = await this.#image.readAsync?.(this.#section, first, pieces);
    if (read === undefined) return false;
    for (let piece = first; piece < first + pieces; piece += 1) {
      // One that was read meanwhile may be in use: the index changes the words of `whole`.
      if (this.#held[piece] !== 0) continue;
      const from = (piece - first) * PIECE_WORDS;
      this.#allocated().set(read.subarray(from, from + PIECE_WORDS), piece * PIECE_WORDS);
      this.#hold(piece);
    }
    this.#firstMissing = first + pieces;
    return true;
  }

  /** A piece, which is read if it is missing. */
  #piece(piece: number): Int32Array {
    const start = piece * PIECE_WORDS;
    const length = Math.min(PIECE_WORDS, this.#wordCount - start);
    if (!(length > 0)) throw unfit(`${this.#section} piece ${piece}`);
    const words = this.#words?.subarray(start, start + length) ?? this.#pieces.get(piece) ?? new Int32Array(length);
    if (this.#held[piece] !== 0) return words;
    if (!this.#image.read(this.#section, piece, words)) throw unfit(`${this.#section} piece ${piece} is damaged`);
    if (this.#words === undefined) this.#pieces.set(piece, words);
    this.#hold(piece);
    // Without memory for all, lookups continue as before.
    if (this.#pieces.size === SINGLE_PIECES)
      attempt(
        () => void this.#allocated(),
        () => {},
      );
    return words;
  }

  #allocated(): Int32Array {
    if (this.#words === undefined) {
      this.#words = GrowableWords.forAdoption(this.#wordCount);
      for (const [piece, words] of this.#pieces) this.#words.set(words, piece * PIECE_WORDS);
      this.#pieces.clear();
    }
    return this.#words;
  }

  /** The piece was missing. */
  #hold(piece: number): void {
    this.#held[piece] = 1;
    this.#missing -= 1;
  }
}
