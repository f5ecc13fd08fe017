import { GrowableWords } from './growable-words.ts';
import type { StateReader, StateWriter } from './index-image-sections.ts';
import { type KeyWords, nodeHolds } from './key-words.ts';
import type { SectionSnapshot } from './section-snapshot.ts';
import { ENTRIES, FIELDS, OVERFLOW, SegmentTable } from './segment-table.ts';
import { COPY_WORD, HASH_WORD, SEGMENT_WORDS, SLOT_WORDS, SLOTS } from './slot-layout.ts';

/**
 * A segment with this many entries is split before another is added. All segments fill alike, so after a wave of splits
 * they are 40 % full. With less than four fifths here, an index would then take more than 80 bytes for a 32-byte key.
 */
export const FULL_ENTRIES: number = Math.floor((SLOTS * 4) / 5);

/** The least entries that a segment accepts between two splits: hashes divide a full one nearly in half. */
const ENTRIES_PER_SPLIT_MIN = 1024;

/**
 * Finds a node by the hash of its key: extendible hashing, so that no step of growth costs more than one segment. A segment
 * is a table with open addressing and linear probing; a lookup that meets no other hash reads no node.
 *
 * Invariants:
 * 1. A slot is three words: a node's address, the hash of its key and a copy of its location; address 0 marks an empty one.
 * 2. Between the home of an entry, `hash` modulo the number of slots of a segment, and its slot there is no empty one.
 *    Removal moves later entries back instead of leaving a mark, so that misses stay as short as they were.
 * 3. At least one slot of each segment is empty.
 * 4. An entry is in the segment that the table has for its hash, or in one of the overflow segments of that one.
 * 5. The table counts the entries of each segment.
 */
export class HashDirectory {
  readonly #memory: GrowableWords;
  readonly table: SegmentTable = new SegmentTable();
  /** The slots of segment s begin at `s * SEGMENT_WORDS`. */
  #words: Int32Array;
  /** Called before slots change. */
  snapshot: SectionSnapshot | undefined;
  readonly #hashes: number[] = [];
  /** Without meaning: keeps the reads of `vacateAll`. */
  touched = 0;
  /** A copy of the segment that is being split. */
  #splitting: Int32Array | undefined;

  constructor(memory: GrowableWords = new GrowableWords(SEGMENT_WORDS)) {
    this.#memory = memory;
    this.#words = memory.words;
  }

  /** The slots, in segments. After an operation that may grow it may be another array. */
  get words(): Int32Array {
    return this.#words;
  }

  /** Memory in use, in bytes. */
  get bytes(): number {
    return (this.slotsEnd + this.table.wordCount) * Int32Array.BYTES_PER_ELEMENT;
  }

  /** The address after the last slot. The first one is 0, and slots are `SLOT_WORDS` apart. */
  get slotsEnd(): number {
    return this.table.count * SEGMENT_WORDS;
  }

  /** The node in a slot, 0 if it is empty. */
  nodeAt(slot: number): number {
    return this.#words[slot] as number;
  }

  /** The location in a slot that is not empty. */
  locationAt(slot: number): number {
    return this.#words[slot + COPY_WORD] as number;
  }

  setLocation(slot: number, location: number): void {
    this.snapshot?.before(slot, slot + SLOT_WORDS);
    this.#words[slot + COPY_WORD] = location;
  }

  /**
   * The first slot with `hash`, or the empty slot at which the search for one ended. The node in the slot is not read: on
   * rare occasions it holds another key.
   */
  probe(hash: number): number {
    const words = this.#words;
    const { root, shift, fields } = this.table;
    let segment = root[hash >>> shift] as number;
    for (;;) {
      const start = segment * SEGMENT_WORDS;
      let slot = homeSlot(start, hash);
      while (words[slot] !== 0) {
        if (words[slot + HASH_WORD] === hash) return slot;
        slot = slotAfter(slot, start);
      }
      segment = fields[segment * FIELDS + OVERFLOW] as number;
      if (segment === 0) return slot;
    }
  }

