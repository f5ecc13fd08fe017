import type { ClockHand } from './clock-hand.ts';
import type { IndexCursor, KeyInterval } from './index-cursor.ts';
import type { IndexContents, IndexImageSections, IndexPieces, IndexRebuild } from './index-image-sections.ts';
import type { NodeAddress } from './node-layout.ts';
import { PendingIndex } from './pending-index.ts';
import { type RecordPlace, ResidentIndex } from './resident-index.ts';
import type { SlotAddress } from './slot-layout.ts';

export type { IndexCursor } from './index-cursor.ts';
export type { IndexImageSections, IndexPieces } from './index-image-sections.ts';
export type { NodeAddress } from './node-layout.ts';
export type { RecordPlace } from './resident-index.ts';
export { NO_SLOT } from './slot-layout.ts';

/**
 * The index of a store. It is in memory; one that was saved is *pending* until all of its image was read. Then `lookup` reads
 * only the pieces it needs, and every other operation that depends on the entries reads the rest first. If a piece is
 * damaged, the index is built from the log instead, before the operation goes on.
 *
 * Invariants:
 * 1. A pending index is as it was saved: nothing changes it before it is complete.
 * 2. No word of a piece is used before the piece matched its checksum.
 * 3. Addresses of nodes and slots exist only for a complete index.
 */
export class KeyIndex implements IndexContents {
  readonly #resident: ResidentIndex;
  /** What is still in the image, if anything is. */
  #pending: PendingIndex | undefined;

  /** An empty index. `random` returns uniform, unpredictable integers from 0 to 2^32 - 1. */
  constructor(random: () => number) {
    this.#resident = new ResidentIndex(random);
  }

  /**
   * The index in an image. Its state is checked now, its other sections when they are read; if one is damaged, `rebuild` is
   * called. Throws `StoreError` `CORRUPT` if the state does not fit; then the image is not closed.
   */
  static fromImage(image: IndexPieces, rebuild: IndexRebuild, random: () => number): KeyIndex {
    const index = new KeyIndex(random);
    const pending = new PendingIndex(image, rebuild);
    index.#resident.restore(pending.sections);
    index.#pending = pending;
    return index;
  }

  /** Whether nothing is left in the image. */
  get isComplete(): boolean {
    return this.#pending === undefined;
  }

  /** Number of entries. */
  get size(): number {
    return this.#summed.size;
  }

  /** The units of all records together. */
  get recordUnits(): number {
    return this.#summed.recordUnits;
  }

  /** Memory in use, in bytes: nodes, free blocks and directory, without reserved memory that was never used. */
  get bytes(): number {
    return this.#resident.bytes;
  }

  /** Counts uses and chooses the entry to evict. */
  get eviction(): ClockHand {
    return this.#whole.eviction;
  }

  /**
   * The place of the record of `key`, or `undefined`. While the index is pending, this reads only a few pieces of the image.
   * Throws what the storage throws if neither the image nor the log can be read.
   */
  lookup(key: Uint8Array): RecordPlace | undefined {
    const pending = this.#pending;
    if (pending !== undefined && pending.damage === undefined) {
      try {
        return this.#resident.lookupPending(pending, key);
      } catch (error) {
        pending.damage = error;
      }
    }
    const index = this.#whole;
    const node = index.find(key);
    return node === 0 ? undefined : { location: index.location(node), units: index.units(node) };
  }

