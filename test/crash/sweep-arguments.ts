import { availableParallelism } from 'node:os';
import { BROKEN_FOR_CRASHES } from '../engines/broken-for-crashes.ts';
import { type ScriptUsage, SEED_MAX } from '../scripts/script-arguments.ts';

const WORKERS_MAX = 256;
/** The digests of all states are in one set, which holds at most 2^24. */
const STATES_MAX = 16_000_000;

export const usage: ScriptUsage = {
  command: 'npm run test:crash',
  about: `Crashes generated workloads everywhere, opens every disk that a crash may leave
and checks its contents. Ends with code 1 and the counterexample at the first
violation.`,
  options: [
    { name: 'states', meaning: 'different disks to open', byDefault: 1_000_000, min: 1, max: STATES_MAX },
    {
      name: 'workers',
      meaning: 'processes that share the work',
      byDefault: availableParallelism(),
      min: 1,
      max: WORKERS_MAX,
    },
    { name: 'seed', meaning: 'the first workload', byDefault: 1, min: 1, max: SEED_MAX },
    {
      name: 'broken',
      meaning: `known fault, of ${BROKEN_FOR_CRASHES.length}, to see it found`,
      byDefault: 0,
      min: 1,
      max: BROKEN_FOR_CRASHES.length,
    },
  ],
};
