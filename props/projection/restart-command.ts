import type { HistoryCommand, HistoryUnderTest } from './history-command.ts';
import type { HistoryModel } from './history-model.ts';

/** How a process ends before it is started again. */
export type Ending = 'closed' | 'synced' | 'crashed' | 'crashed, unsynced entries lost';

export class RestartCommand implements HistoryCommand {
  readonly #ending: Ending;

  constructor(ending: Ending) {
    this.#ending = ending;
  }

  /**
   * Entries that a crash brings back may be of before a restore. Numbers do not tell them then: with an identity nothing
   * need be told, and without one the guide says to clear the cache and sync it.
   */
  check(model: Readonly<HistoryModel>): boolean {
    return this.#ending !== 'crashed, unsynced entries lost' || model.identity !== undefined;
  }

  run(_model: HistoryModel, { world }: HistoryUnderTest): void {
    if (this.#ending === 'synced') world.sync();
    else if (this.#ending === 'closed') world.restart();
    else world.crash(this.#ending === 'crashed');
  }

  toString(): string {
    return `restart(${this.#ending})`;
  }
}
