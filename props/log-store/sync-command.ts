import type { Model, StoreCommand, StoreUnderTest } from './store-model.ts';

/** Syncs on the thread, off the thread, or lets the turn end, which only writes. */
export class SyncCommand implements StoreCommand {
  readonly #how: 'sync' | 'async' | 'end of turn';

  constructor(how: 'sync' | 'async' | 'end of turn') {
    this.#how = how;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, real: StoreUnderTest): Promise<void> {
    const states = model.history.states.length;
    if (this.#how === 'sync') real.store.sync();
    else if (this.#how === 'async') await real.store.syncAsync();
    else await real.endTurn();
    if (this.#how !== 'end of turn') model.history.sync(states);
    real.check(model);
  }

  toString(): string {
    return this.#how;
  }
}
