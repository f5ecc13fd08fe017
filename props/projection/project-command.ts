import { expect } from 'vitest';
import { StoreError } from '../../src/base/store-error.ts';
import { Freshness } from '../../src/projection/freshness.ts';
import type { ProjectionResult } from '../../src/projection/projection-report.ts';
import type { HistoryCommand, HistoryUnderTest } from './history-command.ts';
import { describeState, type HistoryModel, mayBeRefused } from './history-model.ts';
import type { AnyProjection } from './history-projections.ts';
import { ConnectionLost, type LogFailure, type ProjectorUnderTest } from './projector-under-test.ts';

/** The parameters of a call. */
export interface Asking {
  /** The index of the projection. */
  readonly which: number;
  readonly stream: string;
  readonly freshness: Freshness;
  readonly onBudget: 'throw' | 'stale';
  /** The event log fails after this many events, in the way of `failure`. */
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

  run(model: HistoryModel, { system, unseen }: HistoryUnderTest): void {
    const { which, stream, freshness } = this.#asking;
    const projection = model.projections[which % model.projections.length] as AnyProjection;
    const isUnseen = unseen.isUnseen(projection, stream);
    const result = this.#ask(system, projection, model);
    if (result === undefined || isUnseen) return;
    const fault = model.fault(projection, stream, freshness, result);
    if (fault !== undefined) expect.fail(`${this}: ${fault}; got ${describeState(result.state)}`);
    // The events are those it was folded from: a check that finds a difference is wrong.
    expect(result.report.shadow).not.toBe('different');
    if (result.report.outcome === 'empty' && result.report.cacheFailures.length === 0) {
      // A state of events that are gone must not come back as fresh enough, nor after others have taken their place.
      const always = Freshness.bestEffort({ maxStaleMs: Number.MAX_SAFE_INTEGER });
      expect(system.projector.project(projection, stream, always)).toBe(undefined);
    }
    spoil(result.state);
  }

  /** `undefined` if it ended with an error that is allowed. */
  #ask(
    system: ProjectorUnderTest,
    projection: AnyProjection,
    model: HistoryModel,
  ): ProjectionResult<unknown> | undefined {
    const { stream, freshness, onBudget, eventsUntilFailure, failure } = this.#asking;
    const before = system.entries();
    system.eventsUntilFailure = eventsUntilFailure ?? Number.POSITIVE_INFINITY;
    system.failure = failure;
    try {
      return system.projector.projectWithReport(projection, stream, freshness, { onBudget });
    } catch (error) {
      const code = error instanceof StoreError ? error.code : undefined;
      const isBudget = code === 'REPLAY_BUDGET';
      if (isBudget) expect([model.isBudgeted, onBudget]).toEqual([true, 'throw']);
      else if (code === 'STATE_CODEC')
        expect([`${error}`, mayBeRefused(model.log, stream, projection)]).toContain(true);
      else if (failure === 'throws') expect(error).toBeInstanceOf(ConnectionLost);
      else expect([code, eventsUntilFailure]).toEqual(['SOURCE_INVALID', expect.any(Number)]);
      // A failed read caches nothing; a state that a check found wrong may be gone.
      if (!isBudget) expect(before).toEqual(expect.arrayContaining(system.entries()));
      return undefined;
    } finally {
      system.eventsUntilFailure = Number.POSITIVE_INFINITY;
    }
  }

  toString(): string {
    const { which, stream, freshness, onBudget, eventsUntilFailure, failure: way } = this.#asking;
    const how = describeFreshness(freshness);
    const failure = eventsUntilFailure === undefined ? '' : `, log fails (${way}) after ${eventsUntilFailure}`;
    return `project(${which}, ${stream}, ${how}, ${onBudget}${failure})`;
  }
}

function describeFreshness(freshness: Freshness): string {
  if (freshness.kind === 'atLeast') return `at least ${freshness.watermark}`;
  return freshness.kind === 'consistent' ? 'consistent' : `within ${freshness.maxStaleMs} ms`;
}

/** Changes to a caller's state must not affect others. */
function spoil(state: unknown): void {
  if (state instanceof Uint8Array || state instanceof Float64Array) state.fill(0xee);
  else if (state instanceof Map) state.clear();
  else if (typeof state === 'object' && state !== null)
    for (const key of Object.keys(state)) Reflect.deleteProperty(state, key);
}
