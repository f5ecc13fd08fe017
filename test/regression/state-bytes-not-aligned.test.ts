/*
 * A codec that views its bytes as 8-byte numbers needs them at the start of a buffer. A replay passed such bytes, but a
 * hit passed the bytes after the tag byte: its state could not be decoded at any hit, and was silently folded again
 * each time.
 */
import { expect, test } from 'vitest';
import type { Projection } from '../../src/projection/projection.ts';
import type { Change } from '../projection/memory-log.ts';
import { ProjectorSetup, ways } from '../projection/ways.ts';

const numbers: Projection<Float64Array, Change> = {
  name: 'numbers',
  initial: () => new Float64Array(3),
  apply: (state, { amount }) => {
    state[amount % 3] = (state[amount % 3] ?? 0) + amount / 2;
    return state;
  },
  codec: {
    encode: (state) => new Uint8Array(state.buffer),
    decode: (bytes) => new Float64Array(bytes.buffer as ArrayBuffer),
  },
};

test.each(ways)('$way: the same from a replay, a hit and a fold onto it', async ({ make }) => {
  const setup = new ProjectorSetup();
  const projector = make(setup);
  setup.log.append('a', 1);
  for (const outcome of ['replay', 'hit']) {
    const { state, report } = await projector.projectWithReport(numbers, 'a');
    expect([state, report.outcome]).toEqual([Float64Array.of(0, 0.5, 0), outcome]);
  }
  setup.log.append('a', 2);
  const { state, report } = await projector.projectWithReport(numbers, 'a');
  expect([state, report.outcome]).toEqual([Float64Array.of(0, 0.5, 1), 'delta']);
  expect(projector.stats().undecodable).toBe(0);
});

test.each(ways)('$way: a codec that can decode nothing in the cache is counted', async ({ make }) => {
  let isRestarted = false;
  const decode = (bytes: Uint8Array): number => {
    if (isRestarted) throw new Error('not of this process');
    return bytes[0] ?? 0;
  };
  const codec = { encode: (state: number) => Uint8Array.of(state), decode };
  const projection: Projection<number, Change> = {
    name: 'p',
    initial: () => 0,
    apply: (_, { amount }) => amount,
    codec,
  };
  const setup = new ProjectorSetup();
  setup.log.append('a', 1);
  await make(setup).project(projection, 'a');
  isRestarted = true;
  const projector = make(setup);
  await expect((async () => projector.project(projection, 'a'))()).rejects.toMatchObject({ code: 'STATE_CODEC' });
  expect(projector.stats().undecodable).toBe(1);
});
