// `invalidate` removes a stream: calls that were running at that time restore nothing.
import { describe, expect, test } from 'vitest';
import { Freshness } from '../../src/projection/freshness.ts';
import { Projector } from '../../src/projection/projector.ts';
import { GatedSetup, settle } from './gated-setup.ts';
import type { Change } from './memory-log.ts';
import { type Totals, totals } from './totals.ts';
import { ProjectorSetup } from './ways.ts';

describe('Projector', () => {
  test.each(['apply', 'read', 'head', 'encode'] as const)(
    'called again from within %s: the fold is not cached',
    (from) => {
      const setup = new ProjectorSetup();
      setup.log.append('a', 1);
      setup.log.append('b', 1);
      let overtaken = 0;
      const overtake = (where: string): void => {
        if (where === from) overtaken += 1 + 0 * projector.invalidate('a');
      };
      const projection = {
        ...totals,
        apply: (state: Totals, change: Change) => {
          overtake('apply');
          return totals.apply(state, change);
        },
        codec: {
          encode: (state: Totals) => {
            // Not for the result of `initial`.
            if (state.count > 0) overtake('encode');
            return new TextEncoder().encode(JSON.stringify(state));
          },
          decode: (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes)) as Totals,
        },
      };
      const source = {
        head: (stream: string, kinds: readonly string[]) => {
          overtake('head');
          return setup.log.head(stream, kinds);
        },
        read: (stream: string, kinds: readonly string[], after?: bigint) => {
          overtake('read');
          return setup.log.read(stream, kinds, after);
        },
      };
      const projector = new Projector<Change>({ cache: setup.cache, source });
      expect(projector.project(projection, 'a')).toEqual({ sum: 1, count: 1 });
      expect([overtaken, setup.cache.inner.size]).toEqual([1, 0]);
      // Another stream is not affected.
      expect(projector.project(projection, 'b')).toEqual({ sum: 1, count: 1 });
      expect(setup.cache.inner.size).toBe(1);
    },
  );

  test('a state that is stamped again does not come back either', () => {
    const setup = new ProjectorSetup();
    setup.log.append('a', 1);
    let invalidates = false;
    const source = {
      head: (stream: string, kinds: readonly string[]) => {
        if (invalidates) projector.invalidate('a');
        return setup.log.head(stream, kinds);
      },
      read: (stream: string, kinds: readonly string[], after?: bigint) => setup.log.read(stream, kinds, after),
    };
    const projector = new Projector<Change>({ cache: setup.cache, source, nowUs: () => setup.nowUs });
    projector.project(totals, 'a');
    invalidates = true;
    setup.advanceMs(10);
    projector.project(totals, 'a', Freshness.bestEffort({ maxStaleMs: 1 }));
    expect(setup.cache.inner.size).toBe(0);
  });
});

