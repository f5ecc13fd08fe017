import { GrowableWords } from './growable-words.ts';
import { type StateReader, type StateWriter, unfit } from './index-image-sections.ts';
import type { SectionSnapshot } from './section-snapshot.ts';

const INITIAL_WORDS = 2 ** 12;

/** An arena larger than this releases its memory when it becomes empty. A smaller one keeps it for the next entries. */
const KEPT_WORDS_MAX = 2 ** 16;

/** The free lists of blocks below this size are in an array: nodes of keys up to about 200 bytes. */
const SMALL_BLOCK_WORDS = 64;

const FREE_PAIR_WORDS = 2;

/**
 * Blocks of words in one flat array, addressed by position.
 *
 * Invariants:
 * 1. Every block is within `[start, end)`; nothing from `end` on was allocated since the last reset.
 * 2. A block is either allocated or in one free list, that of its exact size; its first word is then the next block, or 0.
 * 3. `words.length >= end`.
 */
export class Arena {
  readonly #memory: GrowableWords;
  readonly #start: number;
  #end: number;
  /** `#memory.words` and its length, kept here because every step of a search reads them. */
  #words: Int32Array;
  #capacity: number;
  readonly #smallBlocks = new Int32Array(SMALL_BLOCK_WORDS);
  readonly #largeBlocks = new Map<number, number>();
  /** Called before words change, by everyone who changes them. */
  snapshot: SectionSnapshot | undefined;

  /** The words below `start` belong to the owner of the arena. */
  constructor(start: number, memory: GrowableWords = new GrowableWords(INITIAL_WORDS)) {
    this.#memory = memory;
    this.#start = start;
    this.#end = start;
    this.#words = memory.words;
    this.#capacity = memory.words.length;
  }

  /** All blocks, and the words of the owner below them. After `reserve`, `allocate` and `reset` it may be another array. */
  get words(): Int32Array {
    return this.#words;
  }

  /** The address after the last block that was allocated since the last reset. */
  get end(): number {
    return this.#end;
  }

  /** Makes room for new blocks of `wordCount` words together. Throws `RangeError` and changes nothing if there is no memory. */
  reserve(wordCount: number): void {
    if (this.#end + wordCount > this.#capacity) this.#grow(this.#end + wordCount);
  }

  /** Allocates a block and returns its address. Its contents are arbitrary. Throws `RangeError` as `reserve` does. */
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

  /** Frees a block; `wordCount` is the size it was allocated with. */
  free(block: number, wordCount: number): void {
    this.snapshot?.before(block, block + 1);
    this.#words[block] = this.#firstFree(wordCount);
    this.#setFirstFree(wordCount, block);
  }

  /** Frees every block. */
  reset(): void {
    this.snapshot?.lose();
    this.#end = this.#start;
    this.#smallBlocks.fill(0);
    this.#largeBlocks.clear();
    if (this.#capacity > KEPT_WORDS_MAX) this.#memory.reset(INITIAL_WORDS);
    this.#refresh();
  }

  /** Saves what `restore` needs besides the words below `end`. */
  save(state: StateWriter): void {
    state.put(this.#end);
    state.putAll(this.#smallBlocks);
    state.put(this.#largeBlocks.size);
    for (const [wordCount, block] of this.#largeBlocks) {
      state.put(wordCount);
      state.put(block);
    }
  }

  /** Throws `StoreError` `CORRUPT` if `wordCount` words do not fit. They are adopted later. */
  restore(state: StateReader, wordCount: number): void {
    this.#end = state.nextWithin(this.#start, wordCount);
    if (this.#end !== wordCount) throw unfit(`an arena of ${wordCount} words instead of ${this.#end}`);
    this.#smallBlocks.set(state.take(SMALL_BLOCK_WORDS));
    const pairs = state.take(state.nextWithin(0, wordCount) * FREE_PAIR_WORDS);
    for (let i = 0; i < pairs.length; i += FREE_PAIR_WORDS) {
      this.#largeBlocks.set(pairs[i] as number, pairs[i + 1] as number);
    }
  }

  /** The words of the arena that was restored. */
  adopt(words: Int32Array): void {
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
