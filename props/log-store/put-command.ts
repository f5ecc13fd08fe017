import { bytes, text } from '../../test/store/store-history.ts';
import { type BodySeed, bodyBytes } from './store-arbitraries.ts';
import type { Model, StoreCommand, StoreUnderTest } from './store-model.ts';

export class PutCommand implements StoreCommand {
  readonly #key: string;
  readonly #body: BodySeed;

  constructor(key: string, body: BodySeed) {
    this.#key = key;
    this.#body = body;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, real: StoreUnderTest): Promise<void> {
    const body = bodyBytes(this.#body);
    // The trailer is stored right after the value: where the body is split must not matter.
    const cut = Math.max(0, body.length - (this.#body.fill % 17));
    const key = bytes(this.#key);
    real.store.writer.put(key, body.subarray(0, cut), body.subarray(cut));
    const stored = text(body);
    model.history.accept((contents) => contents.set(this.#key, stored));
    // Later changes to the caller's bytes must not affect the store.
    key.fill(1);
    body.fill(1);
    real.check(model);
    await Promise.resolve();
  }

  toString(): string {
    return `put(${JSON.stringify(this.#key.slice(0, 20))}/${this.#key.length}, ${JSON.stringify(this.#body)})`;
  }
}
