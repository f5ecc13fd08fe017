/*
 * The default codec accepted a `Date`, or an instance of a class, and turned it into text, or into a plain object.
 * `apply` then got one in a replay and the other on a state from the cache. It failed, or folded wrongly, only after
 * the next start of the process.
 */
import { expect, test } from 'vitest';
import type { Projection } from '../../src/projection/projection.ts';
import { Projector } from '../../src/projection/projector.ts';
import type { Change } from '../projection/memory-log.ts';
import { ProjectorSetup } from '../projection/ways.ts';

interface Visits {
  last: Date;
  longestMs: number;
}

const visits: Projection<Visits, Change> = {
  name: 'visits',
  initial: () => ({ last: new Date(0), longestMs: 0 }),
  apply: ({ last, longestMs }, { amount }) => ({
    last: new Date(amount),
    longestMs: Math.max(longestMs, amount - last.getTime()),
  }),
};

test('a Date in the state is refused the first time, not when it comes back as text', () => {
  const setup = new ProjectorSetup();
  setup.log.append('a', 5);
  const projector = new Projector({ cache: setup.cache, source: setup.log });
  expect(() => projector.project(visits, 'a')).toThrow('JSON cannot hold last (Date)');
  expect(setup.cache.inner.size).toBe(0);
});

test('with its own codec it is folded onto as before', () => {
  const setup = new ProjectorSetup();
  setup.log.append('a', 5);
  const codec = {
    encode: ({ last, longestMs }: Visits) => new TextEncoder().encode(JSON.stringify([last.getTime(), longestMs])),
    decode: (bytes: Uint8Array): Visits => {
      const [last, longestMs] = JSON.parse(new TextDecoder().decode(bytes)) as [number, number];
      return { last: new Date(last), longestMs };
    },
  };
  const projector = new Projector({ cache: setup.cache, source: setup.log });
  projector.project({ ...visits, codec }, 'a');
  setup.log.append('a', 7);
  expect(projector.project({ ...visits, codec }, 'a')).toEqual({ last: new Date(7), longestMs: 5 });
});
