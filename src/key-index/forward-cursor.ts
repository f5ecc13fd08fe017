import type { Arena } from './arena.ts';
import type { IndexCursor } from './index-cursor.ts';
import type { KeyInterval } from './key-interval.ts';
import { compareNode, KeyWords } from './key-words.ts';
import { LOCATION_WORD, type NodeAddress, nextWord, UNITS_WORD } from './node-layout.ts';
import type { SkipList } from './skip-list.ts';

/**
 * Ascending. It keeps a copy of the last key rather than trusting its node: once nodes were unlinked, the address may
 * belong to another key, and the way on is searched for from the copy.
 */
export class ForwardCursor implements IndexCursor {
  readonly #arena: Arena;
  readonly #list: SkipList;
  readonly #upper: KeyWords | undefined;
  /** The last key returned; before the first step the lower bound. */
  readonly #last = new KeyWords();
  #node = 0;
  #epoch: number;
  #state: 'before' | 'within' | 'after' = 'before';

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
    if (this.#state === 'after') return 0 as NodeAddress;
    const node = this.#successor();
    const words = this.#arena.words;
    if (node === 0 || (this.#upper !== undefined && compareNode(words, node, this.#upper) >= 0)) {
      this.#state = 'after';
      return 0 as NodeAddress;
    }
    this.#node = node;
    this.#state = 'within';
    this.#last.loadNode(words, node);
    return node as NodeAddress;
  }

  peek(target: Int32Array): number {
    if (this.#state !== 'within' || this.#epoch !== this.#list.epoch) return 0;
    const words = this.#arena.words;
    const pairs = target.length >>> 1;
    let node = this.#node;
    for (let i = 0; i < pairs; i += 1) {
      node = words[nextWord(node, 0)] as number;
      if (node === 0) return i;
      target[2 * i] = words[node + LOCATION_WORD] as number;
      target[2 * i + 1] = words[node + UNITS_WORD] as number;
    }
    return pairs;
  }

  key(): Uint8Array {
    if (this.#state !== 'within') throw new RangeError('the cursor is at no key: call next() until it returns 0');
    return this.#last.toBytes();
  }

  #successor(): number {
    if (this.#state === 'before') return this.#list.seek(this.#last);
    if (this.#epoch === this.#list.epoch) return this.#arena.words[nextWord(this.#node, 0)] as number;
    this.#epoch = this.#list.epoch;
    return this.#list.seekAfter(this.#last);
  }
}
