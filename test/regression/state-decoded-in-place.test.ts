/*
 * A best-effort call past its window, at the head, stamped the cached bytes anew after the codec had decoded them. One that
 * decodes in place, as it may with bytes that are its own, had changed them by then: the next hit was another state.
 */
import { expect, test } from 'vitest';
import { Freshness } from '../../src/projection/freshness.ts';
import type { Projection } from '../../src/projection/projection.ts';
import { Projector } from '../../src/projection/projector.ts';
import type { Change } from '../projection/memory-log.ts';
import { World } from '../projection/ways.ts';

const sum: Projection<number, Change> = {
  name: 'sum',
  initial: () => 0,
  apply: (state, { amount }) => state + amount,
  codec: {
    encode: (state) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(state);
      return bytes;
    },
    decode: (bytes) => {
      const { buffer, byteOffset, length } = bytes;
      return Buffer.from(buffer, byteOffset, length).swap32().readUInt32LE();
    },
  },
};

test('what is stamped anew is what was cached', () => {
  const world = new World();
  world.log.append('a', 3);
  const projector = new Projector({ cache: world.cache, source: world.log, ...world.settings });
  const recent = Freshness.bestEffort({ maxStaleMs: 1 });
  expect(projector.project(sum, 'a', recent)).toBe(3);
  const value = world.cache.inner.entries().next().value?.[1].value;
  world.advanceMs(5);
  expect(projector.project(sum, 'a', recent)).toBe(3);
  expect([projector.project(sum, 'a', recent), projector.project(sum, 'a')]).toEqual([3, 3]);
  const [[, again] = []] = world.cache.inner.entries();
  expect(again).toEqual({ value, meta: { watermark: 10n, cachedAtUs: world.nowUs } });
});