  /** The slot of the node that holds `key`, or the empty slot at which the search for it ended. */
  locate(hash: number, key: KeyWords, nodes: Int32Array): number {
    const words = this.#words;
    const { root, shift, fields } = this.table;
    let segment = root[hash >>> shift] as number;
    for (;;) {
      const start = segment * SEGMENT_WORDS;
      let slot = homeSlot(start, hash);
      for (;;) {
        const node = words[slot] as number;
        if (node === 0) break;
        if (words[slot + HASH_WORD] === hash && nodeHolds(nodes, node, key)) return slot;
        slot = slotAfter(slot, start);
      }
      segment = fields[segment * FIELDS + OVERFLOW] as number;
      if (segment === 0) return slot;
    }
  }

  /** The slot of a node. Throws `RangeError` if the node is not in the directory. */
  slotOf(hash: number, node: number): number {
    const words = this.#words;
    const { root, shift, fields } = this.table;
    let segment = root[hash >>> shift] as number;
    for (;;) {
      const start = segment * SEGMENT_WORDS;
      let slot = homeSlot(start, hash);
      while (words[slot] !== 0) {
        if (words[slot] === node) return slot;
        slot = slotAfter(slot, start);
      }
      segment = fields[segment * FIELDS + OVERFLOW] as number;
      if (segment === 0) throw new RangeError(`node ${node} is not in the index: it was removed before`);
    }
  }

  /**
   * The empty slot for a new entry, after the split or the growth it needs; `slot` is where `locate` ended. Throws
   * `RangeError` if there is no memory; then every entry is still found. After `reserve` it does not throw.
   */
  makeRoom(slot: number, hash: number): number {
    const table = this.table;
    if (!this.#isFull(segmentOf(slot))) return slot;
    let segment = table.segmentOf(hash);
    while (this.#isFull(segment) && table.canSplit(segment)) {
      this.#split(segment, hash);
      segment = table.segmentOf(hash);
    }
    while (this.#isFull(segment)) {
      if (table.overflowOf(segment) === 0) this.#addOverflow(segment);
      segment = table.overflowOf(segment);
    }
    return this.#emptySlot(segment, hash);
  }

  /** Adds an entry in the slot that `makeRoom` returned. */
  fill(slot: number, hash: number, node: number, location: number): void {
    this.snapshot?.before(slot, slot + SLOT_WORDS);
    const words = this.#words;
    words[slot] = node;
    words[slot + HASH_WORD] = hash;
    words[slot + COPY_WORD] = location;
    this.#addEntries(segmentOf(slot), 1);
  }

  /** Removes the entry of a slot and moves later entries of the segment back over the gap. */
  vacate(slot: number): void {
    const words = this.#words;
    const segment = segmentOf(slot);
    const start = segment * SEGMENT_WORDS;
    this.snapshot?.before(start, start + SEGMENT_WORDS);
    let gap = slot;
    let next = slotAfter(slot, start);
    while (words[next] !== 0) {
      const hash = words[next + HASH_WORD] as number;
      if (distance(homeSlot(start, hash), next) >= distance(gap, next)) {
        words[gap] = words[next] as number;
        words[gap + HASH_WORD] = hash;
        words[gap + COPY_WORD] = words[next + COPY_WORD] as number;
        gap = next;
      }
      next = slotAfter(next, start);
    }
    words[gap] = 0;
    this.#addEntries(segment, -1);
  }

  /** Removes the entries of `nodes[0..count)`. They are few: their hashes are kept. */
  vacateAll(nodes: Int32Array, count: number, hashOf: (node: number) => number): void {
    const hashes = this.#hashes;
    for (let i = 0; i < count; i += 1) hashes[i] = hashOf(nodes[i] as number);
    // First a read of each home: the processor fetches them in parallel, while removing waits for one after the other.
    for (let i = 0; i < count; i += 1) this.touched ^= this.nodeAt(this.#homeOf(hashes[i] as number));
    for (let i = 0; i < count; i += 1) this.vacate(this.slotOf(hashes[i] as number, nodes[i] as number));
  }

  /** Grows so that `keys` new entries cannot fail. Throws `RangeError` if there is no memory; then nothing has changed. */
  reserve(keys: number): void {
    // Segments that are nearly full split at the first entries, all others after ENTRIES_PER_SPLIT_MIN.
    const splits = Math.min(keys, this.table.count) + Math.ceil(keys / ENTRIES_PER_SPLIT_MIN);
    this.#growTo(this.table.count + splits);
  }

  /** Removes every entry. */
  reset(): void {
    this.snapshot?.lose();
    // One segment is cheaper to clear than to allocate: stores that hold little are often emptied.
    if (this.table.count === 1) this.#words.fill(0, 0, SEGMENT_WORDS);
    else this.#memory.reset(SEGMENT_WORDS);
    this.table.reset();
    this.#words = this.#memory.words;
  }

  /** Saves what `restore` needs besides the slots. */
  save(state: StateWriter): void {
    this.table.save(state);
  }

  /** Throws `StoreError` `CORRUPT` if `wordCount` words of slots do not fit. */
  restore(state: StateReader, wordCount: number): void {
    this.table.restore(state, wordCount, SEGMENT_WORDS);
  }

  /** The slots of the directory that was restored. */
  adopt(words: Int32Array): void {
    this.#memory.adopt(words);
    this.#words = this.#memory.words;
  }

  #homeOf(hash: number): number {
    return homeSlot(this.table.segmentOf(hash) * SEGMENT_WORDS, hash);
  }

  #isFull(segment: number): boolean {
    return (this.table.fields[segment * FIELDS + ENTRIES] as number) >= FULL_ENTRIES;
  }

