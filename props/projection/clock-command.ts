import type { HistoryCommand } from './history-command.ts';
import type { HistoryModel } from './history-model.ts';

/** Time passes, or the clock is set forward or back. */
export class ClockCommand implements HistoryCommand {
  readonly #byUs: bigint;

  constructor(byUs: bigint) {
    this.#byUs = byUs;
  }

  check(): boolean {
    return true;
  }

  run(model: HistoryModel): void {
    model.moveClock(this.#byUs);
  }

  toString(): string {
    return `clock(${this.#byUs} us)`;
  }
}
