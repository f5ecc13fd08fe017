import type { Arena } from './arena.ts';
import type { StateReader, StateWriter } from './index-image-sections.ts';
import { compareNode, type KeyWords } from './key-words.ts';
import { HEIGHT_MAX, headerWord, heightOf, KEY_WORD, nextWord } from './node-layout.ts';

/** The head of the list: a node without a key, with the highest tower, before the first one. It never moves. */
const HEAD: number = HEIGHT_MAX + 1;

/** The words of the arena that belong to the list: word 0, so that no node has address 0, and the head. */
export const LIST_WORDS: number = HEAD + KEY_WORD;

/** A step on this level passes about 64 nodes: one node in four is on the next level. */
const BLOCK_LEVEL = 3;

/**
 * The nodes in the order of their keys: a skip list (Pugh, "Skip lists: a probabilistic alternative to balanced trees")
 * without back pointers. The *finger* is the position of the last search: per level, the last node before its key.
 *
 * Invariants:
 * 1. The nodes of each level, from the head along the tower words of that level to 0, are in strictly ascending key order.
 * 2. A node of height h is on the levels 0 to h - 1 and on no other, so each level is part of the one below.
 * 3. Levels from `#levels` up are empty; the level below is not, unless it is the lowest.
 * 4. `#tails[l]` is the last node of level l, or the head.
 * 5. `epoch` changes whenever nodes are unlinked.
 */
export class SkipList {
  readonly #arena: Arena;
  /** Per level, the node after which a node is linked. */
  readonly #finger = new Int32Array(HEIGHT_MAX).fill(HEAD);
  /** The finger before the run that `cut` unlinks. */
  readonly #runStart = new Int32Array(HEIGHT_MAX);
  readonly #tails = new Int32Array(HEIGHT_MAX).fill(HEAD);
  #levels = 1;
  #epoch = 0;

  /** An empty list. The words of the arena below `LIST_WORDS` belong to it. */
  constructor(arena: Arena) {
    this.#arena = arena;
    this.#clearHead();
  }

  /** Changes when nodes are unlinked: addresses from before may then belong to other nodes. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Whether `key` is greater than all keys of the list. */
  isAfterLast(key: KeyWords): boolean {
    const last = this.#tails[0] as number;
    return last === HEAD || compareNode(this.#arena.words, last, key) < 0;
  }

  /** Moves the finger before `key` and returns the first node whose key is not less; 0 at the end of the list. */
  seek(key: KeyWords): number {
    return this.#descend(key, 0, HEAD, this.#levels, 0);
  }

  /** Moves the finger before the first node whose key is greater than `key` and returns it; 0 at the end of the list. */
  seekAfter(key: KeyWords): number {
    return this.#descend(key, 1, HEAD, this.#levels, 0);
  }

  /** Moves the finger after the last node. */
  seekEnd(): void {
    this.#finger.set(this.#tails);
  }

  /** Whether the finger is before `key`, wherever it was moved. */
  isFingerBefore(key: KeyWords): boolean {
    const node = this.#finger[0] as number;
    return node === HEAD || compareNode(this.#arena.words, node, key) < 0;
  }

  /** As `seek`, if the finger is before `key` already. The less it has to move, the faster. */
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
    // From this level up the finger is before the key already. Below it, the search starts at `node`, which is less.
    if (level > 0) this.#descend(key, 0, node, level, bound);
  }

  /** Links a node at the finger, which must be before its key, and moves the finger after it. */
  link(node: number): void {
    const { words, snapshot } = this.#arena;
    const height = heightOf(words, node);
    this.#raise(height);
    for (let level = 0; level < height; level += 1) {
      const before = nextWord(this.#finger[level] as number, level);
      const next = words[before] as number;
      snapshot?.before(before, before + 1);
      words[nextWord(node, level)] = next;
      words[before] = node;
      this.#finger[level] = node;
      if (next === 0) this.#tails[level] = node;
    }
  }

  /** Links a node whose key is greater than all others. */
  append(node: number): void {
    this.#finger.set(this.#tails);
    this.link(node);
  }

  /** Unlinks the node after the finger; the finger stays. */
  unlink(node: number): void {
    const words = this.#arena.words;
    const height = heightOf(words, node);
    for (let level = 0; level < height; level += 1) {
      this.#bridge(this.#finger[level] as number, words[nextWord(node, level)] as number, level);
    }
    this.#trim();
  }

  /**
   * Unlinks the nodes from `lower` on, up to `upper` or the end of the list: one change per level, however many they are.
   * Returns the first one, 0 if there is none. On the lowest level they stay linked, and the last one to 0.
   */
  cut(lower: KeyWords, upper: KeyWords | undefined): number {
    const words = this.#arena.words;
    const first = this.seek(lower);
    if (first === 0 || (upper !== undefined && compareNode(words, first, upper) >= 0)) return 0;
    this.#runStart.set(this.#finger);
    if (upper === undefined) this.seekEnd();
    else this.seekOnward(upper);
    const last = this.#finger[0] as number;
    for (let level = 0; level < this.#levels; level += 1) {
      const before = this.#runStart[level] as number;
      const lastOfLevel = this.#finger[level] as number;
      if (lastOfLevel === before) break;
      this.#bridge(before, words[nextWord(lastOfLevel, level)] as number, level);
      this.#finger[level] = before;
    }
    this.#setNext(last, 0, 0);
    this.#trim();
    return first;
  }

  /**
   * Fills `block` with consecutive nodes in ascending order, about 64 or fewer at the beginning of the list, of which the
   * last is the one before the finger. Returns their number.
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
        // So many nodes are rare. A later block has those that are dropped here.
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

  /** Saves what `restore` needs besides the arena. */
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
   * Searches from `start`, which is before `key`, down the levels below `levels`. `bound` is the first node of the level
   * above that is not before `key`, or 0. A node is before `key` if its comparison with it is less than `limit`.
   */
  #descend(key: KeyWords, limit: number, start: number, levels: number, bound: number): number {
    const words = this.#arena.words;
    const finger = this.#finger;
    let node = start;
    let end = bound;
    for (let level = levels - 1; level >= 0; level -= 1) {
      for (;;) {
        const next = words[nextWord(node, level)] as number;
        // One level up this node was not before the key. At the end of the list both are 0.
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

  /** Makes `next` the node after `before`, in place of those between them. */
  #bridge(before: number, next: number, level: number): void {
    this.#setNext(before, next, level);
    if (next === 0) this.#tails[level] = before;
  }

  #setNext(node: number, next: number, level: number): void {
    const { words, snapshot } = this.#arena;
    const at = nextWord(node, level);
    snapshot?.before(at, at + 1);
    words[at] = next;
  }

  /** Ends an unlinking: lowers `#levels` and changes `epoch`. */
  #trim(): void {
    while (this.#levels > 1 && this.#tails[this.#levels - 1] === HEAD) this.#levels -= 1;
    this.#epoch += 1;
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
