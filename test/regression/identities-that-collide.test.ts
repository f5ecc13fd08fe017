/*
 * The fingerprint in a key was four XXH32 of kinds and identity whose seeds differed by one. A lane of that hash adds
 * the seed to the first word it reads: a change of two words of one lane that cancels out for one seed does so for all
 * four. The pairs below were found in a second each, and a state of one event log was returned for the other.
 */
import { expect, test } from 'vitest';
import { fingerprintOf } from '../../src/projection/projection-key.ts';
import { Projector } from '../../src/projection/projector.ts';
import { totals } from '../projection/totals.ts';
import { ProjectorSetup } from '../projection/ways.ts';
import { collidingIdentities } from './colliding-identities.ts';

test.each(collidingIdentities)('%j and %j are different event logs', (first, second) => {
  expect(first.length).toBe(second.length);
  expect(fingerprintOf([], first)).not.toEqual(fingerprintOf([], second));
  const setup = new ProjectorSetup();
  const projector = new Projector({ cache: setup.cache, source: setup.log });
  setup.log.append('a', 1);
  setup.log.identity = first;
  expect(projector.project(totals, 'a')).toEqual({ sum: 1, count: 1 });
  setup.log.restoreTo(0n);
  setup.log.append('a', 5);
  setup.log.identity = second;
  expect(projector.project(totals, 'a')).toEqual({ sum: 5, count: 1 });
});
