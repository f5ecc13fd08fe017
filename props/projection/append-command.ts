import type { HistoryCommand, HistoryUnderTest } from './history-command.ts';
import type { HistoryModel } from './history-model.ts';
import type { HistoryEvent } from './history-projections.ts';

export class AppendCommand implements HistoryCommand {
  readonly #stream: string;
  readonly #events: readonly HistoryEvent[];
  readonly #gap: bigint;

  constructor(stream: string, events: readonly HistoryEvent[], gap: bigint) {
    this.#stream = stream;
    this.#events = events;
    this.#gap = gap;
  }

  check(): boolean {
    return true;
  }

  run(model: HistoryModel, { unseen }: HistoryUnderTest): void {
    for (const event of this.#events) {
      model.append(this.#stream, event, this.#gap);
      unseen.appended();
    }
  }

  toString(): string {
    const events = this.#events.map(({ kind, amount }) => `${kind} ${amount}`);
    return `append(${this.#stream}, [${events.join(', ')}], gap ${this.#gap})`;
  }
}
