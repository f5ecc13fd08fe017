import { Arena } from './arena.ts';
import { ClockHand } from './clock-hand.ts';
import { GrowableWords } from './growable-words.ts';
import { HashDirectory, NO_SLOT, type SlotAddress } from './hash-directory.ts';
import type { IndexCursor, KeyInterval } from './index-cursor.ts';
import { type IndexImageSections, StateReader, StateWriter, unfit } from './index-image-sections.ts';
import { halfSipHash13, KeyWords } from './key-words.ts';
import {
  headerWord,
  heightFrom,
  heightOf,
  KEY_BYTES_MAX,
  keyBytesOf,
  LOCATION_WORD,
  type NodeAddress,
  nodeWordCount,
  nodeWordsAtMost,
  UNITS_WORD,
} from './node-layout.ts';
import { OrderedKeys } from './ordered-keys.ts';
import { LIST_WORDS } from './skip-list.ts';

export { NO_SLOT } from './hash-directory.ts';
export type { IndexCursor } from './index-cursor.ts';
export type { IndexImageSections } from './index-image-sections.ts';
export type { NodeAddress } from './node-layout.ts';

/** Changes whenever sections written before can no longer be read. */
const STATE_VERSION = 2;

/**
 * The index of a store in memory: keys in byte order, each with the location of its record and the record's size in units
 * of eight bytes, both opaque here. A hash directory finds single keys, a skip list keeps the order; both point at the same
 * nodes in one flat array, so there is nothing for the garbage collector to trace and the whole can be written to disk as
 * it is.
 *
 * Invariants:
 * 1. Every node is in the directory and in the order.
 * 2. The location of a node and the one in its slot are the same.
 * 3. Every block of the arena is one node or in one free list.
 * 4. `size` and `recordUnits` are the number of nodes and the sum of their units.
 * 5. Without entries there are no blocks: arena, directory and order are as in a new index.
 */
export class KeyIndex {
  /** What was used, and what to give up where room is needed. */
  readonly eviction: ClockHand;
  readonly #random: () => number;
  readonly #arena = new Arena(LIST_WORDS);
  readonly #directory = new HashDirectory();
  readonly #order = new OrderedKeys(this.#arena);
  /** The key of the operation under way. */
  readonly #key = new KeyWords();
  #hashKey0: number;
  #hashKey1: number;
  #size = 0;
  #recordUnits = 0;

