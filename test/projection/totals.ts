import type { Projection } from '../../src/projection/projection.ts';
import type { Change } from './memory-log.ts';

/** The sum and the number of the changes of a stream. */
export interface Totals {
  sum: number;
  count: number;
}

/** Changes its state in place, as projections may. */
export const totals: Projection<Totals, Change> = {
  name: 'totals',
  initial: () => ({ sum: 0, count: 0 }),
  apply: (state, { amount }) => {
    state.sum += amount;
    state.count += 1;
    return state;
  },
};

/** The running sum, and no state after a change of kind 'closed'. */
export const open: Projection<number, Change> = {
  name: 'open',
  initial: () => 100,
  apply: (sum, { kind, amount }) => (kind === 'closed' ? undefined : sum + amount),
};
