/*
 * A decoder drops the byte-order mark at the start of a text unless it is asked not to. `sweep` decoded the names in
 * keys that way, so it mistook a name that starts with U+FEFF for the name without it: a live projection was swept, a
 * dead one kept.
 */
import { expect, test } from 'vitest';
import { Projector } from '../../src/projection/projector.ts';
import { totals } from '../projection/totals.ts';
import { ProjectorSetup } from '../projection/ways.ts';

const marked = { ...totals, name: '\ufefftotals' };

test('names that differ by a byte-order mark are two names', () => {
  const setup = new ProjectorSetup();
  setup.log.append('a', 1);
  setup.log.append('\ufeffa', 5);
  const projector = new Projector({ cache: setup.cache, source: setup.log });
  for (const stream of ['a', '\ufeffa']) {
    for (const projection of [totals, marked]) projector.project(projection, stream);
  }
  expect(setup.cache.inner.size).toBe(4);
  expect(projector.sweep([marked])).toBe(2);
  for (const stream of ['a', '\ufeffa']) {
    expect(projector.projectWithReport(marked, stream).report.outcome).toBe('hit');
  }
  expect(projector.sweep([totals])).toBe(2);
  expect(projector.project(marked, '\ufeffa')).toEqual({ sum: 5, count: 1 });
});
