import { type HistoryCommand, type HistoryUnderTest, streams } from './history-command.ts';
import type { HistoryModel } from './history-model.ts';

/** The event log is restored from a backup that has a part of its events. */
export class RestoreCommand implements HistoryCommand {
  readonly #share: number;
  readonly #reusesSequences: boolean;

  constructor(share: number, reusesSequences: boolean) {
    this.#share = share;
    this.#reusesSequences = reusesSequences;
  }

  check(): boolean {
    return true;
  }

  run(model: HistoryModel, { unseen }: HistoryUnderTest): void {
    model.restore(Math.floor(model.log.length * this.#share), this.#reusesSequences);
    unseen.restored(streams);
  }

  toString(): string {
    return `restore(${this.#share}${this.#reusesSequences ? ', sequences reused' : ''})`;
  }
}
