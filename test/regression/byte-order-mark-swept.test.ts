/*
 * A decoder drops the byte-order mark a text begins with unless it is asked not to. `sweep` read the names in keys with one
 * that did, so that it took a name with U+FEFF in front for the name without it: a live projection was swept, a dead one kept.
 */
import { expect, test } from 'vitest';
import { Projector } from '../../src/projection/projector.ts';
import { totals } from '../projection/totals.ts';
import { World } from '../projection/ways.ts';

const marked = { ...totals, name: '\ufefftotals' };

test('names that differ by a byte-order mark are two names', () => {
  const world = new World();
  world.log.append('a', 1);
  world.log.append('\ufeffa', 5);
  const projector = new Projector({ cache: world.cache, source: world.log });
  for (const stream of ['a', '\ufeffa']) {
    for (const projection of [totals, marked]) projector.project(projection, stream);
  }
  expect(world.cache.inner.size).toBe(4);
  expect(projector.sweep([marked])).toBe(2);
  for (const stream of ['a', '\ufeffa']) {
    expect(projector.projectWithReport(marked, stream).report.outcome).toBe('hit');
  }
  expect(projector.sweep([totals])).toBe(2);
  expect(projector.project(marked, '\ufeffa')).toEqual({ sum: 5, count: 1 });
});
