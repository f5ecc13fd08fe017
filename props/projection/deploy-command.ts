import { expect } from 'vitest';
import { projectionKey } from '../../src/projection/projection-key.ts';
import { type HistoryCommand, type HistoryUnderTest, streams } from './history-command.ts';
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
    const isLive = ([key]: readonly [Uint8Array, unknown]): boolean =>
      model.projections.some(({ name, version }) =>
        streams.some((stream) => projectionKey(stream, name, version).every((byte, at) => key[at] === byte)),
      );
    const live = world.entries().filter(isLive);
    world.sweep(model.projections);
    // Under an identity, also what is of an earlier one goes.
    if (model.identity === undefined) expect(world.entries()).toEqual(live);
    else expect(live).toEqual(expect.arrayContaining(world.entries()));
  }

  toString(): string {
    return `deploy(${this.#which}${this.#sweeps ? ', sweep' : ''})`;
  }
}
