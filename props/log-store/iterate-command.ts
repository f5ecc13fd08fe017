import { expect } from 'vitest';
import { bytes, entriesOf, text } from '../../test/store/store-history.ts';
import { keysWithin, type Range } from './range-command.ts';
import type { Model, StoreCommand, StoreUnderTest } from './store-model.ts';

/** Before the entry with index `at` is requested, `key` gets `body`, or is removed if that is `undefined`. */
export interface Interruption {
  readonly at: number;
  readonly key: string;
  readonly body: string | undefined;
}

/** Iterates over a range during writes. */
export class IterateCommand implements StoreCommand {
  readonly #range: Range;
  readonly #interruptions: readonly Interruption[];

  constructor(range: Range, interruptions: readonly Interruption[]) {
    this.#range = range;
    this.#interruptions = interruptions;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, real: StoreUnderTest): Promise<void> {
    const { lower, upper, reverse } = this.#range;
    const interval = { lower: bytes(lower), upper: upper === undefined ? undefined : bytes(upper) };
    const always = new Set(keysWithin(model.history.current.keys(), this.#range));
    const met: string[] = [];
    const entries = entriesOf(real.store, interval, reverse);
    while (true) {
      for (const interruption of this.#interruptions) {
        if (interruption.at === met.length) this.#interrupt(model, real, interruption, always);
      }
      const { value } = entries.next();
      if (value === undefined) break;
      const [key, body] = value.map(text) as [string, string];
      if (model.history.current.get(key) !== body) expect.fail(`${key} has another value than at the time of its step`);
      met.push(key);
    }
    expect(met).toEqual(keysWithin(new Set(met), this.#range));
    expect([...always].filter((key) => !met.includes(key))).toEqual([]);
    real.check(model);
    await Promise.resolve();
  }

  #interrupt(model: Model, real: StoreUnderTest, { key, body }: Interruption, always: Set<string>): void {
    if (body === undefined) {
      real.store.writer.delete(bytes(key));
      always.delete(key);
      model.history.accept((contents) => contents.delete(key));
    } else {
      real.store.writer.put(bytes(key), bytes(body));
      model.history.accept((contents) => contents.set(key, body));
    }
  }

  toString(): string {
    return `iterate(${JSON.stringify(this.#range).slice(0, 100)}, ${this.#interruptions.length} writes)`;
  }
}
