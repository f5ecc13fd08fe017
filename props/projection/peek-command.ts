import { expect } from 'vitest';
import type { HistoryCommand, HistoryUnderTest } from './history-command.ts';
import { describeState, type HistoryModel } from './history-model.ts';
import type { AnyProjection } from './history-projections.ts';

/** Looks at the cached state: the one in the cache, which was right at its watermark. */
export class PeekCommand implements HistoryCommand {
  readonly #which: number;
  readonly #stream: string;

  constructor(which: number, stream: string) {
    this.#which = which;
    this.#stream = stream;
  }

  check(): boolean {
    return true;
  }

  run(model: HistoryModel, { system, unseen }: HistoryUnderTest): void {
    const projection = model.projections[this.#which % model.projections.length] as AnyProjection;
    const isUnseen = unseen.isUnseen(projection, this.#stream);
    const peeked = system.projector.peek(projection, this.#stream);
    if (peeked === undefined || isUnseen) return;
    const { state, watermark } = peeked;
    const wasRight = model.wasReplay(projection, this.#stream, state, watermark);
    if (!wasRight) expect.fail(`${this}: never the replay up to ${watermark}; got ${describeState(state)}`);
  }

  toString(): string {
    return `peek(${this.#which}, ${this.#stream})`;
  }
}