describe.each([
  ['a synchronous cache', (setup: GatedSetup) => ({ cache: setup.cache })],
  ['an asynchronous cache', (setup: GatedSetup) => ({ cache: setup.asyncCache })],
])('AsyncProjector with %s', (_cache, options) => {
  async function folding() {
    const setup = new GatedSetup();
    setup.append('a', 1, 2);
    setup.append('a:1', 1);
    setup.events.close();
    const projector = setup.projector(options(setup));
    const call = projector.project(totals, 'a');
    await settle();
    return { setup, projector, call };
  }

  test('a running fold returns its result, but does not cache it', async () => {
    const { setup, projector, call } = await folding();
    expect(await projector.invalidate('a')).toBe(0);
    await setup.events.open();
    expect(await call).toEqual({ sum: 3, count: 2 });
    expect(setup.cache.calls.put).toBe(0);
  });

  test('later callers do not join it', async () => {
    const { setup, projector, call } = await folding();
    await projector.invalidate('a');
    const later = projector.projectWithReport(totals, 'a');
    await settle();
    expect(setup.events.waiting).toBe(2);
    await setup.events.open();
    expect([(await later).report.joined, (await call)?.sum]).toEqual([false, 3]);
    expect((await projector.projectWithReport(totals, 'a')).report.outcome).toBe('hit');
  });

  test('later callers still share the fold that replaced it when it has ended', async () => {
    const { setup, projector, call } = await folding();
    await projector.invalidate('a');
    const replacing = projector.projectWithReport(totals, 'a');
    await settle();
    await setup.events.next();
    // The waits of the two folds alternate.
    await setup.events.last();
    await setup.events.last();
    setup.events.isOpen = false;
    const late = projector.projectWithReport(totals, 'a');
    await settle();
    await setup.events.open();
    expect([(await call)?.sum, (await replacing).report.joined, (await late).report.joined]).toEqual([3, false, true]);
    expect(setup.log.reads).toHaveLength(2);
  });

  test('other streams are not affected, nor the same one afterwards', async () => {
    const { setup, projector } = await folding();
    await projector.invalidate('a:1');
    await setup.events.open();
    await projector.project(totals, 'a');
    expect((await projector.projectWithReport(totals, 'a')).report.outcome).toBe('hit');
    expect(await projector.invalidate('a')).toBe(1);
    await projector.project(totals, 'a');
    expect((await projector.projectWithReport(totals, 'a')).report.outcome).toBe('hit');
  });

  test('a projection that is reading its head looks up the cache again: its entry is gone', async () => {
    const setup = new GatedSetup();
    setup.append('a', 1);
    const projector = setup.projector(options(setup));
    await projector.project(totals, 'a');
    setup.append('a', 1);
    setup.heads.close();
    const call = projector.projectWithReport(totals, 'a');
    await settle();
    expect(await projector.invalidate('a')).toBe(1);
    await setup.heads.open();
    const { state, report } = await call;
    expect([state, report.outcome, report.refusal]).toEqual([{ sum: 2, count: 2 }, 'replay', 'absent']);
    expect(setup.cache.inner.size).toBe(1);
  });
});

describe('AsyncProjector with an asynchronous cache', () => {
  test('a slow put is awaited, and its entry is removed', async () => {
    const setup = new GatedSetup();
    setup.append('a', 1);
    setup.puts.close();
    const projector = setup.projector({ cache: setup.asyncCache });
    const call = projector.project(totals, 'a');
    await settle();
    const invalidation = projector.invalidate('a');
    await settle();
    expect([setup.puts.waiting, setup.cache.calls.deletePrefix]).toEqual([1, 0]);
    await setup.puts.open();
    expect([await call, await invalidation]).toEqual([{ sum: 1, count: 1 }, 1]);
    expect(setup.cache.inner.size).toBe(0);
  });

  test('a slow put that fails', async () => {
    const setup = new GatedSetup();
    setup.append('a', 1);
    setup.puts.close();
    setup.cache.failing = ['put'];
    const projector = setup.projector({ cache: setup.asyncCache });
    const call = projector.projectWithReport(totals, 'a');
    await settle();
    const invalidation = projector.invalidate('a');
    await setup.puts.open();
    expect([await invalidation, (await call).report.cacheFailures.length]).toEqual([0, 0]);
    expect(projector.stats().cacheFailures).toBe(1);
  });

  test('two at once: neither ends the invalidation of the other', async () => {
    const setup = new GatedSetup();
    setup.append('a', 1);
    const projector = setup.projector({ cache: setup.asyncCache });
    await projector.project(totals, 'a');
    setup.deletes.close();
    const both = [projector.invalidate('a'), projector.invalidate('a')];
    await settle();
    await setup.deletes.next();
    setup.append('a', 1);
    await projector.project(totals, 'a');
    expect(setup.cache.inner.size).toBe(0);
    await setup.deletes.open();
    expect(await Promise.all(both)).toEqual([1, 0]);
    await projector.project(totals, 'a');
    expect(setup.cache.inner.size).toBe(1);
  });
});
