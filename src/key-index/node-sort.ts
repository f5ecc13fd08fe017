import { KEY_WORD, keyBytesOf, keyWordCount } from './node-layout.ts';

/** Below this many nodes inserting beats merging. */
const INSERTION_NODES_MAX = 12;

/** Below this many nodes merging beats distributing. */
const MERGING_NODES_MAX = 256;

/** A word is sorted in three rounds by digits of this many bits, the lowest first. */
const DIGIT_BITS = 11;
const DIGIT_VALUES: number = 2 ** DIGIT_BITS;
const ROUNDS = 3;

/** Turns a signed word into an unsigned one of the same order. */
const SIGN = 0x80000000 | 0;

/** Words of a key that all others have too and ends there; keys that do have this word are compared with it in full. */
const LEAST_WORD = SIGN;

/**
 * Sorts nodes by their keys, hardly ever comparing two: what tells most keys apart is the first word after the prefix they
 * share, so the nodes are distributed by the digits of that word (Knuth, "The Art of Computer Programming", 5.2.5, radix
 * sorting). Only runs that agree in this word are compared key by key.
 */
export class NodeSort {
  /** Per node the word it is sorted by, and where the next round puts it. */
  #digits: Int32Array;
  #nextDigits: Int32Array;
  /** Where the next round puts the nodes. */
  readonly #scratch: Int32Array;
  /** Per round and value of the digit how many nodes have it, then where the next of them goes. */
  readonly #places: Int32Array;

  /** Sorts up to `nodesMax` nodes at once. All memory it needs is made here. */
  constructor(nodesMax: number) {
    this.#digits = new Int32Array(nodesMax);
    this.#nextDigits = new Int32Array(nodesMax);
    this.#scratch = new Int32Array(nodesMax);
    this.#places = new Int32Array(nodesMax > MERGING_NODES_MAX ? ROUNDS * DIGIT_VALUES : 0);
  }

  /** Sorts `nodes[0..count)`, addresses in `words`. */
  sort(words: Int32Array, nodes: Int32Array, count: number): void {
    if (count <= INSERTION_NODES_MAX) {
      insertionSort(words, nodes, 0, count, 0);
      return;
    }
    const shared = sharedWords(words, nodes, count);
    if (count <= MERGING_NODES_MAX) {
      mergeSort(words, nodes, this.#scratch, 0, count, shared);
      return;
    }
    this.#count(words, nodes, count, shared);
    this.#distribute(nodes, this.#scratch, count, 0);
    this.#distribute(this.#scratch, nodes, count, 1);
    this.#distribute(nodes, this.#scratch, count, 2);
    nodes.set(this.#scratch.subarray(0, count));
    this.#sortRuns(words, nodes, count, shared);
  }

  /** Fills `#digits` with the words to sort by and `#places` with how often each value occurs in each digit. */
  #count(words: Int32Array, nodes: Int32Array, count: number, shared: number): void {
    const digits = this.#digits;
    const places = this.#places.fill(0);
    for (let i = 0; i < count; i += 1) {
      const node = nodes[i] as number;
      const ends = keyWordCount(keyBytesOf(words, node)) === shared;
      const word = (ends ? LEAST_WORD : (words[node + KEY_WORD + shared] as number)) ^ SIGN;
      digits[i] = word;
      for (let round = 0; round < ROUNDS; round += 1) {
        const place = placeOf(word, round);
        places[place] = (places[place] as number) + 1;
      }
    }
  }

  /** Moves nodes and words to where the digit of this round puts them; those of one value stay in their order. */
  #distribute(nodes: Int32Array, target: Int32Array, count: number, round: number): void {
    const places = this.#places;
    let next = 0;
    for (let place = round * DIGIT_VALUES; place < (round + 1) * DIGIT_VALUES; place += 1) {
      const nodesOfValue = places[place] as number;
      places[place] = next;
      next += nodesOfValue;
    }
    const digits = this.#digits;
    const nextDigits = this.#nextDigits;
    for (let i = 0; i < count; i += 1) {
      const word = digits[i] as number;
      const place = placeOf(word, round);
      const to = places[place] as number;
      places[place] = to + 1;
      nextDigits[to] = word;
      target[to] = nodes[i] as number;
    }
    this.#digits = nextDigits;
    this.#nextDigits = digits;
  }

  #sortRuns(words: Int32Array, nodes: Int32Array, count: number, shared: number): void {
    const digits = this.#digits;
    let start = 0;
    for (let end = 1; end <= count; end += 1) {
      if (end < count && digits[end] === digits[start]) continue;
      if (end - start > 1) mergeSort(words, nodes, this.#scratch, start, end, shared);
      start = end;
    }
  }
}

/** Which of `#places` a word counts in. */
function placeOf(word: number, round: number): number {
  return round * DIGIT_VALUES + ((word >>> (round * DIGIT_BITS)) & (DIGIT_VALUES - 1));
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