  /** `random` returns uniform, unpredictable integers from 0 to 2^32 - 1. */
  constructor(random: () => number) {
    this.#random = random;
    this.#hashKey0 = random() | 0;
    this.#hashKey1 = random() | 0;
    this.eviction = new ClockHand(this.#arena, this.#directory, this.#random);
  }

  /** Number of entries. */
  get size(): number {
    return this.#size;
  }

  /** Units of all records together. */
  get recordUnits(): number {
    return this.#recordUnits;
  }

  /** Memory in use in bytes: nodes, free blocks and directory. What was reserved and never written to does not count. */
  get bytes(): number {
    return this.#arena.end * Int32Array.BYTES_PER_ELEMENT + this.#directory.bytes;
  }

  /** The node of the key `key[start..end)`, 0 when there is none. The address is good until something is removed. */
  find(key: Uint8Array, start = 0, end: number = key.length): NodeAddress {
    return this.#directory.nodeAt(this.#locate(key, start, end)) as NodeAddress;
  }

  /**
   * The slot for the key's hash, `NO_SLOT` when the key is not there. It may be another key's, though seldom: it is for
   * readers who find the key again in the record, and spares them the node. Good until anything is put or removed.
   */
  probe(key: Uint8Array): SlotAddress {
    this.#key.load(key, 0, key.length);
    const slot = this.#directory.probe(this.#hash());
    return this.#directory.nodeAt(slot) === 0 ? NO_SLOT : (slot as SlotAddress);
  }

  /** The node of a slot. */
  nodeAt(slot: SlotAddress): NodeAddress {
    return this.#directory.nodeAt(slot) as NodeAddress;
  }

  /** Where the record of a slot's key lies. */
  locationAt(slot: SlotAddress): number {
    return this.#directory.locationAt(slot);
  }

  /** Where the record of a node lies; any 32-bit pattern, as an int32. */
  location(node: NodeAddress): number {
    return this.#arena.words[node + LOCATION_WORD] as number;
  }

  /** Size of the record of a node in units. */
  units(node: NodeAddress): number {
    return this.#arena.words[node + UNITS_WORD] as number;
  }

  /** States that the record of a node moved. */
  relocate(node: NodeAddress, location: number): void {
    this.#arena.words[node + LOCATION_WORD] = location;
    this.#directory.setLocation(this.#slotOf(node), location);
  }

  /**
   * Adds the key `key[start..end)` with its record, or replaces the record of the key. Throws `RangeError` for a key of more
   * than 65,535 bytes and if there is no memory; then nothing has changed.
   */
  put(key: Uint8Array, location: number, units: number, start = 0, end: number = key.length): void {
    this.#key.load(key, start, end);
    if (this.#key.byteLength > KEY_BYTES_MAX) throw new RangeError(`a key of more than ${KEY_BYTES_MAX} bytes`);
    const hash = this.#hash();
    const words = this.#arena.words;
    const slot = this.#directory.locate(hash, this.#key, words);
    const node = this.#directory.nodeAt(slot);
    if (node === 0) {
      this.#insert(slot, hash, location, units);
      return;
    }
    this.#recordUnits += units - (words[node + UNITS_WORD] as number);
    words[node + LOCATION_WORD] = location;
    words[node + UNITS_WORD] = units;
    this.#directory.setLocation(slot, location);
  }

  /** Removes the key `key[start..end)` if it is there. */
  remove(key: Uint8Array, start = 0, end: number = key.length): void {
    const slot = this.#locate(key, start, end);
    const node = this.#directory.nodeAt(slot);
    if (node !== 0) this.#removeOne(slot, node);
  }

  /** Removes a node that was found and is still there. Throws `RangeError` when it can tell that it is not. */
  removeNode(node: NodeAddress): void {
    this.#removeOne(this.#slotOf(node), node);
  }

  /** Removes every key of the interval and returns their number. */
  removeInterval(interval: KeyInterval): number {
    const sizeBefore = this.#size;
    if (interval.lower.length === 0 && interval.upper === undefined) {
      this.clear();
      return sizeBefore;
    }
    this.#order.removeRun(interval, (node) => this.#discard(this.#slotOf(node), node));
    if (this.#size === 0) this.clear();
    return sizeBefore - this.#size;
  }

  /** Removes every key and gives the memory back. */
  clear(): void {
    this.#size = 0;
    this.#recordUnits = 0;
    this.#arena.reset();
    this.#directory.reset();
    this.#order.reset();
  }

  /**
   * Grows so that putting `keys` new keys of together `keyBytes` bytes cannot fail for lack of memory. Throws `RangeError`
   * when it cannot, before anything changes.
   */
  reserve(keyBytes: number, keys: number): void {
    this.#arena.reserve(nodeWordsAtMost(keyBytes, keys));
    this.#directory.reserve(keys);
  }

  /** Runs `work`, which puts many keys: their order is made up in larger steps, for less time in all and longer pauses. */
  load(work: () => void): void {
    this.#order.load(work);
  }

  /** Walks the keys of the interval, upward or from its upper end downward. */
  cursor(interval: KeyInterval, reverse = false): IndexCursor {
    return this.#order.cursor(interval, reverse);
  }

  /** The index as it lies in memory, for `fromSections`. */
  sections(): IndexImageSections {
    this.#order.linkPending();
    const state = new StateWriter();
    state.putAll(Int32Array.of(STATE_VERSION, this.#hashKey0, this.#hashKey1, this.#size));
    state.putLarge(this.#recordUnits);
    this.#order.save(state);
    this.#arena.save(state);
    this.#directory.save(state);
    const arena = this.#arena.words.subarray(0, this.#arena.end);
    return { state: state.finish(), arena, directory: this.#directory.section() };
  }

  /** Memory to read sections of such lengths in words into: `fromSections` takes it over instead of copying it. */
  static allocateSections(stateWords: number, arenaWords: number, directoryWords: number): IndexImageSections {
    return {
      state: new Int32Array(stateWords),
      arena: GrowableWords.forAdoption(arenaWords),
      directory: GrowableWords.forAdoption(directoryWords),
    };
  }

  /**
   * The index that `sections` was called on. Lengths and ranges are checked, contents are not: who stores sections guards
   * them with a checksum. Throws `StoreError` `CORRUPT` for sections that do not fit.
   */
  static fromSections(sections: IndexImageSections, random: () => number): KeyIndex {
    const index = new KeyIndex(random);
    index.#restore(sections);
    return index;
  }

  #restore(sections: IndexImageSections): void {
    const state = new StateReader(sections.state);
    if (state.next() !== STATE_VERSION) throw unfit('another version wrote it');
    this.#hashKey0 = state.next();
    this.#hashKey1 = state.next();
    this.#size = state.nextWithin(0, sections.arena.length);
    this.#recordUnits = state.nextLarge();
    this.#order.restore(state);
    this.#arena.restore(state, sections.arena);
    this.#directory.restore(state, sections.directory);
    state.finish();
  }

  #locate(key: Uint8Array, start: number, end: number): number {
    this.#key.load(key, start, end);
    return this.#directory.locate(this.#hash(), this.#key, this.#arena.words);
  }

  /** The slot of a node that is there; its key is loaded afterwards. */
  #slotOf(node: number): number {
    this.#key.loadNode(this.#arena.words, node);
    return this.#directory.slotOf(this.#hash(), node);
  }

  #hash(): number {
    const { words, count, byteLength } = this.#key;
    return halfSipHash13(words, count, byteLength, this.#hashKey0, this.#hashKey1);
  }

  #insert(located: number, hash: number, location: number, units: number): void {
    const key = this.#key;
    const height = heightFrom(this.#random());
    // What may fail comes first.
    const slot = this.#directory.makeRoom(located, hash);
    const node = this.#arena.allocate(nodeWordCount(key.byteLength, height)) + height;
    const words = this.#arena.words;
    words[node] = headerWord(key.byteLength, height);
    words[node + LOCATION_WORD] = location;
    words[node + UNITS_WORD] = units;
    key.storeNode(words, node);
    this.#directory.fill(slot, hash, node, location);
    this.#size += 1;
    this.#recordUnits += units;
    this.#order.add(node, key);
  }

  /** Removes the node of a slot; its key is loaded. */
  #removeOne(slot: number, node: number): void {
    this.#order.remove(node, this.#key);
    this.#discard(slot, node);
    if (this.#size === 0) this.clear();
  }

  /** Takes a node that is no longer in the order out of everything else. */
  #discard(slot: number, node: number): void {
    const words = this.#arena.words;
    this.#directory.vacate(slot);
    this.#size -= 1;
    this.#recordUnits -= words[node + UNITS_WORD] as number;
    const height = heightOf(words, node);
    this.#arena.free(node - height, nodeWordCount(keyBytesOf(words, node), height));
  }
}
