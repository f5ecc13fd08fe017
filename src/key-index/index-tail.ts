import { compareBytes } from '../base/byte-keys.ts';
import { ALL_KEYS, type KeyInterval } from './index-cursor.ts';
import type { IndexContents, RecordPlace } from './index-pieces.ts';
import { KeyIndex } from './key-index.ts';

/** Stands for a key that was removed: no record has 0 units. */
const REMOVED: RecordPlace = { location: 0, units: 0 };
/** A lookup compares its key with each removed interval. */
const INTERVALS_MAX = 64;

/**
 * The changes of a log behind the image of its index: kept beside the index while it is pending, because applying them would
 * need all of it.
 *
 * Invariants:
 * 1. A key in `#changes` has the record there, or none if its units are 0.
 * 2. A key in none of the changes, but in one of `#removed`, has no record. All changes are later than these removals.
 * 3. Any other key is as in the image.
 */
export class IndexTail implements IndexContents {
  readonly #index: KeyIndex;
  readonly #changes: KeyIndex;
  #removed: KeyInterval[] = [];

  /** Changes of `index`. `random` is that of an index. */
  constructor(index: KeyIndex, random: () => number) {
    this.#index = index;
    this.#changes = new KeyIndex(random);
  }

  get isEmpty(): boolean {
    return this.#changes.size + this.#removed.length === 0;
  }

  put(key: Uint8Array, location: number, units: number, start = 0, end: number = key.length): void {
    this.#target.put(key, location, units, start, end);
  }

  remove(key: Uint8Array, start = 0, end: number = key.length): void {
    if (this.#index.pending === undefined) this.#index.remove(key, start, end);
    else this.#changes.put(key, REMOVED.location, REMOVED.units, start, end);
  }

  removeInterval(interval: KeyInterval): void {
    if (this.#removed.length === INTERVALS_MAX) this.#index.pending?.complete();
    this.#target.removeInterval(interval);
    if (this.#index.pending !== undefined) this.#removed.push(interval);
  }

  /** The image is of no use any more. */
  clear(): void {
    this.#changes.clear();
    this.#removed = [];
    this.#index.clear();
  }

  load(work: () => void): void {
    this.#changes.load(work, false);
  }

  /** What the tail says about `key`: its record, one of 0 units if it was removed, or nothing. */
  lookup(key: Uint8Array): RecordPlace | undefined {
    const node = this.#changes.find(key);
    if (node !== 0) return { location: this.#changes.location(node), units: this.#changes.units(node) };
    return this.#removed.some((interval) => contains(interval, key)) ? REMOVED : undefined;
  }

  /** Applies the changes to the index, which is complete. */
  apply(): void {
    const [index, changes] = [this.#index, this.#changes];
    index.load(() => {
      for (const interval of this.#removed) index.removeInterval(interval);
      const cursor = changes.cursor(ALL_KEYS);
      for (let node = cursor.next(); node !== 0; node = cursor.next()) {
        const units = changes.units(node);
        if (units === REMOVED.units) index.remove(cursor.key());
        else index.put(cursor.key(), changes.location(node), units);
      }
    });
    this.#removed = [];
    changes.clear();
  }

  /** Changes go to the index itself once it is complete. */
  get #target(): KeyIndex {
    return this.#index.pending === undefined ? this.#index : this.#changes;
  }
}

function contains({ lower, upper }: KeyInterval, key: Uint8Array): boolean {
  return compareBytes(lower, key) <= 0 && (upper === undefined || compareBytes(key, upper) < 0);
}
