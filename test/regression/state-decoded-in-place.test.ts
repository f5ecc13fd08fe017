/*
 * A best-effort call past its window, at the head, stamped the cached bytes again after the codec had decoded them. A
 * codec that decodes in place, as it may with its own bytes, had changed them by then: the next hit was another state.
 */
import { expect, test } from 'vitest';
import { Freshness } from '../../src/projection/freshness.ts';
import type { Projection } from '../../src/projection/projection.ts';
import { Projector } from '../../src/projection/projector.ts';
import type { Change } from '../projection/memory-log.ts';
import { ProjectorSetup } from '../projection/ways.ts';

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

test('the original bytes are stamped again', () => {
  const setup = new ProjectorSetup();
  setup.log.append('a', 3);
  const projector = new Projector({ cache: setup.cache, source: setup.log, ...setup.settings });
  const recent = Freshness.bestEffort({ maxStaleMs: 1 });
  expect(projector.project(sum, 'a', recent)).toBe(3);
  const value = setup.cache.inner.entries().next().value?.[1].value;
  setup.advanceMs(5);
  expect(projector.project(sum, 'a', recent)).toBe(3);
  expect([projector.project(sum, 'a', recent), projector.project(sum, 'a')]).toEqual([3, 3]);
  const [[, again] = []] = setup.cache.inner.entries();
  expect(again).toEqual({ value, meta: { watermark: 10n, cachedAtUs: setup.nowUs } });
});
