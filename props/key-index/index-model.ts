import type { KeyInterval } from '../../src/key-index/index-cursor.ts';

/** The expected entry of a key in the index. */
export interface ModelEntry {
  readonly key: Uint8Array;
  readonly location: number;
  readonly units: number;
}

/** A key as text that sorts like its bytes. */
export function nameOf(key: Uint8Array): string {
  return Buffer.from(key).toString('hex');
}

export function contains(interval: KeyInterval, key: Uint8Array): boolean {
  if (Buffer.compare(key, interval.lower) < 0) return false;
  return interval.upper === undefined || Buffer.compare(key, interval.upper) < 0;
}

/** The index as a plain map: slow and large, but obviously correct. */
export class IndexModel {
  readonly #entries = new Map<string, ModelEntry>();

  get size(): number {
    return this.#entries.size;
  }

  get recordUnits(): number {
    return this.sorted().reduce((sum, { units }) => sum + units, 0);
  }

  get(key: Uint8Array): ModelEntry | undefined {
    return this.#entries.get(nameOf(key));
  }

  /** The key that became one of the model so many keys before the last one, modulo their number. */
  recent(age: number): Uint8Array | undefined {
    return [...this.#entries.values()].at(-1 - (age % Math.max(this.size, 1)))?.key;
  }

  put(entry: ModelEntry): void {
    this.#entries.set(nameOf(entry.key), entry);
  }

  remove(key: Uint8Array): ModelEntry | undefined {
    const removed = this.get(key);
    this.#entries.delete(nameOf(key));
    return removed;
  }

  removeInterval(interval: KeyInterval): ModelEntry[] {
    const removed = this.within(interval);
    for (const { key } of removed) this.#entries.delete(nameOf(key));
    return removed;
  }

  sorted(): ModelEntry[] {
    return [...this.#entries.values()].sort((left, right) => Buffer.compare(left.key, right.key));
  }

  within(interval: KeyInterval): ModelEntry[] {
    return this.sorted().filter(({ key }) => contains(interval, key));
  }
}
