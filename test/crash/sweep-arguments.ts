import { availableParallelism } from 'node:os';
import { BROKEN_FOR_CRASHES } from '../engines/broken-for-crashes.ts';
import { parseNumbers, SEED_MAX } from './number-options.ts';

export const usage: string = `Usage: npm run test:crash [-- OPTIONS]

Crashes generated workloads everywhere, opens every disk that may be left and checks what the store makes of it.
Ends with code 1 and the counterexample at the first violation.

  --states N   until so many different disks were opened; default 1000000
  --workers N  processes that share the work; default one for each core
  --seed N     the first workload; default 1
  --broken N   sweeps a store with the known fault number N, of ${BROKEN_FOR_CRASHES.length}, to see it found
  --help       prints this
`;

export interface SweepArguments {
  readonly states: number;
  readonly workers: number;
  readonly seed: number;
  /** A fault of `BROKEN_FOR_CRASHES`, counted from 1; 0: none. */
  readonly broken: number;
  readonly help: boolean;
}

const WORKERS_MAX = 256;
/** Digests of all states are kept in one set, which holds no more than 2^24. */
const STATES_MAX = 16_000_000;

/** @throws {UsageError} for anything that `usage` does not offer. */
export function parseSweepArguments(args: readonly string[]): SweepArguments {
  const { numbers, help } = parseNumbers(args, ['states', 'workers', 'seed', 'broken'], usage);
  return {
    states: numbers.within('states', 1_000_000, 1, STATES_MAX),
    workers: numbers.within('workers', availableParallelism(), 1, WORKERS_MAX),
    seed: numbers.within('seed', 1, 1, SEED_MAX),
    broken: numbers.within('broken', 0, 1, BROKEN_FOR_CRASHES.length),
    help,
  };
}