  /** Reads what is still in the image. Throws what the storage throws if neither the image nor the log can be read. */
  complete(): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    try {
      if (pending.damage === undefined) pending.complete();
    } catch (error) {
      pending.damage = error;
    }
    if (pending.damage === undefined) this.release();
    else this.#rebuild(pending);
  }

  /**
   * Reads a part of what is still in the image off the thread. Returns whether there is more to read; a failure is left to
   * the operation that needs the pieces.
   */
  async preload(): Promise<boolean> {
    const pending = this.#pending;
    if (pending === undefined || pending.damage !== undefined) return false;
    const isRead = await pending.preload();
    if (this.#pending !== pending) return false;
    if (pending.isRead) this.complete();
    return isRead && !this.isComplete;
  }

  /** Ends reading from the image. A pending index cannot be used afterwards. */
  release(): void {
    this.#pending?.close();
    this.#pending = undefined;
  }

  /** The node of the key `key[start..end)`, or `NO_NODE`. The address is valid until a key is removed. */
  find(key: Uint8Array, start = 0, end: number = key.length): NodeAddress {
    return this.#whole.find(key, start, end);
  }

  /**
   * The slot with the hash of `key`, or `NO_SLOT` if the key is not in the index. On rare occasions the slot is that of
   * another key: the caller must compare the key in the record. It is faster than `find`, because the node is not read. The
   * address is valid until the next change.
   */
  probe(key: Uint8Array): SlotAddress {
    return this.#whole.probe(key);
  }

  /** The node of a slot. */
  nodeAt(slot: SlotAddress): NodeAddress {
    return this.#resident.nodeAt(slot);
  }

  /** The location of the record of a slot. */
  locationAt(slot: SlotAddress): number {
    return this.#resident.locationAt(slot);
  }

  /** The location of the record of a node, an int32. */
  location(node: NodeAddress): number {
    return this.#resident.location(node);
  }

  /** The size of the record of a node in units. */
  units(node: NodeAddress): number {
    return this.#resident.units(node);
  }

  /** Sets the location of the record of a node. */
  relocate(node: NodeAddress, location: number): void {
    this.#resident.relocate(node, location);
  }

  /**
   * Adds the key `key[start..end)` with its record, or replaces the record of the key. Throws `RangeError` for a key of more
   * than 65,535 bytes and if there is no memory; then nothing has changed.
   */
  put(key: Uint8Array, location: number, units: number, start = 0, end: number = key.length): void {
    this.#whole.put(key, location, units, start, end);
  }

  /** Removes the key `key[start..end)` if it is there. */
  remove(key: Uint8Array, start = 0, end: number = key.length): void {
    this.#whole.remove(key, start, end);
  }

  /** Removes a node. It must still be in the index: `RangeError` is thrown if that is found to be false. */
  removeNode(node: NodeAddress): void {
    this.#resident.removeNode(node);
  }

  /** Removes every key of the interval and returns their number. */
  removeInterval(interval: KeyInterval): number {
    return this.#whole.removeInterval(interval);
  }

  /** Removes every key and releases the memory. */
  clear(): void {
    this.release();
    this.#resident.clear();
  }

  /**
   * Grows so that the next `keys` new keys, of `keyBytes` bytes together, cannot fail for lack of memory. Throws `RangeError`
   * if there is no memory; then nothing has changed.
   */
  reserve(keyBytes: number, keys: number): void {
    this.#whole.reserve(keyBytes, keys);
  }

  /** Runs `work`, which puts many keys. They are linked in larger groups: less time altogether, longer pauses. */
  load(work: () => void): void {
    this.#resident.load(work);
  }

  /** A cursor over the keys of an interval, ascending or, with `reverse`, descending. */
  cursor(interval: KeyInterval, reverse = false): IndexCursor {
    return this.#whole.cursor(interval, reverse);
  }

  /** The index as arrays, for an image. */
  sections(): IndexImageSections {
    return this.#whole.sections();
  }

  /** The whole index, in memory. Throws what the storage throws if neither the image nor the log can be read. */
  get #whole(): ResidentIndex {
    if (this.#pending !== undefined) this.complete();
    return this.#resident;
  }

  /** The index with its sums, which the state has. */
  get #summed(): ResidentIndex {
    return this.#pending?.damage === undefined ? this.#resident : this.#whole;
  }

  /** If the log cannot be read either, the index stays pending, and the next operation tries again. */
  #rebuild(pending: PendingIndex): void {
    this.#pending = undefined;
    this.#resident.clear();
    try {
      pending.rebuild(this, pending.damage);
    } catch (error) {
      this.#resident.clear();
      this.#pending = pending;
      throw error;
    }
    pending.close();
  }
}
