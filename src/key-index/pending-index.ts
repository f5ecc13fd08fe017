import { attempt } from '../base/attempt.ts';
import type { Later } from '../base/background-timer.ts';
import type { IndexPieces, IndexRebuild, PendingParts, RecordPlace } from './index-pieces.ts';
import { IndexTail } from './index-tail.ts';
import { KeyIndex } from './key-index.ts';
import { PendingSections } from './pending-sections.ts';

/**
 * After so many lookups for each piece that was missing at first, the index is completed: to read and verify a piece takes no longer
 * than what some lookups lose here. In a process that only looks up, without a turn of the event loop, nothing else would.
 */
const LOOKUPS_A_PIECE = 64;

/**
 * So many puts are kept beside the image: the first ones of a process do not wait until all of it is read. They cost memory, and
 * as long as the sums are unknown no compaction is due.
 */
const PUTS_MAX = 4096;
/** The last of these puts read the rest of the image, a share each: else the put after them would read all of it at once. */
const READING_PUTS: number = PUTS_MAX * 0.75;

/**
 * What is left of an index in its image. Lookups read only the pieces they need. Every other operation of the index that
 * depends on its entries completes it first. If a piece is damaged, the image is abandoned, and the index is built from the
 * log.
 *
 * Invariants:
 * 1. The index is as it was saved: nothing changes it before it is complete. Changes of a log behind the image are beside it,
 *    and so are puts.
 * 2. No word of a piece is used before the piece matched its checksum.
 * 3. The image is open until the index is complete or released.
 */
export class PendingIndex implements PendingParts {
  readonly #sections: PendingSections;
  readonly #index: KeyIndex;
  readonly #rebuild: IndexRebuild;
  readonly #random: () => number;
  /** Why the image cannot be used, if so. */
  #damage: unknown;
  #cancelPreload: (() => void) | undefined;
  #lookupsLeft: number;
  #putsLeft = PUTS_MAX;
  /** The units of all records of the image together. */
  #imageUnits = 0;
  /** Changes since the image was written. */
  #tail: IndexTail | undefined;

  private constructor(index: KeyIndex, image: IndexPieces, rebuild: IndexRebuild, random: () => number) {
    this.#sections = new PendingSections(image);
    this.#index = index;
    this.#rebuild = rebuild;
    this.#random = random;
    this.#lookupsLeft = LOOKUPS_A_PIECE * this.#sections.missing;
  }

  /**
   * The index in an image. Its state is checked now, its other sections when they are read; if one is damaged, `rebuild` is
   * called. Throws `StoreError` `CORRUPT` if the state does not fit; then the image is not closed.
   */
  static open(image: IndexPieces, rebuild: IndexRebuild, random: () => number): KeyIndex {
    const index = new KeyIndex(random);
    const pending = new PendingIndex(index, image, rebuild, random);
    pending.#restore(image);
    return index;
  }

  /** The place of the record of `key`, or `undefined`. Throws what the storage throws if the log cannot be read either. */
  lookup(key: Uint8Array): RecordPlace | undefined {
    const change = this.#tail?.lookup(key);
    if (change !== undefined) return change.units === 0 ? undefined : change;
    this.#lookupsLeft -= 1;
    try {
      if (this.#damage === undefined && this.#lookupsLeft >= 0) return this.#index.lookupPending(this.#sections, key);
    } catch (error) {
      this.#damage = error;
    }
    this.complete();
    return placeOf(this.#index, key);
  }

  /** The state has the sums, but a tail changes them, and damage loses them. */
  get hasSums(): boolean {
    return this.#damage === undefined && this.#tail?.isEmpty !== false;
  }

  get unitsAtMost(): number {
    return this.#damage === undefined ? this.#imageUnits + (this.#tail?.unitsSum ?? 0) : Number.POSITIVE_INFINITY;
  }

  needSums(): void {
    if (!this.hasSums) this.complete();
  }

  tail(): IndexTail {
    this.#tail ??= new IndexTail(this.#index, this.#random);
    return this.#tail;
  }

  reserve(keyBytes: number, keys: number): boolean {
    if (!this.#acceptsPuts(keys)) return false;
    this.tail().reserve(keyBytes, keys);
    return true;
  }

  put(key: Uint8Array, location: number, units: number, start: number, end: number): boolean {
    if (!this.#acceptsPuts(1)) return false;
    this.tail().put(key, location, units, start, end);
    if (this.#putsLeft <= READING_PUTS) this.#readShare();
    this.#putsLeft -= 1;
    return true;
  }

  /** Reads the rest, or replays the log. Throws what the storage throws if the log cannot be read either. */
  complete(): void {
    try {
      if (this.#damage === undefined) this.#adopt();
    } catch (error) {
      this.#damage = error;
    }
    this.#index.pending = undefined;
    try {
      if (this.#damage !== undefined) this.#replay();
      // A replay may have applied them already: they change nothing then.
      this.#tail?.apply();
    } catch (error) {
      // It must not lack changes: the next operation tries again, from the log.
      this.#damage ??= error;
      this.#index.clear();
      this.#index.pending = this;
      throw error;
    }
    this.release();
  }

  /** Ends reading from the image. An index that is not complete cannot be used afterwards. */
  release(): void {
    this.#cancelPreload?.();
    this.#index.pending = undefined;
    this.#sections.close();
  }

  /**
   * Reads the rest in the background, off the thread, in pieces between turns of the event loop. It does not keep the process
   * alive. What cannot be read is left to the operation that needs it.
   */
  preload(later: Later): void {
    this.#cancelPreload = later(0, () => {
      this.#preloadSome().then(
        (hasMore) => hasMore && this.preload(later),
        () => {},
      );
    });
  }

  async #preloadSome(): Promise<boolean> {
    if (this.#index.pending !== this || this.#damage !== undefined) return false;
    const isRead = await this.#sections.preload();
    if (this.#index.pending !== this) return false;
    if (this.#sections.missing === 0) this.complete();
    return isRead && this.#sections.missing > 0;
  }

  /** Completes the index, and returns false, if `count` puts would be too many. */
  #acceptsPuts(count: number): boolean {
    if (count <= this.#putsLeft) return true;
    this.complete();
    return false;
  }

  #restore(image: IndexPieces): void {
    this.#index.restore(image, this);
    this.#imageUnits = this.#index.recordUnits;
  }

  /** What cannot be read, for damage or for want of memory, is left to the operation that needs it. */
  #readShare(): void {
    const count = Math.ceil(this.#sections.missing / this.#putsLeft);
    attempt(
      () => this.#sections.readSome(count),
      () => {},
    );
  }

  #adopt(): void {
    const { arena, directory } = this.#sections;
    this.#index.adopt(arena.whole(), directory.whole());
  }

  #replay(): void {
    this.#index.clear();
    this.#rebuild(this.#index, this.#damage);
  }
}

/** The place of the record of `key`, or `undefined`. Of a pending index, this reads only a few pieces. */
export function placeOf(index: KeyIndex, key: Uint8Array): RecordPlace | undefined {
  if (index.pending !== undefined) return index.pending.lookup(key);
  const node = index.find(key);
  return node === 0 ? undefined : { location: index.location(node), units: index.units(node) };
}
