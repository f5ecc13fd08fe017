import { assertOptions } from '../base/options.ts';
import type { StoreError } from '../base/store-error.ts';
import { type ProjectionSubject, projectionError } from './projection-subject.ts';

/** Limits of one fold. The first event is always folded, so that each retry advances. */
export interface ReplayBudget {
  /** The maximum number of events folded; a positive integer, default: no limit. */
  readonly events?: number;
  /** The maximum time of a fold, in milliseconds; a positive number, default: no limit. It is checked before each event. */
  readonly ms?: number;
}

/**
 * A copy of a budget. Throws `TypeError` for an invalid budget and `RangeError` for a limit that is not positive.
 */
export function checkedBudget(budget: ReplayBudget): ReplayBudget {
  assertOptions(budget, 'replayBudget', ['events', 'ms']);
  const { events = 1, ms = 1 } = budget;
  if (!Number.isSafeInteger(events) || events < 1) {
    throw new RangeError(`replayBudget.events must be a positive integer, not ${String(events)}`);
  }
  if (!(typeof ms === 'number' && ms > 0)) {
    throw new RangeError(`replayBudget.ms must be a positive number, not ${String(ms)}`);
  }
  return { ...budget };
}

export function budgetExceeded(subject: ProjectionSubject, eventsRead: number): StoreError {
  const { stream, projection } = subject;
  const message =
    `projecting '${projection.name}' of '${stream}' was stopped after ${eventsRead} events by its replay budget; the ` +
    'result so far is cached if the projection is incremental: try again, or raise the budget';
  return projectionError('REPLAY_BUDGET', message, subject, eventsRead);
}
