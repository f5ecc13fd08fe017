// `invalidate` forgets a stream: what was under way when it was called brings nothing back.
import { describe, expect, test } from 'vitest';
import { Freshness } from '../../src/projection/freshness.ts';
import { Projector } from '../../src/projection/projector.ts';
import { GatedWorld, settle } from './gated-world.ts';
import type { Change } from './memory-log.ts';
import { type Totals, totals } from './totals.ts';
import { World } from './ways.ts';

describe('Projector', () => {
  test.each(['apply', 'read', 'head', 'encode'] as const)(
    'called again from within %s: the fold is not cached',
    (from) => {
      const world = new World();
      world.log.append('a', 1);
      world.log.append('b', 1);
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
            // Not of what `initial` returns.
            if (state.count > 0) overtake('encode');
            return new TextEncoder().encode(JSON.stringify(state));
          },
          decode: (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes)) as Totals,
        },
      };
      const source = {
        head: (stream: string, kinds: readonly string[]) => {
          overtake('head');
          return world.log.head(stream, kinds);
        },
        read: (stream: string, kinds: readonly string[], after?: bigint) => {
          overtake('read');
          return world.log.read(stream, kinds, after);
        },
      };
      const projector = new Projector<Change>({ cache: world.cache, source });
      expect(projector.project(projection, 'a')).toEqual({ sum: 1, count: 1 });
      expect([overtaken, world.cache.inner.size]).toEqual([1, 0]);
      // Another stream is not concerned.
      expect(projector.project(projection, 'b')).toEqual({ sum: 1, count: 1 });
      expect(world.cache.inner.size).toBe(1);
    },
  );

  test('a state that is stamped anew does not come back either', () => {
    const world = new World();
    world.log.append('a', 1);
    let invalidates = false;
    const source = {
      head: (stream: string, kinds: readonly string[]) => {
        if (invalidates) projector.invalidate('a');
        return world.log.head(stream, kinds);
      },
      read: (stream: string, kinds: readonly string[], after?: bigint) => world.log.read(stream, kinds, after),
    };
    const projector = new Projector<Change>({ cache: world.cache, source, nowUs: () => world.nowUs });
    projector.project(totals, 'a');
    invalidates = true;
    world.advanceMs(10);
    projector.project(totals, 'a', Freshness.bestEffort({ maxStaleMs: 1 }));
    expect(world.cache.inner.size).toBe(0);
  });
});

describe.each([
  ['a synchronous cache', (world: GatedWorld) => ({ cache: world.cache })],
  ['an asynchronous cache', (world: GatedWorld) => ({ cache: world.asyncCache })],
])('AsyncProjector with %s', (_cache, options) => {
  async function folding() {
    const world = new GatedWorld();
    world.append('a', 1, 2);
    world.append('a:1', 1);
    world.events.close();
    const projector = world.projector(options(world));
    const call = projector.project(totals, 'a');
    await settle();
    return { world, projector, call };
  }

  test('a fold under way is answered with, but not cached', async () => {
    const { world, projector, call } = await folding();
    expect(await projector.invalidate('a')).toBe(0);
    await world.events.open();
    expect(await call).toEqual({ sum: 3, count: 2 });
    expect(world.cache.calls.put).toBe(0);
  });

  test('later callers do not join it', async () => {
    const { world, projector, call } = await folding();
    await projector.invalidate('a');
    const later = projector.projectWithReport(totals, 'a');
    await settle();
    expect(world.events.waiting).toBe(2);
    await world.events.open();
    expect([(await later).report.joined, (await call)?.sum]).toEqual([false, 3]);
    expect((await projector.projectWithReport(totals, 'a')).report.outcome).toBe('hit');
  });

  test('other streams are not concerned, nor the same one afterwards', async () => {
    const { world, projector } = await folding();
    await projector.invalidate('a:1');
    await world.events.open();
    await projector.project(totals, 'a');
    expect((await projector.projectWithReport(totals, 'a')).report.outcome).toBe('hit');
    expect(await projector.invalidate('a')).toBe(1);
    await projector.project(totals, 'a');
    expect((await projector.projectWithReport(totals, 'a')).report.outcome).toBe('hit');
  });

  test('a projection that is finding its head looks again: what it had found is gone', async () => {
    const world = new GatedWorld();
    world.append('a', 1);
    const projector = world.projector(options(world));
    await projector.project(totals, 'a');
    world.append('a', 1);
    world.heads.close();
    const call = projector.projectWithReport(totals, 'a');
    await settle();
    expect(await projector.invalidate('a')).toBe(1);
    await world.heads.open();
    const { state, report } = await call;
    expect([state, report.outcome, report.refusal]).toEqual([{ sum: 2, count: 2 }, 'replay', 'absent']);
    expect(world.cache.inner.size).toBe(1);
  });
});

describe('AsyncProjector with an asynchronous cache', () => {
  test('a put that is slow is waited for, and what it put is removed', async () => {
    const world = new GatedWorld();
    world.append('a', 1);
    world.puts.close();
    const projector = world.projector({ cache: world.asyncCache });
    const call = projector.project(totals, 'a');
    await settle();
    const invalidation = projector.invalidate('a');
    await settle();
    expect([world.puts.waiting, world.cache.calls.deletePrefix]).toEqual([1, 0]);
    await world.puts.open();
    expect([await call, await invalidation]).toEqual([{ sum: 1, count: 1 }, 1]);
    expect(world.cache.inner.size).toBe(0);
  });

  test('a put that is slow and fails', async () => {
    const world = new GatedWorld();
    world.append('a', 1);
    world.puts.close();
    world.cache.failing = ['put'];
    const projector = world.projector({ cache: world.asyncCache });
    const call = projector.projectWithReport(totals, 'a');
    await settle();
    const invalidation = projector.invalidate('a');
    await world.puts.open();
    expect([await invalidation, (await call).report.cacheFailures.length]).toEqual([0, 0]);
    expect(projector.stats().cacheFailures).toBe(1);
  });

  test('two at once: neither reopens the stream for the other', async () => {
    const world = new GatedWorld();
    world.append('a', 1);
    const projector = world.projector({ cache: world.asyncCache });
    await projector.project(totals, 'a');
    world.deletes.close();
    const both = [projector.invalidate('a'), projector.invalidate('a')];
    await settle();
    await world.deletes.next();
    world.append('a', 1);
    await projector.project(totals, 'a');
    expect(world.cache.inner.size).toBe(0);
    await world.deletes.open();
    expect(await Promise.all(both)).toEqual([1, 0]);
    await projector.project(totals, 'a');
    expect(world.cache.inner.size).toBe(1);
  });
});
