import type { Arena } from './arena.ts';
import type { IndexCursor } from './index-cursor.ts';
import type { KeyInterval } from './key-interval.ts';
import { compareNode, KeyWords } from './key-words.ts';
import type { NodeAddress } from './node-layout.ts';
import type { SkipList } from './skip-list.ts';

const BLOCK_NODES_MAX = 256;

/**
 * Descending. The list has no back pointers, so the cursor searches once for a block of about 64 nodes before its place
 * and hands them out backwards. Once nodes were unlinked, the rest of the block is void and searched for anew.
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
  #state: 'before' | 'within' | 'after' = 'before';

  constructor(arena: Arena, list: SkipList, interval: KeyInterval) {
    this.#arena = arena;
    this.#list = list;
    this.#lower.load(interval.lower, 0, interval.lower.length);
    this.#fromEnd = interval.upper === undefined;
    if (interval.upper !== undefined) this.#last.load(interval.upper, 0, interval.upper.length);
    this.#epoch = list.epoch;
  }

  next(): NodeAddress {
    if (this.#state === 'after') return 0 as NodeAddress;
    const node = this.#predecessor();
    const words = this.#arena.words;
    if (node === 0 || compareNode(words, node, this.#lower) < 0) {
      this.#state = 'after';
      return 0 as NodeAddress;
    }
    this.#state = 'within';
    this.#last.loadNode(words, node);
    return node as NodeAddress;
  }

  /** Tells nothing: the way back is searched for step by step. */
  peek(): number {
    return 0;
  }

  key(): Uint8Array {
    if (this.#state !== 'within') throw new RangeError('the cursor is at no key: call next() until it returns 0');
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
