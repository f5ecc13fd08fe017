// The cases of batpak's own projection tests.
import { describe, expect, test } from 'vitest';
import { NoCache } from '../../src/contract/no-cache.ts';
import { Freshness } from '../../src/projection/freshness.ts';
import { streamPrefix } from '../../src/projection/projection-key.ts';
import { Projector } from '../../src/projection/projector.ts';
import { totals } from './totals.ts';
import { ProjectorSetup, ways } from './ways.ts';

const window = Freshness.bestEffort({ maxStaleMs: 60_000 });

describe.each(ways)('$way', ({ make }) => {
  test('serves the cached state within the window', async () => {
    const setup = new ProjectorSetup();
    setup.log.append('a', 1);
    const projector = make(setup);
    await projector.project(totals, 'a', window);
    setup.log.append('a', 1);
    setup.advanceMs(59_999);
    expect(await projector.project(totals, 'a', window)).toEqual({ sum: 1, count: 1 });
  });

  test('refreshes after the window', async () => {
    const setup = new ProjectorSetup();
    setup.log.append('a', 1);
    const projector = make(setup);
    await projector.project(totals, 'a', window);
    setup.log.append('a', 1);
    setup.advanceMs(60_000);
    expect(await projector.project(totals, 'a', window)).toEqual({ sum: 2, count: 2 });
  });

  test('consistent is never stale, whatever best effort has left in the cache', async () => {
    const setup = new ProjectorSetup();
    const projector = make(setup);
    for (let count = 1; count <= 5; count += 1) {
      setup.log.append('a', 1);
      await projector.project(totals, 'a', window);
      expect(await projector.project(totals, 'a', Freshness.consistent)).toEqual({ sum: count, count });
    }
  });

  test('delete prefix, then project: repopulated', async () => {
    const setup = new ProjectorSetup();
    for (const stream of ['user:1', 'user:10']) setup.log.append(stream, 1);
    const projector = make(setup);
    for (const stream of ['user:1', 'user:10']) await projector.project(totals, stream);
    expect(setup.cache.deletePrefix(streamPrefix('user:1'))).toBe(1);
    const { state, report } = await projector.projectWithReport(totals, 'user:1');
    expect([state, report.outcome, report.refusal]).toEqual([{ sum: 1, count: 1 }, 'replay', 'absent']);
    expect((await projector.projectWithReport(totals, 'user:1')).report.outcome).toBe('hit');
    expect((await projector.projectWithReport(totals, 'user:10')).report.outcome).toBe('hit');
  });

  test('invalidate removes all projections of a stream, and of no other', async () => {
    const setup = new ProjectorSetup();
    for (const stream of ['user:1', 'user:10']) setup.log.append(stream, 1);
    const projector = make(setup);
    for (const stream of ['user:1', 'user:10']) {
      for (const version of [0, 1]) await projector.project({ ...totals, version }, stream);
    }
    expect(await projector.invalidate('user:1')).toBe(2);
    expect(await projector.invalidate('user:1')).toBe(0);
    expect(setup.cache.inner.size).toBe(2);
  });

  test('incremental equals full', async () => {
    const setup = new ProjectorSetup();
    const projector = make(setup);
    const without = new Projector({ cache: new NoCache(), source: setup.log });
    for (const amount of [5, -2, 7, 0, 1]) {
      setup.log.append('a', amount);
      const incremental = await projector.project(totals, 'a');
      expect(incremental).toEqual(without.project(totals, 'a'));
      expect(incremental).toEqual(await projector.project({ ...totals, version: 1, incremental: false }, 'a'));
    }
  });
});
