/*
 * What an adapter over SQL or a remote cache likely returns for "nothing" is null. A head of null was taken for a number
 * (every watermark is greater than null), and an entry of null threw a TypeError out of the projection. And a clock of
 * milliseconds as numbers made every `put` fail, silently, as only the cache complained.
 */
import { expect, test } from 'vitest';
import { Projector } from '../../src/projection/projector.ts';
import { totals } from '../projection/totals.ts';
import { World } from '../projection/ways.ts';

test('a head of null is named as the mistake it is, and the cached state is neither used nor lost', () => {
  const world = new World();
  world.log.append('a', 1);
  const source = { head: world.log.head.bind(world.log), read: world.log.read.bind(world.log) };
  const projector = new Projector({ cache: world.cache, source });
  projector.project(totals, 'a');
  source.head = () => null as unknown as undefined;
  expect(() => projector.project(totals, 'a')).toThrow(
    'its head is null: it must be a u64 as a bigint, or undefined without events',
  );
  expect(world.cache.inner.size).toBe(1);
});

test('a cache that answers null is a cache that failed', () => {
  const world = new World();
  world.log.append('a', 1);
  world.cache.get = () => null as unknown as undefined;
  const projector = new Projector({ cache: world.cache, source: world.log });
  expect(projector.project(totals, 'a')).toEqual({ sum: 1, count: 1 });
  expect(projector.stats().cacheFailures).toBe(1);
});

test('a clock of numbers is refused', () => {
  const world = new World();
  world.log.append('a', 1);
  const nowUs = Date.now as unknown as () => bigint;
  expect(() => new Projector({ cache: world.cache, source: world.log, nowUs })).toThrow(/as a bigint; got number/);
});
