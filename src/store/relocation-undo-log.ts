import { ALL_KEYS } from '../key-index/index-cursor.ts';
import type { KeyIndex } from '../key-index/key-index.ts';
import { isOf, type Location, offsetOf } from './generations.ts';

const MOVE_WORDS = 2;
/** Memory grows in chunks: copying everything into a larger array would be a pause. */
const CHUNK_MOVES = 4096;

/**
 * The records that a compaction has moved, so that abandoning it can restore their old locations.
 *
 * Invariants:
 * 1. Moves are in the order of their new offsets, as a new generation is only appended to.
 * 2. All chunks but the last are full.
 */
export class RelocationUndoLog {
  readonly #chunks: Int32Array[] = [];
  #count = 0;

  add(from: Location, to: Location): void {
    const inChunk = this.#count % CHUNK_MOVES;
    if (inChunk === 0) this.#chunks.push(new Int32Array(CHUNK_MOVES * MOVE_WORDS));
    const chunk = this.#chunks.at(-1) as Int32Array;
    chunk[inChunk * MOVE_WORDS] = from;
    chunk[inChunk * MOVE_WORDS + 1] = to;
    this.#count += 1;
  }

  /** Restores the old location of every entry that lies in `generation`, the abandoned one. */
  revert(index: KeyIndex, generation: number): void {
    if (this.#count === 0) return;
    const cursor = index.cursor(ALL_KEYS);
    for (let node = cursor.next(); node !== 0; node = cursor.next()) {
      const location = index.location(node);
      if (isOf(generation, location)) index.relocate(node, this.#oldLocation(location));
    }
  }

  #oldLocation(to: Location): Location {
    const offset = offsetOf(to);
    let low = 0;
    let high = this.#count;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (offsetOf(this.#word(middle, 1)) <= offset) low = middle;
      else high = middle;
    }
    return this.#word(low, 0);
  }

  #word(move: number, word: number): Location {
    const chunk = this.#chunks[Math.floor(move / CHUNK_MOVES)] as Int32Array;
    return chunk[(move % CHUNK_MOVES) * MOVE_WORDS + word] as Location;
  }
}
