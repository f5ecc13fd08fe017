import { nextWord } from './node-layout.ts';
import { NodeSort, SORTED_NODES_MAX } from './node-sort.ts';

/**
 * Larger groups make linking cheaper, because neighbours in a group lie closer together; but one put pays for the whole
 * group, and it must not pause for more than a few milliseconds.
 */
const GROUP_NODES_MAX = 1024;

/** While an index is loaded nobody waits for a single put. A node that waits takes 16 bytes of memory, given back then. */
const LOADING_NODES_MAX: number = SORTED_NODES_MAX;

const INITIAL_NODES = 64;

/**
 * New nodes that the hash directory knows and the skip list does not know yet. Linking them in key order, each from where
 * the one before was linked, visits fewer nodes and warmer ones than searching for each from the top: a load in random order
 * takes three quarters of the time.
 *
 * Invariants:
 * 1. `#nodes[0..#count)` are the nodes that wait, each once, in no order.
 * 2. The lowest tower word of a waiting node is `~position` in the group: negative, so it cannot pass for an address. The
 *    rest of its tower is arbitrary.
 * 3. There is memory for one more node, except between `add` and `makeRoom`, and to sort all of them: what waits can be
 *    linked without any.
 */
export class InsertBuffer {
  #nodes = new Int32Array(INITIAL_NODES);
  #sort = new NodeSort(INITIAL_NODES);
  #count = 0;
  #nodesMax = GROUP_NODES_MAX;

  get count(): number {
    return this.#count;
  }

  /** Whether `node` waits in a group. */
  static holds(words: Int32Array, node: number): boolean {
    return (words[nextWord(node, 0)] as number) < 0;
  }

  /** Adds a node; call `makeRoom` afterwards. */
  add(words: Int32Array, node: number): void {
    this.#place(words, node, this.#count);
    this.#count += 1;
  }

  /** Makes room for one more node; false where the group must be linked instead, being full or without more memory. */
  makeRoom(): boolean {
    if (this.#count < Math.min(this.#nodes.length, this.#nodesMax)) return true;
    return this.#nodes.length < this.#nodesMax && this.#resize(this.#nodes.length * 2);
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

  /** From now on groups may be large. */
  beginLoading(): void {
    this.#nodesMax = LOADING_NODES_MAX;
  }

  /** Gives the memory of large groups back. Nothing may wait. */
  endLoading(): void {
    this.#nodesMax = GROUP_NODES_MAX;
    if (this.#nodes.length > GROUP_NODES_MAX) this.#resize(INITIAL_NODES);
  }

  reset(): void {
    this.#count = 0;
  }

  /** Gets memory for so many nodes; false, changing nothing, where there is none. */
  #resize(nodesMax: number): boolean {
    try {
      const sort = new NodeSort(nodesMax);
      const nodes = new Int32Array(nodesMax);
      nodes.set(this.#nodes.subarray(0, this.#count));
      this.#nodes = nodes;
      this.#sort = sort;
      return true;
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
  }

  #place(words: Int32Array, node: number, position: number): void {
    this.#nodes[position] = node;
    words[nextWord(node, 0)] = ~position;
  }
}
