import { expect } from 'vitest';
import { StoreError } from '../../src/base/store-error.ts';
import { Freshness } from '../../src/projection/freshness.ts';
import type { ProjectionResult } from '../../src/projection/projection-report.ts';
import type { HistoryCommand, HistoryUnderTest } from './history-command.ts';
import { describeState, type HistoryModel, mayBeRefused } from './history-model.ts';
import type { AnyProjection } from './history-projections.ts';
import { ConnectionLost, type LogFailure, type ProjectionWorld } from './projection-world.ts';

/** What is asked for. */
export interface Asking {
  /** Of the projections, by its place. */
  readonly which: number;
  readonly stream: string;
  readonly freshness: Freshness;
  readonly onBudget: 'throw' | 'stale';
  /** The event log fails after so many events, in this way. */
  readonly eventsUntilFailure: number | undefined;
  readonly failure: LogFailure;
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
    const result = this.#ask(world, projection, model);
    if (result === undefined || isUnseen) return;
    const fault = model.fault(projection, stream, freshness, result);
    if (fault !== undefined) expect.fail(`${this}: ${fault}; got ${describeState(result.state)}`);
    // The events are those it was folded from: a check that finds a difference is wrong.
    expect(result.report.shadow).not.toBe('different');
    if (result.report.outcome === 'empty' && result.report.cacheFailures.length === 0) {
      // What was cached of events that are gone must not come back as fresh enough, nor once others have taken their place.
      const always = Freshness.bestEffort({ maxStaleMs: Number.MAX_SAFE_INTEGER });
      expect(world.projector.project(projection, stream, always)).toBe(undefined);
    }
    spoil(result.state);
  }

  /** `undefined` where it ended by an error that it may end by. */
  #ask(world: ProjectionWorld, projection: AnyProjection, model: HistoryModel): ProjectionResult<unknown> | undefined {
    const { stream, freshness, onBudget, eventsUntilFailure, failure } = this.#asking;
    const before = world.entries();
    world.eventsUntilFailure = eventsUntilFailure ?? Number.POSITIVE_INFINITY;
    world.failure = failure;
    try {
      return world.projector.projectWithReport(projection, stream, freshness, { onBudget });
    } catch (error) {
      const code = error instanceof StoreError ? error.code : undefined;
      const isBudget = code === 'REPLAY_BUDGET';
      if (isBudget) expect([model.isBudgeted, onBudget]).toEqual([true, 'throw']);
      else if (code === 'STATE_CODEC')
        expect([`${error}`, mayBeRefused(model.log, stream, projection)]).toContain(true);
      else if (failure === 'throws') expect(error).toBeInstanceOf(ConnectionLost);
      else expect([code, eventsUntilFailure]).toEqual(['SOURCE_INVALID', expect.any(Number)]);
      // Of a read that failed nothing is cached; what a check found wrong may be gone.
      if (!isBudget) expect(before).toEqual(expect.arrayContaining(world.entries()));
      return undefined;
    } finally {
      world.eventsUntilFailure = Number.POSITIVE_INFINITY;
    }
  }

  toString(): string {
    const { which, stream, freshness, onBudget, eventsUntilFailure, failure: way } = this.#asking;
    const how = freshness.kind === 'consistent' ? 'consistent' : `within ${freshness.maxStaleMs} ms`;
    const failure = eventsUntilFailure === undefined ? '' : `, log fails (${way}) after ${eventsUntilFailure}`;
    return `project(${which}, ${stream}, ${how}, ${onBudget}${failure})`;
  }
}

/** What the caller does to its state is nobody else's business. */
function spoil(state: unknown): void {
  if (state instanceof Uint8Array || state instanceof Float64Array) state.fill(0xee);
  else if (state instanceof Map) state.clear();
  else if (typeof state === 'object' && state !== null)
    for (const key of Object.keys(state)) Reflect.deleteProperty(state, key);
}
