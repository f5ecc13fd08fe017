import { KEY_WORD, keyBytesOf, keyWordCount } from './node-layout.ts';

/** Below this many nodes inserting beats merging. */
const INSERTION_NODES_MAX = 12;

/** Order words are at least this; one more makes room for "no word" below all of them. */
const WORD_OFFSET = 2 ** 31 + 1;

/**
 * Sorts nodes by their keys without a comparison function: what tells most keys apart is the first word after the prefix
 * they share, so that word and the node's position are packed into one double and sorted natively. Only runs that agree in
 * this word are compared key by key. A group of random keys takes half the time of a merge sort.
 */
export class NodeSort {
  /** Most nodes sorted at once; 2^53 doubles hold 33 bits of word and 20 of position. */
  readonly #nodesMax: number;
  /** Made on first use, because most indexes stay small. */
  #packed: Float64Array | undefined;
  #scratch: Int32Array | undefined;

  constructor(nodesMax: number) {
    this.#nodesMax = nodesMax;
  }

  /** Sorts `nodes[0..count)`, addresses in `words`. */
  sort(words: Int32Array, nodes: Int32Array, count: number): void {
    if (count <= INSERTION_NODES_MAX) {
      insertionSort(words, nodes, 0, count, 0);
      return;
    }
    const shared = sharedWords(words, nodes, count);
    const packed = this.#sortPacked(words, nodes, count, shared);
    this.#scratch ??= new Int32Array(this.#nodesMax);
    this.#scratch.set(nodes.subarray(0, count));
    this.#unpack(nodes, packed);
    this.#sortRuns(words, nodes, packed, shared);
  }

  #sortPacked(words: Int32Array, nodes: Int32Array, count: number, shared: number): Float64Array {
    this.#packed ??= new Float64Array(this.#nodesMax);
    const packed = this.#packed.subarray(0, count);
    for (let i = 0; i < count; i += 1) {
      const node = nodes[i] as number;
      const ends = keyWordCount(keyBytesOf(words, node)) === shared;
      const word = ends ? 0 : (words[node + KEY_WORD + shared] as number) + WORD_OFFSET;
      packed[i] = word * this.#nodesMax + i;
    }
    return packed.sort();
  }

  /** Puts the nodes in the order of `packed` and leaves only the words there. */
  #unpack(nodes: Int32Array, packed: Float64Array): void {
    const unsorted = this.#scratch as Int32Array;
    for (let i = 0; i < packed.length; i += 1) {
      const value = packed[i] as number;
      const word = Math.floor(value / this.#nodesMax);
      nodes[i] = unsorted[value - word * this.#nodesMax] as number;
      packed[i] = word;
    }
  }

  #sortRuns(words: Int32Array, nodes: Int32Array, packed: Float64Array, shared: number): void {
    const scratch = this.#scratch as Int32Array;
    let start = 0;
    for (let end = 1; end <= packed.length; end += 1) {
      if (end < packed.length && packed[end] === packed[start]) continue;
      if (end - start > 1) mergeSort(words, nodes, scratch, start, end, shared);
      start = end;
    }
  }
}

/** How many words all keys begin with. */
function sharedWords(words: Int32Array, nodes: Int32Array, count: number): number {
  const first = nodes[0] as number;
  let shared = keyWordCount(keyBytesOf(words, first));
  for (let i = 1; i < count; i += 1) {
    const node = nodes[i] as number;
    shared = Math.min(shared, keyWordCount(keyBytesOf(words, node)));
    let at = 0;
    while (at < shared && words[node + KEY_WORD + at] === words[first + KEY_WORD + at]) at += 1;
    shared = at;
  }
  return shared;
}

/** Compares two keys that agree in their first `shared` words. */
function compareNodes(words: Int32Array, left: number, right: number, shared: number): number {
  const leftBytes = keyBytesOf(words, left);
  const rightBytes = keyBytesOf(words, right);
  const count = keyWordCount(Math.min(leftBytes, rightBytes));
  for (let i = shared; i < count; i += 1) {
    const leftWord = words[left + KEY_WORD + i] as number;
    const rightWord = words[right + KEY_WORD + i] as number;
    if (leftWord !== rightWord) return leftWord < rightWord ? -1 : 1;
  }
  return leftBytes - rightBytes;
}

function insertionSort(words: Int32Array, nodes: Int32Array, start: number, end: number, shared: number): void {
  for (let i = start + 1; i < end; i += 1) {
    const node = nodes[i] as number;
    let at = i;
    while (at > start && compareNodes(words, nodes[at - 1] as number, node, shared) > 0) {
      nodes[at] = nodes[at - 1] as number;
      at -= 1;
    }
    nodes[at] = node;
  }
}

function mergeSort(
  words: Int32Array,
  nodes: Int32Array,
  scratch: Int32Array,
  start: number,
  end: number,
  shared: number,
): void {
  if (end - start <= INSERTION_NODES_MAX) {
    insertionSort(words, nodes, start, end, shared);
    return;
  }
  const middle = (start + end) >>> 1;
  mergeSort(words, nodes, scratch, start, middle, shared);
  mergeSort(words, nodes, scratch, middle, end, shared);
  scratch.set(nodes.subarray(start, middle), start);
  let left = start;
  let right = middle;
  for (let at = start; left < middle; at += 1) {
    const takesRight = right < end && compareNodes(words, scratch[left] as number, nodes[right] as number, shared) > 0;
    nodes[at] = (takesRight ? nodes[right] : scratch[left]) as number;
    if (takesRight) right += 1;
    else left += 1;
  }
}
