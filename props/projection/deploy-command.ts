import { expect } from 'vitest';
import { projectionKey } from '../../src/projection/projection-key.ts';
import { type HistoryCommand, type HistoryUnderTest, streams } from './history-command.ts';
import type { HistoryModel } from './history-model.ts';

/** Another version of a projection is deployed, and the entries of the old one are swept or kept. */
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

  run(model: HistoryModel, { system }: HistoryUnderTest): void {
    model.deployNextVersion(this.#which);
    system.restart();
    if (!this.#sweeps || system.entries().length === 0) return;
    system.cache.work();
    const isLive = ([key]: readonly [Uint8Array, unknown]): boolean =>
      model.projections.some(({ name, version }) =>
        streams.some((stream) => projectionKey(stream, name, version).every((byte, at) => key[at] === byte)),
      );
    const live = system.entries().filter(isLive);
    system.sweep(model.projections);
    // With an identity, the entries of an earlier identity are removed too.
    if (model.identity === undefined) expect(system.entries()).toEqual(live);
    else expect(live).toEqual(expect.arrayContaining(system.entries()));
  }

  toString(): string {
    return `deploy(${this.#which}${this.#sweeps ? ', sweep' : ''})`;
  }
}
