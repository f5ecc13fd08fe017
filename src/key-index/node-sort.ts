import { KEY_WORD, keyBytesOf, keyWordCount } from './node-layout.ts';

/** The most nodes sorted at once: a place is a number below this. */
export const SORTED_NODES_MAX: number = 2 ** 20;

/** Up to this many nodes, insertion sort is the fastest. */
const INSERTION_NODES_MAX = 12;

/** A key that ends where others have another word comes before all of them: below any word, the shortest first. */
const END_RANK: number = -(2 ** 31) - 4;

/** Numbers a run on the stack takes: its first place, the place after its last, and the words that its keys share. */
const RUN_FIELDS = 3;

const NO_NODES = new Int32Array(0);

/**
 * Sorts nodes by their keys and hardly ever compares two. What distinguishes most keys is the first word after the prefix
 * that all of them share, so nodes are sorted by this word as numbers: a double holds word x 2^20 + place exactly, and the
 * place finds the node again. Nodes that agree in the word form a run, which is sorted in the same way by later words.
 */
export class NodeSort {
  /** Per node the word it is sorted by and its place, in one number. */
  readonly #ranks: Float64Array;
  /** The nodes at their places before sorting. */
  #unsorted: Int32Array = NO_NODES;

  /** Sorts up to `nodesMax` nodes at once, at most `SORTED_NODES_MAX`. Allocates here all memory that grows with them. */
  constructor(nodesMax: number) {
    this.#ranks = new Float64Array(nodesMax);
  }

  /** Sorts `nodes[0..count)`, addresses in `words`. `spare` is at least as long; its contents are lost. */
  sort(words: Int32Array, nodes: Int32Array, count: number, spare: Int32Array): void {
    this.#unsorted = spare;
    // A stack of runs, not recursion: long keys can share thousands of words.
    const runs = [0, count, 0];
    while (runs.length > 0) {
      const [start, end, shared] = runs.splice(-RUN_FIELDS) as [number, number, number];
      if (end - start <= INSERTION_NODES_MAX) insertionSort(words, nodes, start, end, shared);
      else this.#sortRun(words, nodes, start, end, sharedWords(words, nodes, start, end, shared), runs);
    }
    this.#unsorted = NO_NODES;
  }

  /** Sorts a run by the word after the `shared` ones, and adds to `runs` what agrees in it. */
  #sortRun(words: Int32Array, nodes: Int32Array, start: number, end: number, shared: number, runs: number[]): void {
    const ranks = this.#ranks;
    const unsorted = this.#unsorted;
    for (let i = start; i < end; i += 1) {
      const node = nodes[i] as number;
      ranks[i] = rankOf(words, node, shared) * SORTED_NODES_MAX + i;
      unsorted[i] = node;
    }
    ranks.subarray(start, end).sort();
    let runStart = start;
    let runRank = Number.NaN;
    for (let i = start; i < end; i += 1) {
      const rank = Math.floor((ranks[i] as number) / SORTED_NODES_MAX);
      nodes[i] = unsorted[(ranks[i] as number) - rank * SORTED_NODES_MAX] as number;
      if (rank === runRank) continue;
      if (i - runStart > 1) runs.push(runStart, i, shared + 1);
      runStart = i;
      runRank = rank;
    }
    if (end - runStart > 1) runs.push(runStart, end, shared + 1);
  }
}

/** The word of a key after its first `shared` ones, for a key without one less than any word. */
function rankOf(words: Int32Array, node: number, shared: number): number {
  const keyBytes = keyBytesOf(words, node);
  if (keyWordCount(keyBytes) > shared) return words[node + KEY_WORD + shared] as number;
  return END_RANK + ((keyBytes + 3) & 3);
}

/** How many words all keys begin with; they are known to share the first `known`. */
function sharedWords(words: Int32Array, nodes: Int32Array, start: number, end: number, known: number): number {
  const first = nodes[start] as number;
  let shared = keyWordCount(keyBytesOf(words, first));
  for (let i = start + 1; i < end && shared > known; i += 1) {
    const node = nodes[i] as number;
    shared = Math.min(shared, keyWordCount(keyBytesOf(words, node)));
    let at = known;
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
