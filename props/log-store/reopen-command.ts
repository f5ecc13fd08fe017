import { expect } from 'vitest';
import type { Model, StoreCommand, StoreUnderTest } from './store-model.ts';

/** Closes and reopens, with or without the index image. */
export class ReopenCommand implements StoreCommand {
  readonly #keepsImage: boolean;

  constructor(keepsImage: boolean) {
    this.#keepsImage = keepsImage;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, real: StoreUnderTest): Promise<void> {
    await real.close();
    expect({ openFiles: real.disk.openFiles, locked: real.disk.locked }).toEqual({ openFiles: 0, locked: false });
    model.history.sync();
    if (!this.#keepsImage) for (const name of real.disk.names) if (/\.index2?$/.test(name)) real.disk.take(name);
    real.reopen();
    expect(real.store.stats().recovery).toMatchObject({ clean: true, tornBytes: 0, imageUsed: this.#keepsImage });
    real.checkContents(model);
  }

  toString(): string {
    return `reopen(${this.#keepsImage ? 'with' : 'without'} image)`;
  }
}
