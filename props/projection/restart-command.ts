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
   * After a restore, a crash may bring back entries from before it. Sequences do not show that: with an identity or
   * checkpoints it does not matter, and without them the guide says to clear the cache and sync it.
   */
  check(model: Readonly<HistoryModel>): boolean {
    return this.#ending !== 'crashed, unsynced entries lost' || model.identity !== undefined || model.hasCheckpoints;
  }

  run(_model: HistoryModel, { system }: HistoryUnderTest): void {
    if (this.#ending === 'synced') system.sync();
    else if (this.#ending === 'closed') system.restart();
    else system.crash(this.#ending === 'crashed');
  }

  toString(): string {
    return `restart(${this.#ending})`;
  }
}
