/*
 * Callers that shared a fold each decoded the same bytes. A codec that returns what it is given, as one for binary state
 * may, then gave all of them one array: what the first changed, the others found changed.
 */
import { expect, test } from 'vitest';
import type { Projection } from '../../src/projection/projection.ts';
import { GatedWorld } from '../projection/gated-world.ts';
import type { Change } from '../projection/memory-log.ts';

const bits: Projection<Uint8Array, Change> = {
  name: 'bits',
  initial: () => new Uint8Array(4),
  apply: (state, { amount }) => {
    state[amount] = 1;
    return state;
  },
  codec: { encode: (state) => state, decode: (bytes) => bytes },
};

test('each caller of a shared fold has an array of its own', async () => {
  const world = new GatedWorld();
  world.append('a', 1, 3);
  const projector = world.projector();
  const states = await Promise.all(
    [1, 2, 3].map(async () => {
      const state = await projector.project(bits, 'a');
      const found = state?.join();
      state?.fill(9);
      return found;
    }),
  );
  expect(states).toEqual(['0,1,0,1', '0,1,0,1', '0,1,0,1']);
  expect(await projector.project(bits, 'a')).toEqual(Uint8Array.of(0, 1, 0, 1));
});
