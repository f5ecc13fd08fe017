import { expect } from 'vitest';
import { bytes, entriesOf, text } from '../../test/store/store-history.ts';
import type { Model, StoreCommand, StoreUnderTest } from './store-model.ts';

export interface Range {
  readonly lower: string;
  readonly upper: string | undefined;
  readonly reverse: boolean;
}

/** The keys of the model within a range, in its order. */
export function keysWithin(keys: Iterable<string>, { lower, upper, reverse }: Range): string[] {
  const within = [...keys].filter((key) => key >= lower && (upper === undefined || key < upper)).sort();
  return reverse ? within.reverse() : within;
}

export class RangeCommand implements StoreCommand {
  readonly #range: Range;

  constructor(range: Range) {
    this.#range = range;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, real: StoreUnderTest): Promise<void> {
    const { lower, upper, reverse } = this.#range;
    const interval = { lower: bytes(lower), upper: upper === undefined ? undefined : bytes(upper) };
    const expected = keysWithin(model.history.current.keys(), this.#range);
    expect([...real.store.reader.keys({ interval, reverse, limit: Number.POSITIVE_INFINITY })].map(text)).toEqual(
      expected,
    );
    const entries = [...entriesOf(real.store, interval, reverse)].map(([key, body]) => [text(key), text(body)]);
    const wrong = entries.filter(
      ([key = '', body], i) => key !== expected[i] || body !== model.history.current.get(key),
    );
    expect([entries.length, wrong]).toEqual([expected.length, []]);
    real.check(model);
    await Promise.resolve();
  }

  toString(): string {
    return `range(${JSON.stringify(this.#range).slice(0, 100)})`;
  }
}
