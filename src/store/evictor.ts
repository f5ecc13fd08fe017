import { StoreError } from '../base/store-error.ts';
import type { KeyIndex } from '../key-index/key-index.ts';
import { NO_NODE } from '../key-index/node-layout.ts';
import { bytesOf } from './generations.ts';

/**
 * Keeps live bytes within a bound by giving up entries before others come in.
 *
 * An entry that is given up is removed by a record, as `delete` removes it. Without one its put would still be in the log,
 * nothing would be left to delete, and after a reopening it would be back: older than what replaced it meanwhile, or under a
 * prefix that was deleted meanwhile.
 */
export class Evictor {
  readonly #index: KeyIndex;
  readonly #bytesMax: number;
  /** Appends the record that removes a key and returns its bytes. */
  readonly #appendDeletion: (key: Uint8Array) => number;
  /** Entries given up. */
  evictions = 0;

  constructor(index: KeyIndex, bytesMax: number, appendDeletion: (key: Uint8Array) => number) {
    this.#index = index;
    this.#bytesMax = bytesMax;
    this.#appendDeletion = appendDeletion;
  }

  /** Throws `TOO_LARGE` for what would not fit even into an empty store. */
  assertFits(bytes: number, puts: number): void {
    if (bytes <= this.#bytesMax) return;
    const what = puts === 1 ? 'an entry' : `a batch of ${puts} entries`;
    const advice = puts === 1 ? 'open the store with more' : 'split it or open the store with more';
    const message = `${what} that takes ${bytes} bytes is too large for \`maxBytes\` ${this.#bytesMax}: ${advice}`;
    throw new StoreError('TOO_LARGE', message);
  }

  /**
   * Gives up entries until records of `bytes` under `keys` may come in; what they replace stays until then. Returns the
   * bytes it appended to the log. What it throws the log has thrown; entries may be gone by then.
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
    return bytesOf(this.#index.recordUnits) + bytes <= this.#bytesMax;
  }

  #evictUntilFits(bytes: number): number {
    const { eviction } = this.#index;
    let appended = 0;
    while (!this.#fits(bytes)) {
      const node = eviction.next();
      // Only what is replaced is left then, and that fits, as the whole does.
      if (node === NO_NODE) break;
      appended += this.#appendDeletion(eviction.keyOf(node));
      this.#index.removeNode(node);
      this.evictions += 1;
    }
    return appended;
  }

  /** Holds the entries under `keys` and returns the bytes of their records. */
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
