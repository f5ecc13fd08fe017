/*
 * `initial` may return the same object each time, and `apply` may change what it is given. Together, what was folded of one
 * stream was there before the first event of the next.
 */
import { expect, test } from 'vitest';
import type { Projection } from '../../src/projection/projection.ts';
import { Projector } from '../../src/projection/projector.ts';
import type { Change } from '../projection/memory-log.ts';
import { World } from '../projection/ways.ts';

const empty = { items: [] as number[] };
const items: Projection<typeof empty, Change> = {
  name: 'items',
  initial: () => empty,
  apply: (state, { kind, amount }) => {
    if (kind === 'closed') return undefined;
    state.items.push(amount);
    return state;
  },
};

test('each fold starts from a state of its own, also after there was none', () => {
  const world = new World();
  world.log.append('a', 1);
  world.log.append('b', 2);
  world.log.append('b', 0, 'closed');
  world.log.append('b', 3);
  const projector = new Projector({ cache: world.cache, source: world.log });
  expect(projector.project(items, 'a')).toEqual({ items: [1] });
  expect(projector.project(items, 'b')).toEqual({ items: [3] });
  expect(empty).toEqual({ items: [] });
});
