import { Arena } from './arena.ts';
import { ClockHand } from './clock-hand.ts';
import { HashDirectory } from './hash-directory.ts';
import type { IndexCursor, KeyInterval } from './index-cursor.ts';
import { type IndexImageSections, StateReader, StateWriter, unfit } from './index-image-sections.ts';
import type { IndexContents, IndexPieces, PendingParts, RecordPlace } from './index-pieces.ts';
import { IndexSnapshot } from './index-snapshot.ts';
import { halfSipHash13, KeyWords } from './key-words.ts';
import {
  headerWord,
  heightFrom,
  heightOf,
  KEY_BYTES_MAX,
  KEY_WORD,
  LOCATION_WORD,
  type NodeAddress,
  nodeWordCount,
  nodeWordsAtMost,
  nodeWordsOf,
  UNITS_WORD,
  writeFields,
} from './node-layout.ts';
import { type LinkingSizes, OrderedKeys } from './ordered-keys.ts';
import type { PendingSections } from './pending-sections.ts';
import { LIST_WORDS } from './skip-list.ts';
import { NO_SLOT, type SlotAddress } from './slot-layout.ts';

/** Changed when older sections can no longer be read. */
const STATE_VERSION = 2;

/**
 * The index of a store, in memory: keys in byte order, each with the location of its record, which has no meaning here, and the size of
 * the record in units of eight bytes. A hash directory finds single keys, a skip list has their order. Both refer to the
 * same nodes in one flat array: the garbage collector has nothing to trace, and the array can be written to disk as it is.
 *
 * Invariants:
 * 1. Every node is in the directory and in the ordered keys.
 * 2. The location of a node and the one in its slot are the same.
 * 3. Every block of the arena is either a node or free.
 * 4. `size` and `recordUnits` are the number of nodes and the sum of their units.
 * 5. An index without entries has no blocks: all its parts are as in a new index.
 */
export class KeyIndex implements IndexContents {
  /** What is still in the image of an index that was saved. Every operation that depends on its entries completes it. */
  pending: PendingParts | undefined;
  /** Counts uses and chooses the entry to evict. For a complete index only. */
  readonly eviction: ClockHand;
  readonly #random: () => number;
  readonly #arena = new Arena(LIST_WORDS);
  readonly #directory = new HashDirectory();
  readonly #order: OrderedKeys;
  /** The key of the current operation. */
  readonly #key = new KeyWords();
  #hashKey0: number;
  #hashKey1: number;
  #size = 0;
  #recordUnits = 0;

