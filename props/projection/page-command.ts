import { expect } from 'vitest';
import { StoreError } from '../../src/base/store-error.ts';
import { type HistoryCommand, type HistoryUnderTest, streams } from './history-command.ts';
import { describeState, type HistoryModel, mayBeRefused, replayed } from './history-model.ts';
import type { AnyProjection } from './history-projections.ts';

/** A page with all streams, one of them twice: each state is the replay of its stream. */
export class PageCommand implements HistoryCommand {
  readonly #which: number;

  constructor(which: number) {
    this.#which = which;
  }

  check(): boolean {
    return true;
  }

  run(model: HistoryModel, { system, unseen }: HistoryUnderTest): void {
    const projection = model.projections[this.#which % model.projections.length] as AnyProjection;
    const page = [...streams, ...streams.slice(0, 1)];
    const isUnseen = page.map((stream) => unseen.isUnseen(projection, stream));
    try {
      const states = system.projector.projectMany(projection, page);
      for (const [at, stream] of page.entries()) {
        if (isUnseen[at] === true) continue;
        expect(describeState(states[at]), `${this}: ${stream}`).toBe(
          describeState(replayed(model.log, stream, projection)),
        );
      }
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const isRefused =
        error.code === 'STATE_CODEC' && page.some((stream) => mayBeRefused(model.log, stream, projection));
      expect([isRefused, error.code === 'REPLAY_BUDGET' && model.isBudgeted]).toContain(true);
    }
  }

  toString(): string {
    return `page(${this.#which})`;
  }
}
