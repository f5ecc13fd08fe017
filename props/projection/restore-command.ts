import { type HistoryCommand, type HistoryUnderTest, streams } from './history-command.ts';
import type { HistoryModel } from './history-model.ts';
import type { HistoryEvent } from './history-projections.ts';

/** How an event log is restored. */
export interface Restoring {
  /** The share of its events that the backup has. */
  readonly share: number;
  readonly reusesSequences: boolean;
  /** The log grows again before anybody reads it, by as many events as it lost and some more; absent: it does not. */
  readonly grown: { readonly stream: string; readonly event: HistoryEvent; readonly beyond: number } | undefined;
}

/** The event log is restored from a backup that has a part of its events. */
export class RestoreCommand implements HistoryCommand {
  readonly #restoring: Restoring;

  constructor(restoring: Restoring) {
    this.#restoring = restoring;
  }

  check(): boolean {
    return true;
  }

  run(model: HistoryModel, { unseen }: HistoryUnderTest): void {
    const { share, reusesSequences, grown } = this.#restoring;
    const before = model.log.length;
    model.restore(Math.floor(before * share), reusesSequences);
    unseen.restored(streams);
    if (grown === undefined) return;
    for (let events = before - model.log.length + grown.beyond; events > 0; events -= 1) {
      model.append(grown.stream, grown.event, 0n);
      unseen.appended();
    }
  }

  toString(): string {
    const { share, reusesSequences, grown } = this.#restoring;
    const growth = grown === undefined ? '' : `, grown in ${grown.stream} by ${grown.beyond} more than it lost`;
    return `restore(${share}${reusesSequences ? ', sequences reused' : ''}${growth})`;
  }
}