  /** `random` returns uniform, unpredictable integers from 0 to 2^32 - 1. */
  constructor(random: () => number, sizes?: LinkingSizes) {
    this.#random = random;
    this.#order = new OrderedKeys(this.#arena, sizes);
    this.#hashKey0 = random() | 0;
    this.#hashKey1 = random() | 0;
    this.eviction = new ClockHand(this.#arena, this.#directory, this.#random);
  }

  /** Number of entries. */
  get size(): number {
    this.pending?.needSums();
    return this.#size;
  }

  /** The units of all records together. */
  get recordUnits(): number {
    this.pending?.needSums();
    return this.#recordUnits;
  }

  /** Memory in use, in bytes: nodes, free blocks and directory, without reserved memory that was never used. */
  get bytes(): number {
    return this.#arena.end * Int32Array.BYTES_PER_ELEMENT + this.#directory.bytes;
  }

  /** The node of the key `key[start..end)`, or `NO_NODE`. The address is valid until a key is removed. */
  find(key: Uint8Array, start = 0, end: number = key.length): NodeAddress {
    return this.#directory.nodeAt(this.#locate(key, start, end)) as NodeAddress;
  }

  /**
   * The slot with the hash of `key`, or `NO_SLOT` if the key is not in the index. On rare occasions the slot is that of
   * another key: compare the key in the record. Faster than `find`: the node is not read. Valid until the next change.
   */
  probe(key: Uint8Array): SlotAddress {
    this.pending?.complete();
    this.#key.load(key, 0, key.length);
    const slot = this.#directory.probe(this.#hash());
    return this.#directory.nodeAt(slot) === 0 ? NO_SLOT : (slot as SlotAddress);
  }

  /** The node of a slot. */
  nodeAt(slot: SlotAddress): NodeAddress {
    return this.#directory.nodeAt(slot) as NodeAddress;
  }

  /** The location of the record of a slot. */
  locationAt(slot: SlotAddress): number {
    return this.#directory.locationAt(slot);
  }

  /** The location of the record of a node, an int32. */
  location(node: NodeAddress): number {
    return this.#arena.words[node + LOCATION_WORD] as number;
  }

  /** The size of the record of a node in units. */
  units(node: NodeAddress): number {
    return this.#arena.words[node + UNITS_WORD] as number;
  }

  /** Sets the location of the record of a node. */
  relocate(node: NodeAddress, location: number): void {
    this.#arena.snapshot?.before(node, node + KEY_WORD);
    this.#arena.words[node + LOCATION_WORD] = location;
    this.#directory.setLocation(this.#directory.slotOf(this.#hashOf(node), node), location);
  }

  /** Adds or replaces the record of `key[start..end)`. Throws `RangeError`, and changes nothing, for a too long key or without memory. */
  put(key: Uint8Array, location: number, units: number, start = 0, end: number = key.length): void {
    if (end - start > KEY_BYTES_MAX) throw new RangeError(`a key of more than ${KEY_BYTES_MAX} bytes`);
    if (this.pending?.put(key, location, units, start, end) === true) return;
    this.#key.load(key, start, end);
    const hash = this.#hash();
    const words = this.#arena.words;
    const slot = this.#directory.locate(hash, this.#key, words);
    const node = this.#directory.nodeAt(slot);
    if (node === 0) {
      this.#insert(slot, hash, location, units);
      return;
    }
    this.#recordUnits += units - (words[node + UNITS_WORD] as number);
    this.#arena.snapshot?.before(node, node + KEY_WORD);
    words[node + LOCATION_WORD] = location;
    words[node + UNITS_WORD] = units;
    this.#directory.setLocation(slot, location);
  }

  /** Removes the key `key[start..end)` if it is there. */
  remove(key: Uint8Array, start = 0, end: number = key.length): void {
    const slot = this.#locate(key, start, end);
    if (this.#directory.nodeAt(slot) !== 0) this.#removeOne(slot, this.#directory.nodeAt(slot));
  }

  /** Removes a node. It must still be in the index: `RangeError` is thrown if that is found to be false. */
  removeNode(node: NodeAddress): void {
    this.#removeOne(this.#directory.slotOf(this.#hashOf(node), node), node);
  }

  /** Removes every key of the interval and returns their number. */
  removeInterval(interval: KeyInterval): number {
    this.pending?.complete();
    const sizeBefore = this.#size;
    const isAll = interval.lower.length === 0 && interval.upper === undefined;
    if (!isAll) this.#order.removeRun(interval, (nodes, count) => this.#discardAll(nodes, count));
    if (isAll || this.#size === 0) this.clear();
    return sizeBefore - this.#size;
  }

  /** Removes every key and releases the memory. */
  clear(): void {
    this.pending?.release();
    this.#size = 0;
    this.#recordUnits = 0;
    this.#arena.reset();
    this.#directory.reset();
    this.#order.reset();
  }

  /** Makes room for `keys` new keys of `keyBytes` bytes together. Throws `RangeError`, and changes nothing, without memory. */
  reserve(keyBytes: number, keys: number): void {
    if (this.pending?.reserve(keyBytes, keys) === true) return;
    this.#arena.reserve(nodeWordsAtMost(keyBytes, keys));
    this.#directory.reserve(keys);
  }

  /** Runs `work`, which puts many keys. They are linked in larger groups. */
  load(work: () => void): void {
    this.#order.load(work);
  }

  /** A cursor over the keys of an interval, ascending or, with `reverse`, descending. */
  cursor(interval: KeyInterval, reverse = false): IndexCursor {
    this.pending?.complete();
    return this.#order.cursor(interval, reverse);
  }

  /** Does a share of the work of `sections` and `snapshot`. Returns whether what is left takes less than a millisecond. */
  prepare(): boolean {
    return this.#order.linkShare();
  }

  /** The index as arrays, for an image. */
  sections(): IndexImageSections {
    this.pending?.complete();
    this.#order.linkBuffered();
    const state = new StateWriter();
    state.putAll(Int32Array.of(STATE_VERSION, this.#hashKey0, this.#hashKey1, this.#size));
    state.putLarge(this.#recordUnits);
    this.#order.save(state);
    this.#arena.save(state);
    this.#directory.save(state);
    const arena = this.#arena.words.subarray(0, this.#arena.end);
    return { state: state.finish(), arena, directory: this.#directory.words.subarray(0, this.#directory.slotsEnd) };
  }

  /** The index as it is now, whatever changes it later. There is one snapshot at a time; end it after use. */
  snapshot(): IndexSnapshot {
    return new IndexSnapshot(this.sections(), this.#arena, this.#directory);
  }

  /** The place of the record of `key` while sections are `pending`. Throws as `PendingSection.word`. */
  lookupPending(pending: PendingSections, key: Uint8Array): RecordPlace | undefined {
    this.#key.load(key, 0, key.length);
    return pending.find(this.#hash(), this.#key, this.#directory.table);
  }

  /** Makes an empty index the one that was saved; `pending` reads it. Throws `CORRUPT` if the lengths do not fit. */
  restore(image: IndexPieces, pending: PendingParts): void {
    const state = new StateReader(image.state);
    if (state.next() !== STATE_VERSION) throw unfit('another version wrote it');
    [this.#hashKey0, this.#hashKey1] = [state.next(), state.next()];
    this.#size = state.nextWithin(0, image.arenaWords);
    this.#recordUnits = state.nextLarge();
    this.#order.restore(state);
    this.#arena.restore(state, image.arenaWords);
    this.#directory.restore(state, image.directoryWords);
    state.finish();
    this.pending = pending;
  }

  /** The sections of the index that was restored. */
  adopt(arena: Int32Array, directory: Int32Array): void {
    this.#arena.adopt(arena);
    this.#directory.adopt(directory);
  }

  #locate(key: Uint8Array, start: number, end: number): number {
    this.pending?.complete();
    this.#key.load(key, start, end);
    return this.#directory.locate(this.#hash(), this.#key, this.#arena.words);
  }

  /** Loads the key of a node and returns its hash. */
  #hashOf(node: number): number {
    this.#key.loadNode(this.#arena.words, node);
    return this.#hash();
  }

  #hash(): number {
    const { words, count, byteLength } = this.#key;
    return halfSipHash13(words, count, byteLength, this.#hashKey0, this.#hashKey1);
  }

  #insert(located: number, hash: number, location: number, units: number): void {
    const key = this.#key;
    const height = heightFrom(this.#random());
    // First what can fail.
    const slot = this.#directory.makeRoom(located, hash);
    const node = this.#arena.allocate(nodeWordCount(key.byteLength, height)) + height;
    const { words, snapshot } = this.#arena;
    snapshot?.before(node - height, node + KEY_WORD + key.count);
    writeFields(words, node, headerWord(key.byteLength, height), location, units);
    key.storeNode(words, node);
    this.#directory.fill(slot, hash, node, location);
    this.#size += 1;
    this.#recordUnits += units;
    this.#order.add(node, key);
  }

  /** Removes the node of a slot. Its key must be loaded. */
  #removeOne(slot: number, node: number): void {
    this.#order.remove(node, this.#key);
    this.#directory.vacate(slot);
    this.#free(node);
    if (this.#size === 0) this.clear();
  }

  /** Removes nodes that are no longer in the ordered keys from all other parts. */
  #discardAll(nodes: Int32Array, count: number): void {
    this.#directory.vacateAll(nodes, count, (node) => this.#hashOf(node));
    for (let i = 0; i < count; i += 1) this.#free(nodes[i] as number);
  }

  #free(node: number): void {
    const words = this.#arena.words;
    this.#size -= 1;
    this.#recordUnits -= words[node + UNITS_WORD] as number;
    this.#arena.free(node - heightOf(words, node), nodeWordsOf(words, node));
  }
}