  #addEntries(segment: number, count: number): void {
    const { fields } = this.table;
    const at = segment * FIELDS + ENTRIES;
    fields[at] = (fields[at] as number) + count;
  }

  /** The memory comes first: without it nothing has changed. */
  #addOverflow(segment: number): void {
    this.#growTo(this.table.count + 1);
    this.table.addOverflow(segment);
  }

  /** Divides the entries of a segment between it and a new one by the next bit of their hashes. */
  #split(segment: number, hash: number): void {
    const added = this.table.count;
    this.#growTo(added + 1);
    this.#splitting ??= new Int32Array(SEGMENT_WORDS);
    const bit = this.table.split(segment, hash);
    const entries = this.#splitting;
    const start = segment * SEGMENT_WORDS;
    entries.set(this.#words.subarray(start, start + SEGMENT_WORDS));
    this.snapshot?.before(start, start + SEGMENT_WORDS);
    this.#words.fill(0, start, start + SEGMENT_WORDS);
    for (let at = 0; at < SEGMENT_WORDS; at += SLOT_WORDS) {
      const node = entries[at] as number;
      if (node === 0) continue;
      const entryHash = entries[at + HASH_WORD] as number;
      const target = ((entryHash >>> bit) & 1) === 0 ? segment : added;
      this.fill(this.#emptySlot(target, entryHash), entryHash, node, entries[at + COPY_WORD] as number);
    }
  }

  /** The slot an entry with `hash` would take in a segment. */
  #emptySlot(segment: number, hash: number): number {
    const start = segment * SEGMENT_WORDS;
    let slot = homeSlot(start, hash);
    while (this.#words[slot] !== 0) slot = slotAfter(slot, start);
    return slot;
  }

  #growTo(segments: number): void {
    if (segments * SEGMENT_WORDS <= this.#words.length) return;
    this.#memory.grow(segments * SEGMENT_WORDS);
    this.#words = this.#memory.words;
  }
}

/** The first choice for an entry in the segment that begins at `start`. */
export function homeSlot(start: number, hash: number): number {
  return start + (hash & (SLOTS - 1)) * SLOT_WORDS;
}

/** The slot after `slot`; after the last one of its segment, the first one. */
export function slotAfter(slot: number, start: number): number {
  const next = slot + SLOT_WORDS;
  return next === start + SEGMENT_WORDS ? start : next;
}

/** Words from one slot of a segment onward to another, past the end of the segment to its beginning. */
function distance(from: number, to: number): number {
  return to >= from ? to - from : to - from + SEGMENT_WORDS;
}

function segmentOf(slot: number): number {
  return (slot / SEGMENT_WORDS) | 0;
}
