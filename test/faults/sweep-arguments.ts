import { parseNumbers, SEED_MAX } from '../crash/number-options.ts';
import { BROKEN_FOR_ERRORS } from '../engines/broken-for-errors.ts';

export const usage: string = `Usage: npm run test:errors [-- OPTIONS]

Runs generated workloads and fails each call of the storage in every way that is known of it.
Ends with code 1 and the counterexample at the first violation.

  --workloads N  how many; default 100
  --seed N       the first of them; default 1
  --broken N     sweeps a store with the known fault number N, of ${BROKEN_FOR_ERRORS.length}, to see it found
  --help         prints this
`;

export interface SweepArguments {
  readonly workloads: number;
  readonly seed: number;
  /** A fault of `BROKEN_FOR_ERRORS`, counted from 1; 0: none. */
  readonly broken: number;
  readonly help: boolean;
}

/** @throws {UsageError} for anything that `usage` does not offer. */
export function parseSweepArguments(args: readonly string[]): SweepArguments {
  const { numbers, help } = parseNumbers(args, ['workloads', 'seed', 'broken'], usage);
  return {
    workloads: numbers.within('workloads', 100, 1, SEED_MAX),
    seed: numbers.within('seed', 1, 1, SEED_MAX),
    broken: numbers.within('broken', 0, 1, BROKEN_FOR_ERRORS.length),
    help,
  };
}
