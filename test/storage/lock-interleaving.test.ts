import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exploreSchedules } from './lock-schedules.ts';
import { LockSimulation, nonceOf, type Taker } from './lock-simulation.ts';

/*
 * Two processes that take one stale lock at the same time, one of them paused at the worst place: that is how lock
 * files fail, and tests with real processes do not hit that interval. So these tests try every order of the steps, and
 * every point at which a process can be killed.
 */

const DEAD = 100;
const DEAD_GUARD = 101;
const GIVEN_UP = 102;
const LATECOMER = 900;

function worldWithTakers(count: number, options?: { readonly linksSupported: boolean }): LockSimulation {
  const simulation = new LockSimulation(options);
  for (let pid = 1; pid <= count; pid++) simulation.addTaker(pid);
  return simulation;
}

function withStaleLock(simulation: LockSimulation): LockSimulation {
  simulation.leave('LOCK', DEAD);
  return simulation;
}

/** A process that was taking over the stale lock died with its guard. */
function withDeadGuard(simulation: LockSimulation): LockSimulation {
  withStaleLock(simulation).leave(`LOCK.${nonceOf(DEAD)}`, DEAD_GUARD);
  return simulation;
}

/** The lock is free, then taken and released while the others want it. */
function withReleasingTaker(simulation: LockSimulation): LockSimulation {
  simulation.addTaker(50, { releases: true });
  return simulation;
}

/** The first process had the lock before and could not remove it; for the others its owner is a living process. */
function withReleasedLock(simulation: LockSimulation): LockSimulation {
  simulation.leaveReleased(GIVEN_UP, 1);
  return simulation;
}

/** The holder of the lock slept past the end of its lease, and renews it now. */
function withSleeper(simulation: LockSimulation): LockSimulation {
  simulation.addSleeper(60);
  return simulation;
}

function takeAfterwards(simulation: LockSimulation): Taker {
  for (const taker of simulation.takers) taker.kill();
  const latecomer = simulation.addTaker(LATECOMER);
  while (latecomer.canStep) latecomer.step();
  simulation.assertSafe();
  return latecomer;
}

function expectOneHolder(simulation: LockSimulation): void {
  const refused = simulation.takers.filter((taker) => taker.state === 'refused');
  expect(simulation.takers.filter((taker) => taker.state === 'holding')).toHaveLength(1);
  expect(refused).toHaveLength(simulation.takers.length - 1);
  for (const { refusal } of refused) expect(refusal).toMatchObject({ code: 'LOCKED' });
}

/** In every case: once all processes are gone, the next one gets the lock and leaves no other file. */
function expectNoLockout(simulation: LockSimulation): void {
  expect(takeAfterwards(simulation)).toMatchObject({ state: 'holding', refusal: undefined });
  expect([...simulation.files.keys()]).toEqual(['LOCK']);
}

/** As before, but a lock may be incomplete; then the message says how to remove it. */
function expectRemedyAtLeast(simulation: LockSimulation): void {
  const latecomer = takeAfterwards(simulation);
  if (latecomer.state === 'holding') return;
  expect(latecomer.refusal).toMatchObject({
    code: 'LOCKED',
    message: expect.stringContaining('projection-cache unlock '),
  });
  simulation.files.clear();
  expect(takeAfterwards(simulation).state).toBe('holding');
}

interface Story {
  readonly name: string;
  readonly simulation: () => LockSimulation;
  readonly killsMax: number;
  readonly atEnd: (simulation: LockSimulation) => void;
  /** How many different states there are at least: an exploration that ends early proves nothing. */
  readonly statesMin: number;
}

const WITHOUT_LINKS = { linksSupported: false };

