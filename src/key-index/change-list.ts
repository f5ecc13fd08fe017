import { halfSipHash13, KeyWords, nodeHolds } from './key-words.ts';
import {
  headerWord,
  LOCATION_WORD,
  NO_NODE,
  type NodeAddress,
  nextWord,
  nodeWordCount,
  nodeWordsOf,
  UNITS_WORD,
  writeFields,
} from './node-layout.ts';

/** In the tower of a change: the next older change of its chain, and the hash of its key. */
const OLDER_LEVEL = 0;
const HASH_LEVEL = 1;
const HEIGHT = 2;

const INITIAL_CHAINS = 4096;
const INITIAL_WORDS: number = 2 ** 14;

/**
 * Changes of keys in the order in which they were made: a key may have several. Adding one compares no keys and allocates
 * nothing: that is what a replay needs. A lookup finds the latest change of a key.
 *
 * A change is a node of the arena's layout. Those of a chain have the same low bits of their hashes.
 */
export class ChangeList {
  #words = new Int32Array(INITIAL_WORDS);
  /** The latest change of each chain. */
  #chains = new Int32Array(INITIAL_CHAINS);
  readonly #key = new KeyWords();
  readonly #hashKey0: number;
  readonly #hashKey1: number;
  #count = 0;
  /** The units that all changes state. */
  unitsSum = 0;
  /** No change is at address 0. */
  #end = 1;

  /** `random` returns uniform, unpredictable integers from 0 to 2^32 - 1. */
  constructor(random: () => number) {
    this.#hashKey0 = random() | 0;
    this.#hashKey1 = random() | 0;
  }

  /** Number of changes. */
  get count(): number {
    return this.#count;
  }

  /** Later changes have addresses that are not below. */
  get end(): number {
    return this.#end;
  }

  /** Makes room for `changes` of keys of `keyBytes` bytes together. Throws `RangeError`, and changes nothing, without memory. */
  reserve(keyBytes: number, changes: number): void {
    // The last word of a key has up to three bytes of padding.
    const keyWords = Math.ceil(keyBytes / Int32Array.BYTES_PER_ELEMENT) + changes;
    this.#grow(this.#end + keyWords + changes * nodeWordCount(0, HEIGHT));
    while (this.#chains.length < this.#count + changes) this.#addChains();
  }

  /** Adds a change of `key[keyStart..keyEnd)`. Throws `RangeError` without memory; then nothing changes. */
  add(key: Uint8Array, keyStart: number, keyEnd: number, location: number, units: number): void {
    this.#key.load(key, keyStart, keyEnd);
    const { byteLength } = this.#key;
    const end = this.#end + nodeWordCount(byteLength, HEIGHT);
    this.#grow(end);
    if (this.#count === this.#chains.length) this.#addChains();
    const words = this.#words;
    const node = this.#end + HEIGHT;
    const hash = this.#hash();
    writeFields(words, node, headerWord(byteLength, HEIGHT), location, units);
    this.#key.storeNode(words, node);
    words[nextWord(node, HASH_LEVEL)] = hash;
    this.#chain(node, hash);
    this.#end = end;
    this.#count += 1;
    this.unitsSum += units;
  }

  /** The latest change of `key`, or `NO_NODE`. */
  find(key: Uint8Array): NodeAddress {
    this.#key.load(key, 0, key.length);
    const words = this.#words;
    const hash = this.#hash();
    let node = this.#chains[hash & (this.#chains.length - 1)] as number;
    while (node !== NO_NODE && !(words[nextWord(node, HASH_LEVEL)] === hash && nodeHolds(words, node, this.#key))) {
      node = words[nextWord(node, OLDER_LEVEL)] as number;
    }
    return node as NodeAddress;
  }

  /** The location that a change states. */
  location(node: NodeAddress): number {
    return this.#words[node + LOCATION_WORD] as number;
  }

  /** The units that a change states. */
  units(node: NodeAddress): number {
    return this.#words[node + UNITS_WORD] as number;
  }

  /** Passes each change to `each`, the first one first. */
  visit(each: (node: NodeAddress, key: Uint8Array) => void): void {
    const key = new KeyWords();
    for (let at = 1; at < this.#end; ) {
      const node = (at + HEIGHT) as NodeAddress;
      const words = this.#words;
      key.loadNode(words, node);
      at += nodeWordsOf(words, node);
      each(node, key.toBytes());
    }
  }

  /** Forgets all changes and releases their memory. */
  clear(): void {
    this.#words = new Int32Array(INITIAL_WORDS);
    this.#chains = new Int32Array(INITIAL_CHAINS);
    this.#count = 0;
    this.unitsSum = 0;
    this.#end = 1;
  }

  #grow(wordsMin: number): void {
    if (wordsMin <= this.#words.length) return;
    const grown = new Int32Array(Math.max(wordsMin, this.#words.length * 2));
    grown.set(this.#words);
    this.#words = grown;
  }

  #hash(): number {
    const { words, count, byteLength } = this.#key;
    return halfSipHash13(words, count, byteLength, this.#hashKey0, this.#hashKey1);
  }

  #chain(node: number, hash: number): void {
    const words = this.#words;
    const chain = hash & (this.#chains.length - 1);
    words[nextWord(node, OLDER_LEVEL)] = this.#chains[chain] as number;
    this.#chains[chain] = node;
  }

  #addChains(): void {
    this.#chains = new Int32Array(this.#chains.length * 2);
    const words = this.#words;
    for (let at = 1; at < this.#end; ) {
      const node = at + HEIGHT;
      this.#chain(node, words[nextWord(node, HASH_LEVEL)] as number);
      at += nodeWordsOf(words, node);
    }
  }
}
