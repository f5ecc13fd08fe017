/*
 * An adapter over SQL or a remote cache is likely to return null for "nothing". A head of null was compared as a number
 * (every watermark is greater than null), and an entry of null threw a TypeError out of the projection. And a clock of
 * milliseconds as numbers made every `put` fail silently, as only the cache refused it.
 */
import { expect, test } from 'vitest';
import { Projector } from '../../src/projection/projector.ts';
import { totals } from '../projection/totals.ts';
import { ProjectorSetup } from '../projection/ways.ts';

test('a head of null is reported as a mistake, and the cached state is neither used nor lost', () => {
  const setup = new ProjectorSetup();
  setup.log.append('a', 1);
  const source = { head: setup.log.head.bind(setup.log), read: setup.log.read.bind(setup.log) };
  const projector = new Projector({ cache: setup.cache, source });
  projector.project(totals, 'a');
  source.head = () => null as unknown as undefined;
  expect(() => projector.project(totals, 'a')).toThrow(
    'its head is null: it must be a u64 as a bigint, or undefined without events',
  );
  expect(setup.cache.inner.size).toBe(1);
});

test('a cache that returns null counts as failed', () => {
  const setup = new ProjectorSetup();
  setup.log.append('a', 1);
  setup.cache.get = () => null as unknown as undefined;
  const projector = new Projector({ cache: setup.cache, source: setup.log });
  expect(projector.project(totals, 'a')).toEqual({ sum: 1, count: 1 });
  expect(projector.stats().cacheFailures).toBe(1);
});

test('a clock of numbers is refused', () => {
  const setup = new ProjectorSetup();
  setup.log.append('a', 1);
  const nowUs = Date.now as unknown as () => bigint;
  expect(() => new Projector({ cache: setup.cache, source: setup.log, nowUs })).toThrow(/as a bigint; got number/);
});
