import { bytes, text } from '../../test/store/store-history.ts';
import { type BodySeed, bodyBytes } from './store-arbitraries.ts';
import type { Model, StoreCommand, StoreUnderTest } from './store-model.ts';

const TRAILER: Uint8Array = bytes('trailer');

export class PutManyCommand implements StoreCommand {
  readonly #puts: readonly (readonly [string, BodySeed])[];

  constructor(puts: readonly (readonly [string, BodySeed])[]) {
    this.#puts = puts;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, real: StoreUnderTest): Promise<void> {
    const puts = this.#puts.map(([key, seed]) => ({ key, value: bodyBytes(seed) }));
    real.store.writer.putMany(puts.map(({ key, value }) => ({ key: bytes(key), value, trailer: TRAILER })));
    model.history.accept((contents) => {
      for (const { key, value } of puts) contents.set(key, text(value) + text(TRAILER));
    });
    real.check(model);
    await Promise.resolve();
  }

  toString(): string {
    const puts = this.#puts.map(([key, { length }]) => `${JSON.stringify(key.slice(0, 20))}: ${length}`);
    return `putMany(${puts.join(', ')})`;
  }
}
