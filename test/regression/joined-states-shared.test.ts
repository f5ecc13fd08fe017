/*
 * Callers that shared a fold each decoded the same bytes. A codec that returns its argument, as one for binary state
 * may, then returned the same array to all of them: a change by the first was visible to the others.
 */
import { expect, test } from 'vitest';
import type { Projection } from '../../src/projection/projection.ts';
import { GatedSetup } from '../projection/gated-setup.ts';
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

test('each caller of a shared fold gets a separate array', async () => {
  const setup = new GatedSetup();
  setup.append('a', 1, 3);
  const projector = setup.projector();
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
