import type { Arena } from './arena.ts';
import type { StateReader, StateWriter } from './index-image-sections.ts';
import { compareNode, type KeyWords } from './key-words.ts';
import { HEIGHT_MAX, headerWord, heightOf, KEY_WORD, nextWord } from './node-layout.ts';

/** The node before the first one: no key, a tower of the greatest height. It never moves. */
const HEAD: number = HEIGHT_MAX + 1;

/** The words of the arena that are the list's own: word 0, so that no node has address 0, and the head. */
export const LIST_WORDS: number = HEAD + KEY_WORD;

/** A step on this level passes about 64 nodes at one in four per level. */
const BLOCK_LEVEL = 3;

/**
 * The order of the keys: a skip list (Pugh, "Skip lists: a probabilistic alternative to balanced trees") without back
 * pointers.
 *
 * Invariants:
 * 1. The nodes of each level, from the head along the tower words of that level to 0, are in strictly ascending key order.
 * 2. A node of height h is on the levels 0 to h - 1 and on no other, so each level is part of the one below.
 * 3. Levels from `#levels` up are empty; the highest below it is not, unless it is the lowest.
 * 4. `#tails[l]` is the last node of level l, the head where there is none.
 * 5. `epoch` has changed since any moment at which a node that is now unlinked was still linked.
 */
export class SkipList {
  readonly #arena: Arena;
  /** Per level the last node before the key that was searched for last: where the next one is linked. */
  readonly #finger = new Int32Array(HEIGHT_MAX).fill(HEAD);
  readonly #tails = new Int32Array(HEIGHT_MAX).fill(HEAD);
  #levels = 1;
  #epoch = 0;

  /** An empty list. The arena's words below `LIST_WORDS` are its own. */
  constructor(arena: Arena) {
    this.#arena = arena;
    this.#clearHead();
  }

  /** Another number after nodes were unlinked: an address kept from before may not be followed. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Whether `key` comes after all others. */
  isAfterLast(key: KeyWords): boolean {
    const last = this.#tails[0] as number;
    return last === HEAD || compareNode(this.#arena.words, last, key) < 0;
  }

  /** Puts the finger before `key` and returns the first node whose key is not less, 0 at the end. */
  seek(key: KeyWords): number {
    return this.#descend(key, 0, HEAD, this.#levels, 0);
  }

  /** Puts the finger before the first node whose key is greater than `key` and returns that node, 0 at the end. */
  seekAfter(key: KeyWords): number {
    return this.#descend(key, 1, HEAD, this.#levels, 0);
  }

  /** Puts the finger behind the last node. */
  seekEnd(): void {
    this.#finger.set(this.#tails);
  }

  /** Does what `seek` does, for a key that is not less than the one before; the closer they are, the cheaper. */
  seekOnward(key: KeyWords): void {
    const words = this.#arena.words;
    const levels = this.#levels;
    let level = 0;
    let node = 0;
    let bound = 0;
    for (; level < levels; level += 1) {
      const next = words[nextWord(this.#finger[level] as number, level)] as number;
      if (next === 0 || (next !== node && compareNode(words, next, key) >= 0)) {
        bound = next;
        break;
      }
      node = next;
    }
    // The finger is right from this level up. Below, `node` is the farthest one known to be less.
    if (level > 0) this.#descend(key, 0, node, level, bound);
  }

  /** Links a node at the finger, which must be before its key, and moves the finger behind it. */
  link(node: number): void {
    const words = this.#arena.words;
    const height = heightOf(words, node);
    this.#raise(height);
    for (let level = 0; level < height; level += 1) {
      const before = nextWord(this.#finger[level] as number, level);
      const next = words[before] as number;
      words[nextWord(node, level)] = next;
      words[before] = node;
      this.#finger[level] = node;
      if (next === 0) this.#tails[level] = node;
    }
  }

  /** Links a node whose key comes after all others, without a search. */
  append(node: number): void {
    this.#finger.set(this.#tails);
    this.link(node);
  }

  /** Unlinks the node the finger is before; the finger stays. Call `trim` after the last one. */
  unlink(node: number): void {
    const words = this.#arena.words;
    const height = heightOf(words, node);
    for (let level = 0; level < height; level += 1) {
      const before = this.#finger[level] as number;
      const next = words[nextWord(node, level)] as number;
      words[nextWord(before, level)] = next;
      if (next === 0) this.#tails[level] = before;
    }
  }

  /** Ends a run of `unlink`. */
  trim(): void {
    while (this.#levels > 1 && this.#tails[this.#levels - 1] === HEAD) this.#levels -= 1;
    this.#epoch += 1;
  }

  /**
   * Fills `block` with nodes before the finger that follow one another, the last of them right before it: about 64, fewer
   * at the beginning. Returns how many; they end at `block[count - 1]`.
   */
  collectBlock(block: Int32Array): number {
    const words = this.#arena.words;
    const last = this.#finger[0] as number;
    if (last === HEAD) return 0;
    let node = this.#finger[Math.min(BLOCK_LEVEL, this.#levels - 1)] as number;
    if (node === HEAD) node = words[nextWord(HEAD, 0)] as number;
    let count = 0;
    for (;;) {
      if (count === block.length) {
        // A gap this long is rare. What is dropped here comes with a later block.
        block.copyWithin(0, count >>> 1);
        count -= count >>> 1;
      }
      block[count] = node;
      count += 1;
      if (node === last) return count;
      node = words[nextWord(node, 0)] as number;
    }
  }

  /** Forgets every node. */
  reset(): void {
    this.#finger.fill(HEAD);
    this.#tails.fill(HEAD);
    this.#levels = 1;
    this.#epoch += 1;
    this.#clearHead();
  }

  /** What `restore` needs, apart from the arena. */
  save(state: StateWriter): void {
    state.put(this.#levels);
    state.putAll(this.#tails);
  }

  restore(state: StateReader): void {
    this.#levels = state.nextWithin(1, HEIGHT_MAX);
    this.#tails.set(state.take(HEIGHT_MAX));
    this.#epoch += 1;
  }

  /**
   * From `start`, which is before `key`, down the levels below `levels`; `bound` is the first node of the level above that
   * is not before it, 0 when there is none. A node counts as before while its comparison with `key` is below `limit`.
   */
  #descend(key: KeyWords, limit: number, start: number, levels: number, bound: number): number {
    const words = this.#arena.words;
    const finger = this.#finger;
    let node = start;
    let end = bound;
    for (let level = levels - 1; level >= 0; level -= 1) {
      for (;;) {
        const next = words[nextWord(node, level)] as number;
        // Found to be beyond the key one level up; this covers the end of the list too.
        if (next === end) break;
        if (compareNode(words, next, key) >= limit) {
          end = next;
          break;
        }
        node = next;
      }
      finger[level] = node;
    }
    return end;
  }

  #raise(height: number): void {
    for (; this.#levels < height; this.#levels += 1) this.#finger[this.#levels] = HEAD;
  }

  #clearHead(): void {
    const words = this.#arena.words;
    words.fill(0, 0, LIST_WORDS);
    words[HEAD] = headerWord(0, HEIGHT_MAX);
  }
}
