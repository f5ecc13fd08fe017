import type { Arena } from './arena.ts';
import { compareNode, KeyWords } from './key-words.ts';
import { LOCATION_WORD, NO_NODE, type NodeAddress, nextWord, UNITS_WORD } from './node-layout.ts';
import type { SkipList } from './skip-list.ts';

/** A run of keys in byte order: from `lower`, inclusive, to `upper`, exclusive; without `upper` to the last key. */
export interface KeyInterval {
  readonly lower: Uint8Array;
  readonly upper: Uint8Array | undefined;
}

export const ALL_KEYS: KeyInterval = { lower: new Uint8Array(0), upper: undefined };

/** What is left of an interval after `key`, in ascending order or, with `reverse`, in descending order. */
export function intervalAfter(key: Uint8Array, { lower, upper }: KeyInterval, reverse: boolean): KeyInterval {
  if (reverse) return { lower, upper: key };
  const successor = new Uint8Array(key.length + 1);
  successor.set(key);
  return { lower: successor, upper };
}

/**
 * Walks the keys of an interval in order. The index may change between two steps. A key is returned at most once. A key
 * that is in the index during the whole walk is returned; a key that is removed before the cursor reaches it is not; a key
 * that is added meanwhile may be.
 */
export interface IndexCursor {
  /** The next node; `NO_NODE` at the end and after it. The address is valid until a key is removed. */
  next(): NodeAddress;
  /**
   * Looks ahead: passes the location and the units of each of the next `count` nodes to `visit`, as far as they can be found
   * without a search. Returns the number of nodes. A hint: the index may change before `next` returns them.
   */
  peek(count: number, visit: (location: number, units: number) => void): number;
  /** A copy of the key that `next` returned last, even if it was removed since. Throws `RangeError` if there is none. */
  key(): Uint8Array;
}

/** Where a cursor is: before its first key, at a key, or after its last one. */
type CursorState = 'before' | 'within' | 'after';

/**
 * An ascending cursor. It keeps a copy of the last key: after nodes were unlinked, the address of the last node may belong
 * to another key, and the next node is searched for by the copy.
 */
export class ForwardCursor implements IndexCursor {
  readonly #arena: Arena;
  readonly #list: SkipList;
  readonly #upper: KeyWords | undefined;
  /** The last key returned; before the first step the lower bound. */
  readonly #last = new KeyWords();
  #node = 0;
  #epoch: number;
  #state: CursorState = 'before';

  constructor(arena: Arena, list: SkipList, interval: KeyInterval) {
    this.#arena = arena;
    this.#list = list;
    this.#last.load(interval.lower, 0, interval.lower.length);
    if (interval.upper !== undefined) {
      this.#upper = new KeyWords();
      this.#upper.load(interval.upper, 0, interval.upper.length);
    }
    this.#epoch = list.epoch;
  }

  next(): NodeAddress {
    if (this.#state === 'after') return NO_NODE;
    const node = this.#successor();
    const words = this.#arena.words;
    if (node === 0 || (this.#upper !== undefined && compareNode(words, node, this.#upper) >= 0)) {
      this.#state = 'after';
      return NO_NODE;
    }
    this.#node = node;
    this.#state = 'within';
    this.#last.loadNode(words, node);
    return node as NodeAddress;
  }

  peek(count: number, visit: (location: number, units: number) => void): number {
    if (this.#state !== 'within' || this.#epoch !== this.#list.epoch) return 0;
    const words = this.#arena.words;
    let node = this.#node;
    for (let i = 0; i < count; i += 1) {
      node = words[nextWord(node, 0)] as number;
      if (node === 0) return i;
      visit(words[node + LOCATION_WORD] as number, words[node + UNITS_WORD] as number);
    }
    return count;
  }

  key(): Uint8Array {
    assertAtKey(this.#state);
    return this.#last.toBytes();
  }

  #successor(): number {
    if (this.#state === 'before') return this.#list.seek(this.#last);
    if (this.#epoch === this.#list.epoch) return this.#arena.words[nextWord(this.#node, 0)] as number;
    this.#epoch = this.#list.epoch;
    return this.#list.seekAfter(this.#last);
  }
}

/** The most nodes of a block: four times what is expected. */
const BLOCK_NODES_MAX = 256;

/**
 * A descending cursor. The list has no back pointers, so the cursor collects a block of about 64 nodes before its position
 * with one search and returns them in reverse order. After nodes were unlinked it collects a new block.
 */
export class ReverseCursor implements IndexCursor {
  readonly #arena: Arena;
  readonly #list: SkipList;
  readonly #lower = new KeyWords();
  /** The last key returned; before the first step the upper bound. */
  readonly #last = new KeyWords();
  readonly #fromEnd: boolean;
  readonly #block = new Int32Array(BLOCK_NODES_MAX);
  #left = 0;
  #epoch: number;
  #state: CursorState = 'before';

  constructor(arena: Arena, list: SkipList, interval: KeyInterval) {
    this.#arena = arena;
    this.#list = list;
    this.#lower.load(interval.lower, 0, interval.lower.length);
    this.#fromEnd = interval.upper === undefined;
    if (interval.upper !== undefined) this.#last.load(interval.upper, 0, interval.upper.length);
    this.#epoch = list.epoch;
  }

  next(): NodeAddress {
    if (this.#state === 'after') return NO_NODE;
    const node = this.#predecessor();
    const words = this.#arena.words;
    if (node === 0 || compareNode(words, node, this.#lower) < 0) {
      this.#state = 'after';
      return NO_NODE;
    }
    this.#state = 'within';
    this.#last.loadNode(words, node);
    return node as NodeAddress;
  }

  /** Returns 0: the nodes before the current one are not linked from it. */
  peek(): number {
    return 0;
  }

  key(): Uint8Array {
    assertAtKey(this.#state);
    return this.#last.toBytes();
  }

  #predecessor(): number {
    if (this.#left === 0 || this.#epoch !== this.#list.epoch) {
      this.#epoch = this.#list.epoch;
      if (this.#state === 'before' && this.#fromEnd) this.#list.seekEnd();
      else this.#list.seek(this.#last);
      this.#left = this.#list.collectBlock(this.#block);
      if (this.#left === 0) return 0;
    }
    this.#left -= 1;
    return this.#block[this.#left] as number;
  }
}

function assertAtKey(state: CursorState): void {
  if (state !== 'within') throw new RangeError('the cursor is not at a key: call next() until it returns 0');
}
