import { StoreError } from '../base/store-error.ts';
import type { KeyIndex } from '../key-index/key-index.ts';
import { NO_NODE } from '../key-index/node-layout.ts';
import { bytesOf } from './generations.ts';

/**
 * Keeps the live bytes within `maxBytes`: evicts entries before new ones are accepted.
 *
 * An eviction appends a DELETE record, as `delete` does. Without it the put would still be in the log and come back
 * when the store is reopened, although it may have been replaced, or its prefix deleted, after the eviction.
 */
export class Evictor {
  readonly #index: KeyIndex;
  readonly #bytesMax: number;
  /** Appends the record that removes a key and returns its bytes. */
  readonly #appendDeletion: (key: Uint8Array) => number;
  /** Number of evicted entries. */
  evictions = 0;

  constructor(index: KeyIndex, bytesMax: number, appendDeletion: (key: Uint8Array) => number) {
    this.#index = index;
    this.#bytesMax = bytesMax;
    this.#appendDeletion = appendDeletion;
  }

  /** Throws `TOO_LARGE` for a put or batch that would not fit even into an empty store. */
  assertFits(bytes: number, puts: number): void {
    if (bytes <= this.#bytesMax) return;
    const what = puts === 1 ? 'an entry' : `a batch of ${puts} entries`;
    const advice = puts === 1 ? 'open the store with more' : 'split it or open the store with more';
    const message = `${what} that takes ${bytes} bytes is too large for \`maxBytes\` ${this.#bytesMax}: ${advice}`;
    throw new StoreError('TOO_LARGE', message);
  }

  /**
   * Evicts entries until records of `bytes` under `keys` fit; it spares the entries that these replace. Returns the
   * bytes it appended to the log. Throws what the log throws; some entries may be evicted by then.
   */
  makeRoom(keys: readonly { readonly key: Uint8Array }[], bytes: number): number {
    if (this.#fits(bytes)) return 0;
    try {
      return this.#evictUntilFits(bytes - this.#hold(keys));
    } finally {
      this.#release(keys);
    }
  }

  #fits(bytes: number): boolean {
    const most = (this.#bytesMax - bytes) / bytesOf(1);
    // The first puts after an opening need not read all of an image for its exact sum.
    return (this.#index.pending?.unitsAtMost ?? Number.POSITIVE_INFINITY) <= most || this.#index.recordUnits <= most;
  }

  #evictUntilFits(bytes: number): number {
    this.#index.pending?.complete();
    const { eviction } = this.#index;
    let appended = 0;
    while (!this.#fits(bytes)) {
      const node = eviction.next();
      // Only the entries to be replaced are left, and their replacements fit.
      if (node === NO_NODE) break;
      appended += this.#appendDeletion(eviction.keyOf(node));
      this.#index.removeNode(node);
      this.evictions += 1;
    }
    return appended;
  }

  /** Protects the entries under `keys` from eviction and returns the bytes of their records. */
  #hold(keys: readonly { readonly key: Uint8Array }[]): number {
    let units = 0;
    for (const { key } of keys) {
      const node = this.#index.find(key);
      if (node !== NO_NODE && this.#index.eviction.hold(node)) units += this.#index.units(node);
    }
    return bytesOf(units);
  }

  #release(keys: readonly { readonly key: Uint8Array }[]): void {
    for (const { key } of keys) {
      const node = this.#index.find(key);
      if (node !== NO_NODE) this.#index.eviction.release(node);
    }
  }
}
