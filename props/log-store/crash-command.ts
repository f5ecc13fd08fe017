import { expect } from 'vitest';
import { contentsOf, equal, openStore, StoreHistory } from '../../test/store/store-history.ts';
import type { Survival } from '../../test/store/test-disk.ts';
import type { Model, StoreCommand, StoreUnderTest } from './store-model.ts';

/** The process or the machine stops abruptly; each change that was not synced has its own outcome. */
export class CrashCommand implements StoreCommand {
  readonly #survivals: readonly Survival[];
  readonly #keepsImage: boolean;

  /** `survivals` is repeated as often as needed. */
  constructor(survivals: readonly Survival[], keepsImage: boolean) {
    this.#survivals = survivals;
    this.#keepsImage = keepsImage;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, real: StoreUnderTest): Promise<void> {
    let drawn = 0;
    const disk = real.disk.afterCrash(() => {
      drawn += 1;
      return this.#survivals[(drawn - 1) % this.#survivals.length] ?? 'none';
    });
    if (!this.#keepsImage) for (const name of disk.names) if (/\.index2?$/.test(name)) disk.take(name);
    real.dropInto(disk);
    const contents = contentsOf(real.store);
    if (!model.history.isPrefix(contents)) expect.fail('the store is in no state between the last sync and the crash');
    expect(real.store.stats().recovery).toMatchObject({ damaged: [], forgotten: false });
    // Everything that was found is durable now: another crash leads to the same contents.
    const again = contentsOf(openStore(real.disk.afterCrash(() => 'none')));
    if (!equal(again, contents)) expect.fail('a second crash found another state');
    model.history = new StoreHistory(contents);
    real.check(model);
    await Promise.resolve();
  }

  toString(): string {
    return `crash(${this.#survivals.join()}, ${this.#keepsImage ? 'with' : 'without'} image)`;
  }
}
