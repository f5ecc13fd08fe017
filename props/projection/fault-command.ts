import type { FaultyVerb } from './faulty-cache.ts';
import type { HistoryCommand, HistoryUnderTest } from './history-command.ts';
import type { HistoryModel } from './history-model.ts';

/** The next calls of the cache throw. */
export class FaultCommand implements HistoryCommand {
  readonly #verb: FaultyVerb;
  readonly #times: number;

  constructor(verb: FaultyVerb, times: number) {
    this.#verb = verb;
    this.#times = times;
  }

  check(): boolean {
    return true;
  }

  run(_model: HistoryModel, { system }: HistoryUnderTest): void {
    system.cache.failNext(this.#verb, this.#times);
  }

  toString(): string {
    return `fault(${this.#verb}, ${this.#times} times)`;
  }
}
