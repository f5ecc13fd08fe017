import { expect } from 'vitest';
import { bytes } from '../../test/store/store-history.ts';
import type { Model, StoreCommand, StoreUnderTest } from './store-model.ts';

export class DeleteCommand implements StoreCommand {
  readonly #key: string;

  constructor(key: string) {
    this.#key = key;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, real: StoreUnderTest): Promise<void> {
    expect(real.store.writer.delete(bytes(this.#key))).toBe(model.history.current.has(this.#key));
    model.history.accept((contents) => contents.delete(this.#key));
    real.check(model);
    await Promise.resolve();
  }

  toString(): string {
    return `delete(${JSON.stringify(this.#key.slice(0, 20))})`;
  }
}
