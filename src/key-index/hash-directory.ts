import {
  COPY_WORD,
  emptySlot,
  HASH_WORD,
  homeSlot,
  SEGMENT_WORDS,
  SLOT_WORDS,
  SLOTS,
  segmentOf,
  slotAfter,
  vacateSlot,
} from './directory-segment.ts';
import { GrowableWords } from './growable-words.ts';
import { type StateReader, type StateWriter, unfit } from './index-image-sections.ts';
import { type KeyWords, nodeHolds } from './key-words.ts';

/**
 * A segment with this many entries is split before it takes one more. All segments fill alike, so after a wave of splits
 * they are 40 % full: with less than four fifths here, an index would take more than 80 bytes for a 32-byte key then.
 */
export const FULL_ENTRIES: number = Math.floor((SLOTS * 4) / 5);

/** Twice what the largest arena can need. Beyond it hashes agree in too many bits for splitting to help. */
const DEPTH_MAX = 18;

/** Entries a segment takes, at the least, between two splits: hashes divide a full one nearly in half. */
const ENTRIES_PER_SPLIT_MIN = 1024;

/** Fields of a segment in the table of segments. */
const DEPTH = 0;
const ENTRIES = 1;
const OVERFLOW = 2;
const FIELDS = 3;

const HASH_BITS = 32;

/**
 * Finds a node by the hash of its key: extendible hashing, so that no growth step costs more than one segment.
 *
 * Invariants:
 * 1. `#root` has 2^`#rootDepth` entries. The segment of a hash is the entry at its top `#rootDepth` bits.
 * 2. A segment of depth d is named by the 2^(`#rootDepth` - d) entries that agree with its hashes in the top d bits.
 * 3. A segment of the greatest depth that is full has an overflow segment, which may have another, and so on; only keys of
 *    equal hash bits get there. An entry lies in any segment of such a chain. Other segments have overflow 0, none.
 * 4. Every segment keeps the invariants of `directory-segment.ts` and counts its entries right.
 */
export class HashDirectory {
  readonly #memory: GrowableWords;
  #words: Int32Array;
  #root: Int32Array = new Int32Array(2);
  #rootDepth = 1;
  #table: Int32Array = new Int32Array(FIELDS);
  #segments = 1;
  /** Holds the segment being split. */
  #splitting: Int32Array | undefined;

  constructor(memory: GrowableWords = new GrowableWords(SEGMENT_WORDS)) {
    this.#memory = memory;
    this.#words = memory.words;
  }

