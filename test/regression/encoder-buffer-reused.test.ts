/*
 * Fast serialisers return a view of a buffer that they reuse. The bytes of a fold were decoded for its callers only
 * after the write to the cache, and other folds were encoded meanwhile: three concurrent streams returned the last one
 * three times.
 */
import { expect, test } from 'vitest';
import { AsyncProjector } from '../../src/projection/async-projector.ts';
import type { Projection } from '../../src/projection/projection.ts';
import { Projector } from '../../src/projection/projector.ts';
import { answeringLater, type Change } from '../projection/memory-log.ts';
import { cacheAnsweringLater } from '../projection/test-cache.ts';
import { ProjectorSetup } from '../projection/ways.ts';

const buffer = new Uint8Array(100);
const names: Projection<string, Change> = {
  name: 'names',
  initial: () => '',
  apply: (_state, { kind }) => kind,
  codec: {
    encode: (state) => buffer.subarray(0, new TextEncoder().encodeInto(state, buffer.fill(0)).written),
    decode: (bytes) => new TextDecoder().decode(bytes),
  },
};

test('each caller has the state of its own stream, and so has the cache', async () => {
  const setup = new ProjectorSetup();
  const all = ['alice', 'bobby', 'carol'];
  for (const name of all) setup.log.append(name, 1, name);
  const cache = cacheAnsweringLater(setup.cache);
  const projector = new AsyncProjector({ cache, source: answeringLater(setup.log) });
  const asked = [...all, ...all].map((name) => projector.project(names, name));
  expect(await Promise.all(asked)).toEqual([...all, ...all]);
  const later = new Projector({ cache: setup.cache, source: setup.log });
  for (const name of all) {
    expect(later.projectWithReport(names, name)).toMatchObject({ state: name, report: { outcome: 'hit' } });
  }
});
