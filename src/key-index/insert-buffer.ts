import { compareNode, type KeyWords } from './key-words.ts';
import { nextWord } from './node-layout.ts';
import { NodeSort, SORTED_NODES_MAX } from './node-sort.ts';

/**
 * The most nodes that are collected for a group. In a larger group the keys of neighbours are closer, which makes linking
 * cheaper; but one put sorts the whole group, and the first ordered operation after puts links what is left of it.
 */
const GROUP_NODES_MAX = 16_384;

/** The same during a load, when no caller waits for a single put. A node takes 16 bytes here, released after the load. */
const LOADING_NODES_MAX: number = SORTED_NODES_MAX;

const INITIAL_NODES = 64;

/**
 * New nodes that are in the hash directory and not yet in the skip list. Linking them in key order, each from the position
 * of the one before, visits fewer nodes, and more of them in the processor's cache, than a search from the top for each.
 * They are collected until there are enough for a group; then they are sorted, and linked while the next ones are collected.
 *
 * Invariants:
 * 1. `#collected[0..#count)` are nodes in any order, `#group[#start..#end)` nodes in the order of their keys, and a node of the
 *    buffer is in one of them, once.
 * 2. The lowest tower word of such a node is negative, and so no address: of a collected one `~position`. The rest of its
 *    tower is arbitrary.
 * 3. There is memory for one more node, except between `add` and `makeRoom`, and for sorting all: linking them needs none.
 *    Both arrays have the same length, and sorting the one uses the other.
 */
export class InsertBuffer {
  #collected = new Int32Array(INITIAL_NODES);
  #group = new Int32Array(INITIAL_NODES);
  #sort = new NodeSort(INITIAL_NODES);
  #count = 0;
  #start = 0;
  #end = 0;
  #nodesMax: number;
  readonly #groupNodesMax: number;

  constructor(groupNodesMax: number = GROUP_NODES_MAX) {
    this.#groupNodesMax = groupNodesMax;
    this.#nodesMax = groupNodesMax;
  }

  /** How many nodes are collected. */
  get collected(): number {
    return this.#count;
  }

  /** How many nodes of the group are left. */
  get left(): number {
    return this.#end - this.#start;
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

  /** Makes room for one more node. Returns false if a group must be begun instead: the buffer is full or has no memory. */
  makeRoom(): boolean {
    if (this.#count < Math.min(this.#collected.length, this.#nodesMax)) return true;
    return this.#collected.length < this.#nodesMax && this.#resize(this.#collected.length * 2);
  }

  /** Removes a node of the buffer; `key` is its key. */
  remove(words: Int32Array, node: number, key: KeyWords): void {
    const position = ~(words[nextWord(node, 0)] as number);
    if (position >= this.#count || this.#collected[position] !== node) {
      this.#removeFromGroup(words, key);
      return;
    }
    this.#count -= 1;
    this.#place(words, this.#collected[this.#count] as number, position);
  }

  /** Makes the collected nodes the group, which must be empty. */
  beginGroup(words: Int32Array): void {
    const sorted = this.#collected;
    this.#sort.sort(words, sorted, this.#count, this.#group);
    this.#collected = this.#group;
    this.#group = sorted;
    this.#start = 0;
    this.#end = this.#count;
    this.#count = 0;
  }

  /** Takes the first nodes of the group, `count` or fewer at its end, in the order of their keys. They must be linked at once. */
  take(count: number): Int32Array {
    const start = this.#start;
    this.#start = Math.min(start + count, this.#end);
    return this.#group.subarray(start, this.#start);
  }

  /** From now on the buffer may grow to 2^20 nodes. */
  beginLoading(): void {
    this.#nodesMax = LOADING_NODES_MAX;
  }

  /** Releases the memory of a load. The buffer must be empty. */
  endLoading(): void {
    this.#nodesMax = this.#groupNodesMax;
    if (this.#collected.length > this.#groupNodesMax) this.#resize(INITIAL_NODES);
  }

  /** Forgets all nodes. */
  reset(): void {
    this.#count = 0;
    this.#start = 0;
    this.#end = 0;
  }

  /** Allocates memory for `nodesMax` nodes. Returns false if there is none; then nothing changes. */
  #resize(nodesMax: number): boolean {
    try {
      const sort = new NodeSort(nodesMax);
      const [collected, group] = [new Int32Array(nodesMax), new Int32Array(nodesMax)];
      collected.set(this.#collected.subarray(0, this.#count));
      group.set(this.#group.subarray(this.#start, this.#end));
      this.#collected = collected;
      this.#group = group;
      this.#sort = sort;
      this.#end = this.left;
      this.#start = 0;
      return true;
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
  }

  #removeFromGroup(words: Int32Array, key: KeyWords): void {
    let low = this.#start;
    let high = this.#end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareNode(words, this.#group[middle] as number, key) < 0) low = middle + 1;
      else high = middle;
    }
    this.#group.copyWithin(low, low + 1, this.#end);
    this.#end -= 1;
  }

  #place(words: Int32Array, node: number, position: number): void {
    this.#collected[position] = node;
    words[nextWord(node, 0)] = ~position;
  }
}
