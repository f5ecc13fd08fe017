import { BROKEN_FOR_ERRORS } from '../engines/broken-for-errors.ts';
import { type ScriptUsage, SEED_MAX } from '../scripts/script-arguments.ts';

export const usage: ScriptUsage = {
  command: 'npm run test:errors',
  about: `Runs generated workloads and fails each call of the storage in every known way.
Ends with code 1 and the counterexample at the first violation.`,
  options: [
    { name: 'workloads', meaning: 'how many', byDefault: 100, min: 1, max: SEED_MAX },
    { name: 'seed', meaning: 'the first of them', byDefault: 1, min: 1, max: SEED_MAX },
    {
      name: 'broken',
      meaning: `known fault, of ${BROKEN_FOR_ERRORS.length}, to see it found`,
      byDefault: 0,
      min: 1,
      max: BROKEN_FOR_ERRORS.length,
    },
  ],
};
