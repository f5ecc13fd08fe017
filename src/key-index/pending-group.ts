import { nextWord } from './node-layout.ts';
import { NodeSort } from './node-sort.ts';

/**
 * Larger groups make linking cheaper, because neighbours in a group lie closer together; but one put pays for the whole
 * group, and it must not pause for more than a few milliseconds.
 */
const GROUP_NODES_MAX = 1024;

const INITIAL_NODES = 64;

/**
 * New nodes that the hash directory knows and the skip list does not know yet. Linking them in key order, each from where
 * the one before was linked, visits fewer nodes and warmer ones than searching for each from the top: a load in random order
 * takes three quarters of the time.
 *
 * Invariants:
 * 1. `#nodes[0..count)` are the nodes that wait, each once, in no order.
 * 2. The lowest tower word of a waiting node is `~position` in the group: negative, so it cannot pass for an address. The
 *    rest of its tower is arbitrary.
 */
export class PendingGroup {
  #nodes = new Int32Array(INITIAL_NODES);
  #count = 0;
  readonly #sort = new NodeSort(GROUP_NODES_MAX);

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count === GROUP_NODES_MAX;
  }

  /** Whether `node` waits in a group. */
  static holds(words: Int32Array, node: number): boolean {
    return (words[nextWord(node, 0)] as number) < 0;
  }

  add(words: Int32Array, node: number): void {
    if (this.#count === this.#nodes.length) {
      const nodes = new Int32Array(this.#nodes.length * 2);
      nodes.set(this.#nodes);
      this.#nodes = nodes;
    }
    this.#place(words, node, this.#count);
    this.#count += 1;
  }

  remove(words: Int32Array, node: number): void {
    const position = ~(words[nextWord(node, 0)] as number);
    this.#count -= 1;
    this.#place(words, this.#nodes[this.#count] as number, position);
  }

  /** Empties the group and returns an array that begins with its nodes in key order; it is good until the next `add`. */
  takeSorted(words: Int32Array): Int32Array {
    this.#sort.sort(words, this.#nodes, this.#count);
    this.#count = 0;
    return this.#nodes;
  }

  reset(): void {
    this.#count = 0;
  }

  #place(words: Int32Array, node: number, position: number): void {
    this.#nodes[position] = node;
    words[nextWord(node, 0)] = ~position;
  }
}