  get bytes(): number {
    const tables = this.#root.length + this.#segments * FIELDS;
    return (this.#segments * SEGMENT_WORDS + tables) * Int32Array.BYTES_PER_ELEMENT;
  }

  /** Where the slots end; they begin at 0 and lie `SLOT_WORDS` apart. */
  get slotsEnd(): number {
    return this.#segments * SEGMENT_WORDS;
  }

  /** The node in a slot, 0 when it is empty. */
  nodeAt(slot: number): number {
    return this.#words[slot] as number;
  }

  /** The location in a slot that is not empty. */
  locationAt(slot: number): number {
    return this.#words[slot + COPY_WORD] as number;
  }

  setLocation(slot: number, location: number): void {
    this.#words[slot + COPY_WORD] = location;
  }

  /**
   * The first slot that `hash` leads to: its node may hold another key, though seldom. Without one the empty slot its
   * search ended at. No node is looked at.
   */
  probe(hash: number): number {
    const words = this.#words;
    let segment = this.#segmentFor(hash);
    for (;;) {
      const start = segment * SEGMENT_WORDS;
      let slot = homeSlot(start, hash);
      while (words[slot] !== 0) {
        if (words[slot + HASH_WORD] === hash) return slot;
        slot = slotAfter(slot, start);
      }
      const overflow = this.#table[segment * FIELDS + OVERFLOW] as number;
      if (overflow === 0) return slot;
      segment = overflow;
    }
  }

  /** The slot of the node that holds `key`; without one, the empty slot its search ended at. */
  locate(hash: number, key: KeyWords, nodes: Int32Array): number {
    const words = this.#words;
    let segment = this.#segmentFor(hash);
    for (;;) {
      const start = segment * SEGMENT_WORDS;
      let slot = homeSlot(start, hash);
      for (;;) {
        const node = words[slot] as number;
        if (node === 0) break;
        if (words[slot + HASH_WORD] === hash && nodeHolds(nodes, node, key)) return slot;
        slot = slotAfter(slot, start);
      }
      const overflow = this.#table[segment * FIELDS + OVERFLOW] as number;
      if (overflow === 0) return slot;
      segment = overflow;
    }
  }

  /** The slot of a node that is in the directory. */
  slotOf(hash: number, node: number): number {
    const words = this.#words;
    let segment = this.#segmentFor(hash);
    for (;;) {
      const start = segment * SEGMENT_WORDS;
      let slot = homeSlot(start, hash);
      while (words[slot] !== 0) {
        if (words[slot] === node) return slot;
        slot = slotAfter(slot, start);
      }
      segment = this.#table[segment * FIELDS + OVERFLOW] as number;
      if (segment === 0) throw new RangeError(`node ${node} is not in the index: it was removed before`);
    }
  }

  /**
   * The slot a new entry takes, after the split or the growth it needs; `slot` is where `locate` ended. Throws
   * `RangeError`, losing nothing, when there is no memory for that. It fails no more once `reserve` made room.
   */
  makeRoom(slot: number, hash: number): number {
    if ((this.#table[segmentOf(slot) * FIELDS + ENTRIES] as number) < FULL_ENTRIES) return slot;
    let segment = this.#segmentFor(hash);
    while (this.#isFull(segment) && this.#depthOf(segment) < DEPTH_MAX) {
      this.#split(segment, hash);
      segment = this.#segmentFor(hash);
    }
    while (this.#isFull(segment)) segment = this.#overflowOf(segment);
    return emptySlot(this.#words, segment, hash);
  }

  /** Enters a node at the slot `makeRoom` returned. */
  fill(slot: number, hash: number, node: number, location: number): void {
    const words = this.#words;
    words[slot] = node;
    words[slot + HASH_WORD] = hash;
    words[slot + COPY_WORD] = location;
    this.#addEntries(segmentOf(slot), 1);
  }

  /** Removes the entry of a slot; other slots may hold other entries afterwards. */
  vacate(slot: number): void {
    vacateSlot(this.#words, slot);
    this.#addEntries(segmentOf(slot), -1);
  }

  /** Grows so that `keys` new entries cannot fail. Throws `RangeError`, changing nothing, when there is no memory. */
  reserve(keys: number): void {
    // Segments that are nearly full split at the first entries, all others after ENTRIES_PER_SPLIT_MIN.
    const splits = Math.min(keys, this.#segments) + Math.ceil(keys / ENTRIES_PER_SPLIT_MIN);
    this.#growTo(this.#segments + splits);
  }

  /** Removes every entry. */
  reset(): void {
    // One segment is cheaper to clear than to give back: stores that hold little are often emptied.
    if (this.#segments === 1) this.#words.fill(0, 0, SEGMENT_WORDS);
    else this.#memory.reset(SEGMENT_WORDS);
    this.#root = new Int32Array(2);
    this.#rootDepth = 1;
    this.#table = new Int32Array(FIELDS);
    this.#segments = 1;
    this.#words = this.#memory.words;
  }

  /** The slots of all segments, in place. */
  section(): Int32Array {
    return this.#words.subarray(0, this.#segments * SEGMENT_WORDS);
  }

  /** What `restore` needs, apart from the slots. */
  save(state: StateWriter): void {
    state.put(this.#rootDepth);
    state.putAll(this.#root);
    state.put(this.#segments);
    state.putAll(this.#table.subarray(0, this.#segments * FIELDS));
  }

  restore(state: StateReader, words: Int32Array): void {
    this.#rootDepth = state.nextWithin(1, DEPTH_MAX);
    this.#root = state.take(1 << this.#rootDepth);
    this.#segments = state.nextWithin(1, words.length);
    if (words.length !== this.#segments * SEGMENT_WORDS) throw unfit(`a directory of ${words.length} words`);
    this.#table = state.take(this.#segments * FIELDS);
    this.#memory.adopt(words);
    this.#words = this.#memory.words;
  }

  #segmentFor(hash: number): number {
    return this.#root[hash >>> (HASH_BITS - this.#rootDepth)] as number;
  }

  #depthOf(segment: number): number {
    return this.#table[segment * FIELDS + DEPTH] as number;
  }

  #isFull(segment: number): boolean {
    return (this.#table[segment * FIELDS + ENTRIES] as number) >= FULL_ENTRIES;
  }

  #addEntries(segment: number, count: number): void {
    const at = segment * FIELDS + ENTRIES;
    this.#table[at] = (this.#table[at] as number) + count;
  }

  /** The next segment of a chain, made when there is none. */
  #overflowOf(segment: number): number {
    const overflow = this.#table[segment * FIELDS + OVERFLOW] as number;
    if (overflow !== 0) return overflow;
    const added = this.#addSegment(DEPTH_MAX);
    this.#table[segment * FIELDS + OVERFLOW] = added;
    return added;
  }

  /** Moves the entries whose next hash bit is set into a segment of their own. */
  #split(segment: number, hash: number): void {
    const depth = this.#depthOf(segment);
    const added = this.#addSegment(depth + 1);
    if (depth === this.#rootDepth) this.#doubleRoot();
    this.#table[segment * FIELDS + DEPTH] = depth + 1;
    this.#table[segment * FIELDS + ENTRIES] = 0;
    // The entries that name this segment are a run; its upper half has the next bit set.
    const run = 1 << (this.#rootDepth - depth);
    const first = (hash >>> (HASH_BITS - this.#rootDepth)) & ~(run - 1);
    this.#root.fill(added, first + (run >>> 1), first + run);
    this.#redistribute(segment, added, HASH_BITS - 1 - depth);
  }

  #redistribute(segment: number, added: number, bit: number): void {
    const words = this.#words;
    this.#splitting ??= new Int32Array(SEGMENT_WORDS);
    const entries = this.#splitting;
    const start = segment * SEGMENT_WORDS;
    entries.set(words.subarray(start, start + SEGMENT_WORDS));
    words.fill(0, start, start + SEGMENT_WORDS);
    for (let at = 0; at < SEGMENT_WORDS; at += SLOT_WORDS) {
      const node = entries[at] as number;
      if (node === 0) continue;
      const hash = entries[at + HASH_WORD] as number;
      const target = ((hash >>> bit) & 1) === 0 ? segment : added;
      this.fill(emptySlot(words, target, hash), hash, node, entries[at + COPY_WORD] as number);
    }
  }

  #doubleRoot(): void {
    const root = new Int32Array(this.#root.length * 2);
    for (let i = 0; i < root.length; i += 1) root[i] = this.#root[i >>> 1] as number;
    this.#root = root;
    this.#rootDepth += 1;
  }

  /** An empty segment. Throws `RangeError` before anything changes when there is no memory. */
  #addSegment(depth: number): number {
    const segment = this.#segments;
    this.#growTo(segment + 1);
    if (segment * FIELDS === this.#table.length) {
      const table = new Int32Array(this.#table.length * 2);
      table.set(this.#table);
      this.#table = table;
    }
    this.#segments = segment + 1;
    this.#table.set([depth, 0, 0], segment * FIELDS);
    return segment;
  }

  #growTo(segments: number): void {
    this.#memory.grow(segments * SEGMENT_WORDS);
    this.#words = this.#memory.words;
  }
}
