/*
 * `initial` may return the same object each time, and `apply` may change its argument. Together, the state of one
 * stream was present before the first event of the next.
 */
import { expect, test } from 'vitest';
import type { Projection } from '../../src/projection/projection.ts';
import { Projector } from '../../src/projection/projector.ts';
import type { Change } from '../projection/memory-log.ts';
import { ProjectorSetup } from '../projection/ways.ts';

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

test('each fold starts from a separate state, also after "no state"', () => {
  const setup = new ProjectorSetup();
  setup.log.append('a', 1);
  setup.log.append('b', 2);
  setup.log.append('b', 0, 'closed');
  setup.log.append('b', 3);
  const projector = new Projector({ cache: setup.cache, source: setup.log });
  expect(projector.project(items, 'a')).toEqual({ items: [1] });
  expect(projector.project(items, 'b')).toEqual({ items: [3] });
  expect(empty).toEqual({ items: [] });
});
