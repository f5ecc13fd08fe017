import type { HistoryCommand, HistoryUnderTest } from './history-command.ts';
import type { HistoryModel } from './history-model.ts';

/** Another version of a projection is deployed, and what the old one left is swept away, or not. */
export class DeployCommand implements HistoryCommand {
  readonly #which: number;
  readonly #sweeps: boolean;

  constructor(which: number, sweeps: boolean) {
    this.#which = which;
    this.#sweeps = sweeps;
  }

  check(): boolean {
    return true;
  }

  run(model: HistoryModel, { world }: HistoryUnderTest): void {
    model.deployNextVersion(this.#which);
    world.restart();
    if (!this.#sweeps || world.entries().length === 0) return;
    world.cache.work();
    world.sweep(model.projections);
  }

  toString(): string {
    return `deploy(${this.#which}${this.#sweeps ? ', sweep' : ''})`;
  }
}
