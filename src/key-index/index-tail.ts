import { compareBytes } from '../base/byte-keys.ts';
import { ChangeList } from './change-list.ts';
import type { KeyInterval } from './index-cursor.ts';
import type { IndexContents, RecordPlace } from './index-pieces.ts';
import type { KeyIndex } from './key-index.ts';
import { NO_NODE } from './node-layout.ts';

/** Stands for a key that was removed: no record has 0 units. */
const REMOVED: RecordPlace = { location: 0, units: 0 };
/** A lookup compares its key with each removed interval. */
const INTERVALS_MAX = 64;

/** The removal of an interval. */
interface Removal {
  readonly interval: KeyInterval;
  /** The changes below this address were made before. */
  readonly at: number;
}

/**
 * The changes of a log behind the image of its index: kept beside the index while it is pending, because applying them would
 * need all of it.
 *
 * Invariants:
 * 1. `#changes` and `#removals` are the changes behind the image, each in their order, and `at` is the order between them.
 * 2. The last change or removal that concerns a key says where its record is, or that it has none.
 * 3. A key that none of them concerns is as in the image.
 */
export class IndexTail implements IndexContents {
  readonly #index: KeyIndex;
  readonly #changes: ChangeList;
  #removals: Removal[] = [];

  /** Changes of `index`. `random` is that of an index. */
  constructor(index: KeyIndex, random: () => number) {
    this.#index = index;
    this.#changes = new ChangeList(random);
  }

  get isEmpty(): boolean {
    return this.#changes.count + this.#removals.length === 0;
  }

  /** The units of all puts, those that a later change replaced included. */
  get unitsSum(): number {
    return this.#changes.unitsSum;
  }

  /** Makes room for `keys` puts with keys of `keyBytes` bytes together. Throws `RangeError`, and changes nothing, without memory. */
  reserve(keyBytes: number, keys: number): void {
    this.#changes.reserve(keyBytes, keys);
  }

  put(key: Uint8Array, location: number, units: number, start = 0, end: number = key.length): void {
    if (this.#index.pending === undefined) this.#index.put(key, location, units, start, end);
    else this.#changes.add(key, start, end, location, units);
  }

  remove(key: Uint8Array, start = 0, end: number = key.length): void {
    if (this.#index.pending === undefined) this.#index.remove(key, start, end);
    else this.#changes.add(key, start, end, REMOVED.location, REMOVED.units);
  }

  removeInterval(interval: KeyInterval): void {
    if (this.#removals.length === INTERVALS_MAX) this.#index.pending?.complete();
    if (this.#index.pending === undefined) this.#index.removeInterval(interval);
    else this.#removals.push({ interval, at: this.#changes.end });
  }

  /** The image is of no use any more. */
  clear(): void {
    this.#forget();
    this.#index.clear();
  }

  load(work: () => void): void {
    work();
  }

  /** What the tail says about `key`: its record, one of 0 units if it was removed, or nothing. */
  lookup(key: Uint8Array): RecordPlace | undefined {
    const change = this.#changes.find(key);
    if (this.#removals.some(({ at, interval }) => at > change && contains(interval, key))) return REMOVED;
    if (change === NO_NODE) return undefined;
    return { location: this.#changes.location(change), units: this.#changes.units(change) };
  }

  /** Applies the changes to the index, which is complete, in their order. */
  apply(): void {
    const [index, changes, removals] = [this.#index, this.#changes, this.#removals];
    let removed = 0;
    const removeUntil = (end: number): void => {
      for (; removed < removals.length && (removals[removed] as Removal).at <= end; removed += 1) {
        index.removeInterval((removals[removed] as Removal).interval);
      }
    };
    index.load(() => {
      changes.visit((change, key) => {
        removeUntil(change);
        const units = changes.units(change);
        if (units === REMOVED.units) index.remove(key);
        else index.put(key, changes.location(change), units);
      });
      removeUntil(changes.end);
    });
    this.#forget();
  }

  #forget(): void {
    this.#changes.clear();
    this.#removals = [];
  }
}

function contains({ lower, upper }: KeyInterval, key: Uint8Array): boolean {
  return compareBytes(lower, key) <= 0 && (upper === undefined || compareBytes(key, upper) < 0);
}
