import { GrowableWords } from './growable-words.ts';
import { type StateReader, type StateWriter, unfit } from './index-image-sections.ts';

const INITIAL_WORDS = 2 ** 12;

/** Emptied arenas above this give their memory back; smaller ones keep it, for stores that fill and drain. */
const KEPT_WORDS_MAX = 2 ** 16;

/** Free blocks below this size have their lists in an array: nodes of keys up to about 200 bytes. */
const SMALL_BLOCK_WORDS = 64;

const FREE_PAIR_WORDS = 2;

/**
 * Blocks of words in one flat array, addressed by position.
 *
 * Invariants:
 * 1. Every block lies within `[start, end)`; what lies behind `end` was never handed out since the last reset.
 * 2. A block is handed out or in exactly one free list, the one of its exact size; its first word is the next one's address.
 * 3. `words.length >= end`.
 */
export class Arena {
  readonly #memory: GrowableWords;
  readonly #start: number;
  #end: number;
  /** `#memory.words` and its length: read on every step of every search. */
  #words: Int32Array;
  #capacity: number;
  readonly #smallBlocks = new Int32Array(SMALL_BLOCK_WORDS);
  readonly #largeBlocks = new Map<number, number>();

  /** The words below `start` are the owner's. */
  constructor(start: number, memory: GrowableWords = new GrowableWords(INITIAL_WORDS)) {
    this.#memory = memory;
    this.#start = start;
    this.#end = start;
    this.#words = memory.words;
    this.#capacity = memory.words.length;
  }

  /** Every block and what the owner keeps below them. Another array after anything that allocates. */
  get words(): Int32Array {
    return this.#words;
  }

  /** Where the next new block would begin; all memory ever written lies below. */
  get end(): number {
    return this.#end;
  }

  /** Makes room for `wordCount` words of new blocks. Throws `RangeError`, changing nothing, when there is no memory. */
  reserve(wordCount: number): void {
    if (this.#end + wordCount > this.#capacity) this.#grow(this.#end + wordCount);
  }

  /** The first word of a block whose contents are arbitrary. Throws `RangeError`, changing nothing, as `reserve` does. */
  allocate(wordCount: number): number {
    const free = this.#firstFree(wordCount);
    if (free !== 0) {
      this.#setFirstFree(wordCount, this.#words[free] as number);
      return free;
    }
    const block = this.#end;
    const end = block + wordCount;
    if (end > this.#capacity) this.#grow(end);
    this.#end = end;
    return block;
  }

  free(block: number, wordCount: number): void {
    this.#words[block] = this.#firstFree(wordCount);
    this.#setFirstFree(wordCount, block);
  }

  /** Takes every block back. */
  reset(): void {
    this.#end = this.#start;
    this.#smallBlocks.fill(0);
    this.#largeBlocks.clear();
    if (this.#capacity > KEPT_WORDS_MAX) this.#memory.reset(INITIAL_WORDS);
    this.#refresh();
  }

  /** What `restore` needs, apart from the words below `end`. */
  save(state: StateWriter): void {
    state.put(this.#end);
    state.putAll(this.#smallBlocks);
    state.put(this.#largeBlocks.size);
    for (const [wordCount, block] of this.#largeBlocks) {
      state.put(wordCount);
      state.put(block);
    }
  }

  restore(state: StateReader, words: Int32Array): void {
    this.#end = state.nextWithin(this.#start, words.length);
    if (this.#end !== words.length) throw unfit(`an arena of ${words.length} words instead of ${this.#end}`);
    this.#smallBlocks.set(state.take(SMALL_BLOCK_WORDS));
    const pairs = state.take(state.nextWithin(0, words.length) * FREE_PAIR_WORDS);
    for (let i = 0; i < pairs.length; i += FREE_PAIR_WORDS) {
      this.#largeBlocks.set(pairs[i] as number, pairs[i + 1] as number);
    }
    this.#memory.adopt(words);
    this.#refresh();
  }

  #firstFree(wordCount: number): number {
    if (wordCount < SMALL_BLOCK_WORDS) return this.#smallBlocks[wordCount] as number;
    return this.#largeBlocks.get(wordCount) ?? 0;
  }

  #setFirstFree(wordCount: number, block: number): void {
    if (wordCount < SMALL_BLOCK_WORDS) this.#smallBlocks[wordCount] = block;
    else if (block !== 0) this.#largeBlocks.set(wordCount, block);
    else this.#largeBlocks.delete(wordCount);
  }

  #grow(wordsMin: number): void {
    this.#memory.grow(wordsMin);
    this.#refresh();
  }

  #refresh(): void {
    this.#words = this.#memory.words;
    this.#capacity = this.#words.length;
  }
}
