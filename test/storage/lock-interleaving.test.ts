import { describe, expect, test } from 'vitest';
import { exploreSchedules } from './lock-schedules.ts';
import { LockWorld, nonceOf, type Taker } from './lock-world.ts';

/*
 * Two processes that take one stale lock at the same moment, one of them slow at the worst place: that is how lock files
 * fail, and no test with real processes meets that moment. So these tests go through every order of the steps, and
 * through every point at which a process can be killed.
 */

const DEAD = 100;
const DEAD_GUARD = 101;
const GIVEN_UP = 102;
const LATECOMER = 900;

function worldWithTakers(count: number, options?: { readonly linksSupported: boolean }): LockWorld {
  const world = new LockWorld(options);
  for (let pid = 1; pid <= count; pid++) world.addTaker(pid);
  return world;
}

function withStaleLock(world: LockWorld): LockWorld {
  world.leave('LOCK', DEAD);
  return world;
}

/** One who was taking the stale lock over died with its guard. */
function withDeadGuard(world: LockWorld): LockWorld {
  withStaleLock(world).leave(`LOCK.${nonceOf(DEAD)}`, DEAD_GUARD);
  return world;
}

/** The lock is free, then taken and given up while the others want it. */
function withReleasingTaker(world: LockWorld): LockWorld {
  world.addTaker(50, { releases: true });
  return world;
}

/** The first taker had the lock before and could not remove it; for the others it is that of a living process. */
function withGivenUpLock(world: LockWorld): LockWorld {
  world.leaveGivenUp(GIVEN_UP, 1);
  return world;
}

function takeAfterwards(world: LockWorld): Taker {
  for (const taker of world.takers) taker.kill();
  const latecomer = world.addTaker(LATECOMER);
  while (latecomer.canStep) latecomer.step();
  world.assertSafe();
  return latecomer;
}

function expectOneHolder(world: LockWorld): void {
  const refused = world.takers.filter((taker) => taker.state === 'refused');
  expect(world.takers.filter((taker) => taker.state === 'holding')).toHaveLength(1);
  expect(refused).toHaveLength(world.takers.length - 1);
  for (const { refusal } of refused) expect(refusal).toMatchObject({ code: 'LOCKED' });
}

/** However it ended: once everyone is gone the next one gets the lock and leaves nothing else behind. */
function expectNobodyLockedOut(world: LockWorld): void {
  expect(takeAfterwards(world)).toMatchObject({ state: 'holding', refusal: undefined });
  expect([...world.files.keys()]).toEqual(['LOCK']);
}

/** As before, but a lock may have been left half written; then the refusal says how to get rid of it. */
function expectRemedyAtLeast(world: LockWorld): void {
  const latecomer = takeAfterwards(world);
  if (latecomer.state === 'holding') return;
  expect(latecomer.refusal).toMatchObject({ code: 'LOCKED', message: expect.stringContaining('LogCache.unlock(') });
  world.files.clear();
  expect(takeAfterwards(world).state).toBe('holding');
}

interface Story {
  readonly name: string;
  readonly world: () => LockWorld;
  readonly killsMax: number;
  readonly atEnd: (world: LockWorld) => void;
  /** How many different worlds there are at least: an exploration that stops early is no proof. */
  readonly worldsMin: number;
}

const WITHOUT_LINKS = { linksSupported: false };

const STORIES: readonly Story[] = [
  {
    name: 'two takers of a free lock: one gets it',
    world: () => worldWithTakers(2),
    killsMax: 0,
    atEnd: expectOneHolder,
    worldsMin: 100,
  },
  {
    name: 'two takers of a free lock, both killed anywhere: nobody is locked out',
    world: () => worldWithTakers(2),
    killsMax: 2,
    atEnd: expectNobodyLockedOut,
    worldsMin: 600,
  },
  {
    name: 'two takers of a stale lock: one gets it',
    world: () => withStaleLock(worldWithTakers(2)),
    killsMax: 0,
    atEnd: expectOneHolder,
    worldsMin: 1_000,
  },
  {
    name: 'two takers of a stale lock, one killed anywhere: nobody is locked out',
    world: () => withStaleLock(worldWithTakers(2)),
    killsMax: 1,
    atEnd: expectNobodyLockedOut,
    worldsMin: 6_000,
  },
  {
    name: 'two takers of a stale lock under a dead guard: one gets it',
    world: () => withDeadGuard(worldWithTakers(2)),
    killsMax: 0,
    atEnd: expectOneHolder,
    worldsMin: 5_000,
  },
  {
    name: 'a lock that vanishes while it is being taken: nobody is locked out',
    world: () => withReleasingTaker(worldWithTakers(1)),
    killsMax: 1,
    atEnd: expectNobodyLockedOut,
    worldsMin: 500,
  },
  {
    name: 'a lock given up and not removed, wanted again by its thread and by another: one gets it',
    world: () => withGivenUpLock(worldWithTakers(2)),
    killsMax: 0,
    atEnd: expectOneHolder,
    worldsMin: 300,
  },
  {
    name: 'a lock given up and not removed, two killed anywhere: nobody is locked out',
    world: () => withGivenUpLock(worldWithTakers(2)),
    killsMax: 2,
    atEnd: expectNobodyLockedOut,
    worldsMin: 1_000,
  },
  {
    name: 'two takers of a stale lock without links: one gets it',
    world: () => withStaleLock(worldWithTakers(2, WITHOUT_LINKS)),
    killsMax: 0,
    atEnd: expectOneHolder,
    worldsMin: 800,
  },
  {
    name: 'two takers of a stale lock without links, one killed anywhere: never two, and there is a remedy',
    world: () => withStaleLock(worldWithTakers(2, WITHOUT_LINKS)),
    killsMax: 1,
    atEnd: expectRemedyAtLeast,
    worldsMin: 2_000,
  },
];

describe('every order of the steps of', () => {
  for (const { name, world, killsMax, atEnd, worldsMin } of STORIES) {
    test(name, () => {
      const { worlds, ends } = exploreSchedules(world, { killsMax, atEnd });
      expect(worlds).toBeGreaterThanOrEqual(worldsMin);
      expect(ends).toBeGreaterThan(1);
    });
  }
});
