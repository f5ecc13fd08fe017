import { expect } from 'vitest';
import { bytes, getBody, text } from '../../test/store/store-history.ts';
import type { Model, StoreCommand, StoreUnderTest } from './store-model.ts';

export class GetCommand implements StoreCommand {
  readonly #key: string;

  constructor(key: string) {
    this.#key = key;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, real: StoreUnderTest): Promise<void> {
    const expected = model.history.current.get(this.#key);
    expect(real.store.reader.has(bytes(this.#key))).toBe(expected !== undefined);
    const found = getBody(real.store, bytes(this.#key));
    if ((found === undefined ? undefined : text(found)) !== expected) expect.fail(`wrong value of ${this.#key}`);
    // The result belongs to the caller.
    found?.fill(1);
    real.check(model);
    await Promise.resolve();
  }

  toString(): string {
    return `get(${JSON.stringify(this.#key.slice(0, 20))})`;
  }
}
