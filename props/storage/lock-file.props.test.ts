import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LockSimulation, nonceOf } from '../../test/storage/lock-simulation.ts';
import { runs } from '../runs.ts';

/*
 * Many processes that start, are slow, are killed and start again around one lock. Other tests try every order of two
 * processes; this one tries random orders where there are too many.
 */

const STALE_PID = 10_000;
const LATECOMER = 20_000;

interface Turn {
  readonly kind: 'start' | 'step' | 'be killed';
  /** The index of the process, modulo their number; or whether a new process releases the lock again. */
  readonly choice: number;
  readonly steps: number;
}

const turn: fc.Arbitrary<Turn> = fc.record({
  kind: fc.oneof(
    { weight: 2, arbitrary: fc.constant('start' as const) },
    { weight: 12, arbitrary: fc.constant('step' as const) },
    { weight: 1, arbitrary: fc.constant('be killed' as const) },
  ),
  choice: fc.nat({ max: 11 }),
  steps: fc.integer({ min: 1, max: 6 }),
});

function play(simulation: LockSimulation, { kind, choice, steps }: Turn): void {
  if (kind === 'start') {
    simulation.addTaker(simulation.takers.length + 1, { releases: choice % 2 === 0 });
    return;
  }
  const taker = simulation.takers.filter(({ canStep, state }) => canStep || state === 'holding').at(-1 - (choice % 4));
  if (kind === 'be killed') taker?.kill();
  for (let step = 0; step < steps && taker?.canStep === true; step++) {
    taker.step();
    simulation.assertSafe();
  }
}

describe('LockFile among many processes', () => {
  test('never has two holders, and locks no process out once all are gone', () => {
    const turns = fc.array(turn, { minLength: 30, maxLength: 120 });
    fc.assert(
      fc.property(turns, fc.nat({ max: 3 }), (played, deadGuards) => {
        const simulation = new LockSimulation();
        simulation.leave('LOCK', STALE_PID);
        for (let pid = STALE_PID; pid < STALE_PID + deadGuards; pid++)
          simulation.leave(`LOCK.${nonceOf(pid)}`, pid + 1);
        for (const each of played) play(simulation, each);

        for (const taker of simulation.takers) taker.kill();
        const latecomer = simulation.addTaker(LATECOMER);
        while (latecomer.canStep) latecomer.step();
        simulation.assertSafe();
        expect(latecomer.refusal).toBeUndefined();
        expect([...simulation.files.keys()]).toEqual(['LOCK']);
      }),
      { numRuns: runs(500) },
    );
  });

  test('never has two holders where links are unsupported', () => {
    fc.assert(
      fc.property(fc.array(turn, { minLength: 30, maxLength: 120 }), (played) => {
        const simulation = new LockSimulation({ linksSupported: false });
        simulation.leave('LOCK', STALE_PID);
        for (const each of played) play(simulation, each);
      }),
      { numRuns: runs(500) },
    );
  });
});
