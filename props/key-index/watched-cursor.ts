import { expect } from 'vitest';
import type { IndexCursor, KeyInterval } from '../../src/key-index/index-cursor.ts';
import type { KeyIndex } from '../../src/key-index/key-index.ts';
import { contains, type IndexModel, nameOf } from './index-model.ts';

/**
 * A cursor and the keys it must yield: only keys within its bounds, each once and in order, no absent ones, and all
 * keys that existed from its creation until it passed them.
 */
export class WatchedCursor {
  readonly #index: KeyIndex;
  readonly #model: IndexModel;
  readonly #interval: KeyInterval;
  readonly #sign: number;
  readonly #cursor: IndexCursor;
  readonly #owed: Set<string>;
  #last: string | undefined;
  #ended = false;

  constructor(index: KeyIndex, model: IndexModel, interval: KeyInterval, reverse: boolean) {
    this.#index = index;
    this.#model = model;
    this.#interval = interval;
    this.#sign = reverse ? -1 : 1;
    this.#cursor = index.cursor(interval, reverse);
    this.#owed = new Set(model.within(interval).map(({ key }) => nameOf(key)));
  }

  /** A removed key need not be yielded any more, even if it is put again. */
  forgive(key: Uint8Array): void {
    this.#owed.delete(nameOf(key));
  }

  step(): void {
    const node = this.#cursor.next();
    if (node === 0) {
      this.#ended = true;
      expect([...this.#owed]).toEqual([]);
      return;
    }
    expect(this.#ended).toBe(false);
    const key = this.#cursor.key();
    const name = nameOf(key);
    expect(contains(this.#interval, key)).toBe(true);
    expect(this.#model.get(key)).toBeDefined();
    expect(node).toBe(this.#index.find(key));
    if (this.#last !== undefined) expect(this.#isBefore(this.#last, name)).toBe(true);
    this.#owed.delete(name);
    this.#last = name;
    expect([...this.#owed].filter((owed) => this.#isBefore(owed, name))).toEqual([]);
  }

  /** Hexadecimal text sorts like its bytes. */
  #isBefore(left: string, right: string): boolean {
    return this.#sign > 0 ? left < right : left > right;
  }
}
