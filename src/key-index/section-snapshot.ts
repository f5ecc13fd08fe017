import { PIECE_WORDS } from './index-image-sections.ts';

/** A section of the index of which snapshots are taken. */
export interface SnapshotOwner {
  readonly words: Int32Array;
  /** Called before words change, with their positions. */
  snapshot: SectionSnapshot | undefined;
}

/**
 * A section as it was at one moment, while it continues to change: a piece that is not taken yet is copied before its first
 * change.
 *
 * Invariants:
 * 1. Pieces below `#next` were taken. A later piece is as it was at that moment: in `#saved` if it changed, else in place.
 * 2. Whoever changes a word calls `before` first.
 */
export class SectionSnapshot {
  /** The length of the section in words. */
  readonly length: number;
  readonly #owner: SnapshotOwner;
  readonly #saved = new Map<number, Int32Array>();
  #next = 0;
  /** Whether the section was cleared before all pieces were taken. */
  isLost = false;

  constructor(owner: SnapshotOwner, length: number) {
    this.length = length;
    this.#owner = owner;
    owner.snapshot = this;
  }

  /** Keeps the words from `from` to `to`, exclusive, which are about to change. */
  before(from: number, to: number): void {
    const until = Math.min(to, this.length);
    for (let piece = Math.max(Math.floor(from / PIECE_WORDS), this.#next); piece * PIECE_WORDS < until; piece += 1) {
      if (!this.#saved.has(piece)) this.#saved.set(piece, this.#inPlace(piece).slice());
    }
  }

  /** The next pieces, `count` or fewer at the end, valid until the next change; `undefined` after the last one. */
  take(count: number): Int32Array | undefined {
    const start = this.#next * PIECE_WORDS;
    if (start >= this.length) return undefined;
    const end = Math.min(start + count * PIECE_WORDS, this.length);
    return this.#saved.size === 0 ? this.#takeInPlace(start, end) : this.#takeCopy(start, end);
  }

  #takeInPlace(start: number, end: number): Int32Array {
    this.#next = Math.ceil(end / PIECE_WORDS);
    return this.#owner.words.subarray(start, end);
  }

  #takeCopy(start: number, end: number): Int32Array {
    const taken = new Int32Array(end - start);
    for (let at = 0; at < taken.length; at += PIECE_WORDS) {
      taken.set(this.#saved.get(this.#next) ?? this.#inPlace(this.#next), at);
      this.#saved.delete(this.#next);
      this.#next += 1;
    }
    return taken;
  }

  /** The section is about to be cleared as a whole. */
  lose(): void {
    this.isLost = true;
    this.end();
  }

  /** No piece is needed any more. */
  end(): void {
    this.#saved.clear();
    if (this.#owner.snapshot === this) this.#owner.snapshot = undefined;
  }

  #inPlace(piece: number): Int32Array {
    return this.#owner.words.subarray(piece * PIECE_WORDS, Math.min((piece + 1) * PIECE_WORDS, this.length));
  }
}
