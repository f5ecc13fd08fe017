import { GrowableWords } from './growable-words.ts';
import { PIECE_WORDS, type PiecedSection, unfit } from './index-image-sections.ts';
import type { IndexPieces } from './index-pieces.ts';

/**
 * A section of the index that is read from its image piece by piece.
 *
 * Invariants:
 * 1. `words` has its final length from the beginning; a piece that is not there is zero, or arbitrary after damage.
 * 2. `missing` pieces are not there; each other one matched its checksum.
 */
export class PendingSection {
  readonly words: Int32Array;
  readonly #section: PiecedSection;
  readonly #image: IndexPieces;
  readonly #held: Uint8Array;
  #missing: number;
  /** No piece below this one is missing. */
  #firstMissing = 0;

  constructor(image: IndexPieces, section: PiecedSection, wordCount: number) {
    this.words = GrowableWords.forAdoption(wordCount);
    this.#section = section;
    this.#image = image;
    this.#missing = Math.ceil(wordCount / PIECE_WORDS);
    this.#held = new Uint8Array(this.#missing);
  }

  get missing(): number {
    return this.#missing;
  }

  /** Reads the pieces of `words[from..to)` that are not there. Throws `CORRUPT` for damage, and what the storage throws. */
  need(from: number, to: number): void {
    if (to > this.words.length) throw unfit(`${this.#section} word ${to}`);
    const last = Math.floor((to - 1) / PIECE_WORDS);
    for (let piece = Math.floor(from / PIECE_WORDS); piece <= last; piece += 1) {
      if (this.#held[piece] === 0) this.#read(piece);
    }
  }

  /** Reads every piece that is not there. Throws as `need`. */
  complete(): void {
    if (this.#missing > 0) this.need(0, this.words.length);
  }

  /** Reads about `count` pieces off the thread. Returns false if that failed: `need` reads them again. */
  async preload(count: number): Promise<boolean> {
    const first = this.#held.indexOf(0, this.#firstMissing);
    if (first < 0) return true;
    const pieces = Math.min(count, this.#held.length - first);
    const read = await this.#image.readAsync?.(this.#section, first, pieces);
    if (read === undefined) return false;
    for (let i = 0; i < pieces; i += 1) this.#accept(first + i, read.subarray(i * PIECE_WORDS, (i + 1) * PIECE_WORDS));
    this.#firstMissing = first + pieces;
    return true;
  }

  #read(piece: number): void {
    const start = piece * PIECE_WORDS;
    const target = this.words.subarray(start, Math.min(start + PIECE_WORDS, this.words.length));
    if (!this.#image.read(this.#section, piece, target)) throw unfit(`${this.#section} piece ${piece} is damaged`);
    this.#hold(piece);
  }

  #accept(piece: number, words: Int32Array): void {
    // It may have been read meanwhile.
    if (this.#held[piece] !== 0) return;
    this.words.set(words, piece * PIECE_WORDS);
    this.#hold(piece);
  }

  #hold(piece: number): void {
    this.#held[piece] = 1;
    this.#missing -= 1;
  }
}