const STORIES: readonly Story[] = [
  {
    name: 'two takers of a free lock: one gets it',
    simulation: () => worldWithTakers(2),
    killsMax: 0,
    atEnd: expectOneHolder,
    statesMin: 100,
  },
  {
    name: 'two takers of a free lock, both killed anywhere: no process is locked out',
    simulation: () => worldWithTakers(2),
    killsMax: 2,
    atEnd: expectNoLockout,
    statesMin: 600,
  },
  {
    name: 'two takers of a stale lock: one gets it',
    simulation: () => withStaleLock(worldWithTakers(2)),
    killsMax: 0,
    atEnd: expectOneHolder,
    statesMin: 1_000,
  },
  {
    name: 'two takers of a stale lock, one killed anywhere: no process is locked out',
    simulation: () => withStaleLock(worldWithTakers(2)),
    killsMax: 1,
    atEnd: expectNoLockout,
    statesMin: 6_000,
  },
  {
    name: 'two takers of a stale lock under a dead guard: one gets it',
    simulation: () => withDeadGuard(worldWithTakers(2)),
    killsMax: 0,
    atEnd: expectOneHolder,
    statesMin: 5_000,
  },
  {
    name: 'a lock that vanishes while it is being taken: no process is locked out',
    simulation: () => withReleasingTaker(worldWithTakers(1)),
    killsMax: 1,
    atEnd: expectNoLockout,
    statesMin: 500,
  },
  {
    name: 'a released lock that was not removed, wanted again by its thread and by another: one gets it',
    simulation: () => withReleasedLock(worldWithTakers(2)),
    killsMax: 0,
    atEnd: expectOneHolder,
    statesMin: 300,
  },
  {
    name: 'a released lock that was not removed, two killed anywhere: no process is locked out',
    simulation: () => withReleasedLock(worldWithTakers(2)),
    killsMax: 2,
    atEnd: expectNoLockout,
    statesMin: 1_000,
  },
  {
    name: 'two takers of a stale lock without links: one gets it',
    simulation: () => withStaleLock(worldWithTakers(2, WITHOUT_LINKS)),
    killsMax: 0,
    atEnd: expectOneHolder,
    statesMin: 800,
  },
  {
    name: 'two takers of a stale lock without links, one killed anywhere: never two, and there is a remedy',
    simulation: () => withStaleLock(worldWithTakers(2, WITHOUT_LINKS)),
    killsMax: 1,
    atEnd: expectRemedyAtLeast,
    statesMin: 2_000,
  },
  {
    name: 'an owner that renews a lease that has ended, and one taker: one holds the lock',
    simulation: () => withSleeper(worldWithTakers(1)),
    killsMax: 0,
    atEnd: expectOneHolder,
    statesMin: 400,
  },
  {
    name: 'an owner that renews a lease that has ended, and one taker, two killed anywhere: no process is locked out',
    simulation: () => withSleeper(worldWithTakers(1)),
    killsMax: 2,
    atEnd: expectNoLockout,
    statesMin: 1_500,
  },
  {
    name: 'an owner that renews a lease that has ended, and a taker without links: one holds the lock',
    simulation: () => withSleeper(worldWithTakers(1, WITHOUT_LINKS)),
    killsMax: 0,
    atEnd: expectOneHolder,
    statesMin: 300,
  },
];

describe('every order of the steps of', () => {
  for (const { name, simulation, killsMax, atEnd, statesMin } of STORIES) {
    test(name, () => {
      const { states, ends } = exploreSchedules(simulation, { killsMax, atEnd });
      expect(states).toBeGreaterThanOrEqual(statesMin);
      expect(ends).toBeGreaterThan(1);
    });
  }
});

// Too many orders to try them all.
test('some orders of the steps of an owner that renews a lease that has ended, and three takers: one holds the lock', () => {
  const walk = fc.array(fc.nat({ max: 3 }), { minLength: 150, maxLength: 250 });
  fc.assert(
    fc.property(walk, (order) => {
      const simulation = withSleeper(worldWithTakers(3));
      const rest = simulation.takers.flatMap((_, taker) => Array.from({ length: 100 }, () => taker));
      for (const next of [...order, ...rest]) {
        const taker = simulation.takers[next];
        if (taker?.canStep !== true) continue;
        taker.step();
        simulation.assertSafe();
      }
      expectOneHolder(simulation);
    }),
  );
});
