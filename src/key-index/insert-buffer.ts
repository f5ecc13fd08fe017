import { nextWord } from './node-layout.ts';
import { NodeSort, SORTED_NODES_MAX } from './node-sort.ts';

/**
 * The most nodes in the buffer. In a larger group the keys of neighbours are closer, which makes linking cheaper; but one
 * put pays for the whole group and must not take more than a few milliseconds.
 */
const GROUP_NODES_MAX = 1024;

/** The same during a load, when no caller waits for a single put. A node takes 16 bytes here, released after the load. */
const LOADING_NODES_MAX: number = SORTED_NODES_MAX;

const INITIAL_NODES = 64;

/**
 * New nodes that are in the hash directory and not yet in the skip list. Linking them in key order, each from the position
 * of the one before, visits fewer nodes, and more of them in the processor's cache, than a search from the top for each: a
 * load in random order takes three quarters of the time.
 *
 * Invariants:
 * 1. `#nodes[0..#count)` are the nodes of the buffer, each once, in any order.
 * 2. The lowest tower word of such a node is `~position` in the buffer: negative, and so no address. The rest of its tower
 *    is arbitrary.
 * 3. There is memory for one more node, except between `add` and `makeRoom`, and for sorting all: linking them needs none.
 */
export class InsertBuffer {
  #nodes = new Int32Array(INITIAL_NODES);
  #sort = new NodeSort(INITIAL_NODES);
  #count = 0;
  #nodesMax = GROUP_NODES_MAX;

  get count(): number {
    return this.#count;
  }

  /** Whether `node` is in a buffer. */
  static holds(words: Int32Array, node: number): boolean {
    return (words[nextWord(node, 0)] as number) < 0;
  }

  /** Adds a node; call `makeRoom` afterwards. */
  add(words: Int32Array, node: number): void {
    this.#place(words, node, this.#count);
    this.#count += 1;
  }

  /** Makes room for one more node. Returns false if the nodes must be linked instead: the buffer is full or has no memory. */
  makeRoom(): boolean {
    if (this.#count < Math.min(this.#nodes.length, this.#nodesMax)) return true;
    return this.#nodes.length < this.#nodesMax && this.#resize(this.#nodes.length * 2);
  }

  /** Removes a node of the buffer. */
  remove(words: Int32Array, node: number): void {
    const position = ~(words[nextWord(node, 0)] as number);
    this.#count -= 1;
    this.#place(words, this.#nodes[this.#count] as number, position);
  }

  /** Empties the buffer. The result begins with its nodes in key order and is valid until the next `add`. */
  takeSorted(words: Int32Array): Int32Array {
    this.#sort.sort(words, this.#nodes, this.#count);
    this.#count = 0;
    return this.#nodes;
  }

  /** From now on the buffer may grow to 2^20 nodes. */
  beginLoading(): void {
    this.#nodesMax = LOADING_NODES_MAX;
  }

  /** Releases the memory of a load. The buffer must be empty. */
  endLoading(): void {
    this.#nodesMax = GROUP_NODES_MAX;
    if (this.#nodes.length > GROUP_NODES_MAX) this.#resize(INITIAL_NODES);
  }

  /** Forgets all nodes. */
  reset(): void {
    this.#count = 0;
  }

  /** Allocates memory for `nodesMax` nodes. Returns false if there is none; then nothing changes. */
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
