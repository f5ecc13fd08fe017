import { expect } from 'vitest';
import { StoreError } from '../../src/base/store-error.ts';
import type { Freshness } from '../../src/projection/freshness.ts';
import type { ProjectionResult } from '../../src/projection/projection-report.ts';
import type { HistoryCommand, HistoryUnderTest } from './history-command.ts';
import { describeState, type HistoryModel } from './history-model.ts';
import type { AnyProjection } from './history-projections.ts';
import { ConnectionLost, type ProjectionWorld } from './projection-world.ts';

/** What is asked for. */
export interface Asking {
  /** Of the projections, by its place. */
  readonly which: number;
  readonly stream: string;
  readonly freshness: Freshness;
  readonly onBudget: 'throw' | 'stale';
  /** The event log fails after so many events. */
  readonly eventsUntilFailure: number | undefined;
}

export class ProjectCommand implements HistoryCommand {
  readonly #asking: Asking;

  constructor(asking: Asking) {
    this.#asking = asking;
  }

  check(): boolean {
    return true;
  }

  run(model: HistoryModel, { world, unseen }: HistoryUnderTest): void {
    const { which, stream, freshness } = this.#asking;
    const projection = model.projections[which % model.projections.length] as AnyProjection;
    const isUnseen = unseen.isUnseen(projection, stream);
    const result = this.#ask(world, projection, model.isBudgeted);
    if (result === undefined || isUnseen) return;
    const fault = model.fault(projection, stream, freshness, result);
    if (fault !== undefined) expect.fail(`${this}: ${fault}; got ${describeState(result.state)}`);
    // What the caller does to its state is nobody else's business.
    if (result.state instanceof Uint8Array) result.state.fill(0xee);
  }

  /** `undefined` where it ended by an error that it may end by. */
  #ask(world: ProjectionWorld, projection: AnyProjection, isBudgeted: boolean): ProjectionResult<unknown> | undefined {
    const { stream, freshness, onBudget, eventsUntilFailure } = this.#asking;
    const before = world.entries();
    world.eventsUntilFailure = eventsUntilFailure ?? Number.POSITIVE_INFINITY;
    try {
      return world.projector.projectWithReport(projection, stream, freshness, { onBudget });
    } catch (error) {
      const isBudget = error instanceof StoreError && error.code === 'REPLAY_BUDGET';
      if (isBudget) expect([isBudgeted, onBudget]).toEqual([true, 'throw']);
      else expect(error).toBeInstanceOf(ConnectionLost);
      // Of a read that failed nothing is cached; what a check found wrong may be gone.
      if (!isBudget) expect(before).toEqual(expect.arrayContaining(world.entries()));
      return undefined;
    } finally {
      world.eventsUntilFailure = Number.POSITIVE_INFINITY;
    }
  }

  toString(): string {
    const { which, stream, freshness, onBudget, eventsUntilFailure } = this.#asking;
    const how = freshness.kind === 'consistent' ? 'consistent' : `within ${freshness.maxStaleMs} ms`;
    const failure = eventsUntilFailure === undefined ? '' : `, log fails after ${eventsUntilFailure}`;
    return `project(${which}, ${stream}, ${how}, ${onBudget}${failure})`;
  }
}
