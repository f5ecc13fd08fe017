import { kindOf } from '../base/argument.ts';
import { StoreError } from '../base/store-error.ts';

/** How much one projection may replay. */
export interface ReplayBudget {
  /** Events folded at most. */
  readonly events?: number;
  /** Milliseconds spent folding at most. */
  readonly ms?: number;
}

/**
 * A copy of a budget. Throws `TypeError` for an invalid budget and `RangeError` for a bound that is not positive, which would
 * never let a fold advance.
 */
export function checkedBudget(budget: ReplayBudget): ReplayBudget {
  if (typeof budget !== 'object' || budget === null || Array.isArray(budget)) {
    throw new TypeError(`replayBudget must be an object with \`events\` or \`ms\`; got ${kindOf(budget)}`);
  }
  const { events = 1, ms = 1 } = budget;
  if (!Number.isSafeInteger(events) || events < 1) {
    throw new RangeError(`replayBudget.events must be a positive integer, not ${String(events)}`);
  }
  if (!(typeof ms === 'number' && ms > 0)) {
    throw new RangeError(`replayBudget.ms must be a positive number, not ${String(ms)}`);
  }
  return { ...budget };
}

export function budgetExceeded(stream: string, name: string, events: number): StoreError {
  return new StoreError(
    'REPLAY_BUDGET',
    `projecting '${name}' of '${stream}' was stopped after ${events} events by its replay budget; what was folded is ` +
      'cached where the projection is incremental, so try again, or raise the budget',
  );
}
