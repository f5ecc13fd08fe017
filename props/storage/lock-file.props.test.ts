import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LockWorld, nonceOf } from '../../test/storage/lock-world.ts';

/*
 * Many processes that come, are slow, are killed and come again around one lock. Every order of two is gone through
 * elsewhere; this goes at random where there are too many to go through.
 */

const STALE_PID = 10_000;
const LATECOMER = 20_000;

interface Turn {
  readonly kind: 'come' | 'go on' | 'be killed';
  /** Which of the processes, modulo their number; or whether the new one gives the lock up again. */
  readonly choice: number;
  readonly steps: number;
}

const turn: fc.Arbitrary<Turn> = fc.record({
  kind: fc.oneof(
    { weight: 2, arbitrary: fc.constant('come' as const) },
    { weight: 12, arbitrary: fc.constant('go on' as const) },
    { weight: 1, arbitrary: fc.constant('be killed' as const) },
  ),
  choice: fc.nat({ max: 11 }),
  steps: fc.integer({ min: 1, max: 6 }),
});

function play(world: LockWorld, { kind, choice, steps }: Turn): void {
  if (kind === 'come') {
    world.addTaker(world.takers.length + 1, { releases: choice % 2 === 0 });
    return;
  }
  const taker = world.takers.filter(({ canStep, state }) => canStep || state === 'holding').at(-1 - (choice % 4));
  if (kind === 'be killed') taker?.kill();
  for (let step = 0; step < steps && taker?.canStep === true; step++) {
    taker.step();
    world.assertSafe();
  }
}

describe('LockFile among many processes', () => {
  test('never has two holders, and locks nobody out once all are gone', () => {
    const turns = fc.array(turn, { minLength: 30, maxLength: 120 });
    fc.assert(
      fc.property(turns, fc.nat({ max: 3 }), (played, deadGuards) => {
        const world = new LockWorld();
        world.leave('LOCK', STALE_PID);
        for (let pid = STALE_PID; pid < STALE_PID + deadGuards; pid++) world.leave(`LOCK.${nonceOf(pid)}`, pid + 1);
        for (const each of played) play(world, each);

        for (const taker of world.takers) taker.kill();
        const latecomer = world.addTaker(LATECOMER);
        while (latecomer.canStep) latecomer.step();
        world.assertSafe();
        expect(latecomer.refusal).toBeUndefined();
        expect([...world.files.keys()]).toEqual(['LOCK']);
      }),
      { numRuns: 500 },
    );
  });

  test('never has two holders where links are unsupported', () => {
    fc.assert(
      fc.property(fc.array(turn, { minLength: 30, maxLength: 120 }), (played) => {
        const world = new LockWorld({ linksSupported: false });
        world.leave('LOCK', STALE_PID);
        for (const each of played) play(world, each);
      }),
      { numRuns: 500 },
    );
  });
});
