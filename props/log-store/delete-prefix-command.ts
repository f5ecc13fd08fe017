import { expect } from 'vitest';
import { bytes } from '../../test/store/store-history.ts';
import type { Model, StoreCommand, StoreUnderTest } from './store-model.ts';

export class DeletePrefixCommand implements StoreCommand {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, real: StoreUnderTest): Promise<void> {
    const removed = [...model.history.current.keys()].filter((key) => key.startsWith(this.#prefix));
    expect(real.store.writer.deletePrefix(bytes(this.#prefix))).toBe(removed.length);
    model.history.accept((contents) => {
      for (const key of removed) contents.delete(key);
    });
    real.check(model);
    await Promise.resolve();
  }

  toString(): string {
    return `deletePrefix(${JSON.stringify(this.#prefix.slice(0, 20))})`;
  }
}
