import { type StateReader, type StateWriter, unfit } from './index-image-sections.ts';

/** The greatest depth: twice as many segments as the largest arena needs. Hashes that agree in more bits hardly differ. */
const DEPTH_MAX = 18;

const HASH_BITS = 32;

/** Fields of a segment in `fields`. */
const DEPTH = 0;
export const ENTRIES = 1;
export const OVERFLOW = 2;
export const FIELDS = 3;

/**
 * The table of extendible hashing: the segment of each hash, and for each segment its depth, its number of entries and its
 * overflow segment. Segments are numbers here; their slots are the hash directory's.
 *
 * Invariants:
 * 1. `root` has 2^d entries, d being the depth of the deepest segment or more. The segment of a hash is the entry at its
 *    top d bits; `shift` is 32 - d.
 * 2. A segment of depth s is in the 2^(d - s) entries that agree with its hashes in the top s bits.
 * 3. A full segment of the greatest depth has an overflow segment, which may have another, and so on. Only keys whose
 *    hashes agree in all bits of the table get there. Other segments have overflow 0, none.
 */
export class SegmentTable {
  /** The segment of a hash is `root[hash >>> shift]`. Public, as all fields are, because each lookup reads them. */
  root: Int32Array = new Int32Array(2);
  shift: number = HASH_BITS - 1;
  /** `FIELDS` words a segment. */
  fields: Int32Array = new Int32Array(FIELDS);
  /** The number of segments. */
  count = 1;

  /** Memory in use, in words. */
  get wordCount(): number {
    return this.root.length + this.count * FIELDS;
  }

  segmentOf(hash: number): number {
    return this.root[hash >>> this.shift] as number;
  }

  /** Whether `split` can divide a segment. If not, its entries overflow. */
  canSplit(segment: number): boolean {
    return this.#depthOf(segment) < DEPTH_MAX;
  }

  /**
   * Adds a segment for those hashes of `segment` that have the next bit set, `hash` being one of either. Returns the number
   * of that bit, from the lowest. Both count no entries afterwards.
   */
  split(segment: number, hash: number): number {
    const depth = this.#depthOf(segment);
    if (depth === HASH_BITS - this.shift) this.#doubleRoot();
    const added = this.#add(depth + 1);
    this.fields.set([depth + 1, 0, 0], segment * FIELDS);
    // The root entries of a segment are consecutive; those of the upper half have the next bit set.
    const run = 1 << (HASH_BITS - this.shift - depth);
    const first = (hash >>> this.shift) & ~(run - 1);
    this.root.fill(added, first + (run >>> 1), first + run);
    return HASH_BITS - 1 - depth;
  }

  /** The overflow segment of a segment, 0 for none. */
  overflowOf(segment: number): number {
    return this.fields[segment * FIELDS + OVERFLOW] as number;
  }

  /** Adds an empty overflow segment to the last segment of a chain. */
  addOverflow(segment: number): void {
    const added = this.#add(DEPTH_MAX);
    this.fields[segment * FIELDS + OVERFLOW] = added;
  }

  /** Back to one empty segment. */
  reset(): void {
    this.root = new Int32Array(2);
    this.shift = HASH_BITS - 1;
    this.fields = new Int32Array(FIELDS);
    this.count = 1;
  }

  save(state: StateWriter): void {
    state.put(HASH_BITS - this.shift);
    state.putAll(this.root);
    state.put(this.count);
    state.putAll(this.fields.subarray(0, this.count * FIELDS));
  }

  /** `wordCount` is the length of the directory's slots, `segmentWords` that of one segment. */
  restore(state: StateReader, wordCount: number, segmentWords: number): void {
    const depth = state.nextWithin(1, DEPTH_MAX);
    this.shift = HASH_BITS - depth;
    this.root = state.take(1 << depth);
    this.count = state.nextWithin(1, wordCount);
    if (wordCount !== this.count * segmentWords) throw unfit(`a directory of ${wordCount} words`);
    this.fields = state.take(this.count * FIELDS);
  }

  #depthOf(segment: number): number {
    return this.fields[segment * FIELDS + DEPTH] as number;
  }

  #add(depth: number): number {
    const segment = this.count;
    if (segment * FIELDS === this.fields.length) {
      const fields = new Int32Array(this.fields.length * 2);
      fields.set(this.fields);
      this.fields = fields;
    }
    this.count = segment + 1;
    this.fields.set([depth, 0, 0], segment * FIELDS);
    return segment;
  }

  #doubleRoot(): void {
    const root = new Int32Array(this.root.length * 2);
    for (let i = 0; i < root.length; i += 1) root[i] = this.root[i >>> 1] as number;
    this.root = root;
    this.shift -= 1;
  }
}
