import type { KeyIndex } from '../key-index/key-index.ts';
import { ALL_KEYS } from '../key-index/key-interval.ts';
import { isOf, type Location, offsetOf } from './location.ts';

const MOVE_WORDS = 2;
const WORDS_MIN: number = 1024 * MOVE_WORDS;

/**
 * Which records a compaction has moved, so that abandoning it can give their old locations back.
 *
 * Invariant: moves are in the order of their new offsets, as a new generation is only appended to.
 */
export class MoveJournal {
  #words = new Int32Array(0);
  #used = 0;

  add(from: Location, to: Location): void {
    if (this.#used === this.#words.length) {
      const words = new Int32Array(Math.max(WORDS_MIN, this.#words.length * 2));
      words.set(this.#words);
      this.#words = words;
    }
    this.#words[this.#used] = from;
    this.#words[this.#used + 1] = to;
    this.#used += MOVE_WORDS;
  }

  /** Gives every entry that lies in `generation`, the abandoned one, its old location back. */
  revert(index: KeyIndex, generation: number): void {
    if (this.#used === 0) return;
    const cursor = index.cursor(ALL_KEYS);
    for (let node = cursor.next(); node !== 0; node = cursor.next()) {
      const location = index.location(node);
      if (isOf(generation, location)) index.relocate(node, this.#oldLocation(location));
    }
    this.#used = 0;
  }

  #oldLocation(to: Location): Location {
    const offset = offsetOf(to);
    let low = 0;
    let high = this.#used / MOVE_WORDS;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (offsetOf(this.#words[middle * MOVE_WORDS + 1] as Location) <= offset) low = middle;
      else high = middle;
    }
    return this.#words[low * MOVE_WORDS] as Location;
  }
}
