import type { LogCache } from '../../src/cache/log-cache.ts';
import { operationAt, valueFor, type Workload } from './operations.ts';

/** At most this many deletions may follow the newest put that survived. */
const trailingDeletionsMax = 4;

/** The watermark of each key after the first so many operations. */
export class Model {
  readonly #workload: Workload;
  readonly watermarks: Map<string, number> = new Map();
  operations = 0;

  constructor(workload: Workload) {
    this.#workload = workload;
  }

  /** Continues until `operations` of them are done. */
  advanceTo(operations: number): void {
    for (; this.operations < operations; this.operations += 1) this.#perform(this.operations);
  }

  #perform(number: number): void {
    const operation = operationAt(this.#workload, number);
    if (operation.type === 'put') {
      for (const key of operation.keys) this.watermarks.set(key, number);
    } else if (operation.type === 'delete') {
      this.watermarks.delete(operation.key);
    } else {
      for (const key of this.watermarks.keys()) if (key.startsWith(operation.prefix)) this.watermarks.delete(key);
    }
  }
}

/** The watermark of each entry. Throws if a value is not the one that was put with its watermark. */
export function watermarksOf(cache: LogCache, workload: Workload): Map<string, number> {
  const watermarks = new Map<string, number>();
  const decoder = new TextDecoder();
  for (const [keyBytes, { value, meta }] of cache.entries()) {
    const key = decoder.decode(keyBytes);
    const number = Number(meta.watermark);
    if (Buffer.compare(value, valueFor(workload, number, key)) !== 0) throw new Error(`${key} has a wrong value`);
    watermarks.set(key, number);
  }
  return watermarks;
}

/**
 * How many operations a cache holds: its contents are exactly the result of the first so many. Throws if there is no
 * such number, or if it is less than `synced`.
 */
export function operationsHeld(cache: LogCache, workload: Workload, synced: number): number {
  return new HeldOperations(workload).in(cache, synced);
}

/** `operationsHeld` for a cache that is examined again and again: it must not go back. */
export class HeldOperations {
  readonly #workload: Workload;
  #model: Model;
  #held = 0;

  constructor(workload: Workload) {
    this.#workload = workload;
    this.#model = new Model(workload);
  }

  /** How many operations the cache holds. Throws if it is less than `synced`, or less than the last time. */
  in(cache: LogCache, synced: number): number {
    const watermarks = watermarksOf(cache, this.#workload);
    const newest = Math.max(-1, ...chunkMaxima([...watermarks.values()]));
    const first = Math.max(synced, newest + 1, this.#held);
    for (let operations = first; operations <= first + trailingDeletionsMax; operations += 1) {
      this.#model.advanceTo(operations);
      if (!isSame(watermarks, this.#model.watermarks)) continue;
      this.#held = operations;
      return operations;
    }
    // The model is ahead, and it cannot go back.
    this.#model = new Model(this.#workload);
    this.#model.advanceTo(first);
    const facts = `of ${synced} synced operations, ${this.#held} seen before, newest put ${newest}`;
    throw new Error(`${facts}: ${differences(watermarks, this.#model.watermarks)}`);
  }
}

function isSame(held: ReadonlyMap<string, number>, expected: ReadonlyMap<string, number>): boolean {
  if (held.size !== expected.size) return false;
  for (const [key, watermark] of expected) if (held.get(key) !== watermark) return false;
  return true;
}

function differences(held: ReadonlyMap<string, number>, expected: ReadonlyMap<string, number>): string {
  const keys = [...new Set([...held.keys(), ...expected.keys()])].filter((key) => held.get(key) !== expected.get(key));
  const shown = keys.slice(0, 5).map((key) => `${key} is ${held.get(key)}, not ${expected.get(key)}`);
  return `${keys.length} keys differ: ${shown.join('; ')}`;
}

/** Maxima of chunks, as a call accepts only a limited number of arguments. */
function* chunkMaxima(numbers: readonly number[]): Generator<number> {
  for (let at = 0; at < numbers.length; at += 10_000) yield Math.max(...numbers.slice(at, at + 10_000));
}
