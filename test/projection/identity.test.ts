// Lineage: numbers alone cannot tell a log that was restored and has grown since. Its identity can.
import { describe, expect, test } from 'vitest';
import type { EventReader } from '../../src/projection/event-reader.ts';
import { Freshness } from '../../src/projection/freshness.ts';
import type { Change } from './memory-log.ts';
import { totals } from './totals.ts';
import { World, ways } from './ways.ts';

const always = Freshness.bestEffort({ maxStaleMs: Number.MAX_SAFE_INTEGER });

describe.each(ways)('$way', ({ make }) => {
  async function restoredAndGrown(identities: readonly [string | undefined, string | undefined]) {
    const world = new World();
    if (identities[0] !== undefined) world.log.identity = identities[0];
    for (const amount of [1, 2, 3]) world.log.append('a', amount);
    const projector = make(world);
    await projector.project(totals, 'a');
    world.log.restoreTo(10n);
    if (identities[1] !== undefined) world.log.identity = identities[1];
    for (const amount of [10, 10, 10]) world.log.append('a', amount);
    return { world, projector };
  }

  test('with a new identity nothing of the old log is used, by the same projector or another', async () => {
    for (const freshness of [Freshness.consistent, always]) {
      const { world, projector } = await restoredAndGrown(['before', 'after']);
      expect(await projector.project(totals, 'a', freshness)).toEqual({ sum: 31, count: 4 });
      expect(await make(world).project(totals, 'a', freshness)).toEqual({ sum: 31, count: 4 });
      expect(world.cache.inner.size).toBe(2);
    }
  });

  test('a log that gets its first identity is another one too', async () => {
    const { projector } = await restoredAndGrown([undefined, 'after']);
    expect(await projector.project(totals, 'a')).toEqual({ sum: 31, count: 4 });
  });

  test('without one, the documented limit: what was folded of the lost events stays in', async () => {
    const { projector } = await restoredAndGrown([undefined, undefined]);
    expect(await projector.project(totals, 'a')).toEqual({ sum: 16, count: 4 });
    // What the guide says to do after a restore without one.
    await projector.invalidate('a');
    expect(await projector.project(totals, 'a')).toEqual({ sum: 31, count: 4 });
  });

  test('the old identity finds the old entries again', async () => {
    const { world, projector } = await restoredAndGrown(['before', 'after']);
    await projector.project(totals, 'a');
    world.log.restoreTo(10n);
    for (const amount of [2, 3]) world.log.append('a', amount);
    world.log.identity = 'before';
    expect((await projector.projectWithReport(totals, 'a')).report.outcome).toBe('hit');
  });

  test.each(['head', 'read'] as const)(
    'one that changes during a call, in %s: SOURCE_INVALID, nothing cached',
    async (verb) => {
      const world = new World();
      world.log.append('a', 1);
      const source: EventReader<Change> = {
        get identity() {
          return world.log.identity ?? 'before';
        },
        head: (stream, kinds) => {
          if (verb === 'head') world.log.identity = 'after';
          return world.log.head(stream, kinds);
        },
        *read(stream, kinds, after) {
          if (verb === 'read') world.log.identity = 'after';
          yield* world.log.read(stream, kinds, after);
        },
      };
      const projector = make(world, {}, source);
      await expect((async () => projector.project(totals, 'a'))()).rejects.toMatchObject({
        code: 'SOURCE_INVALID',
        message: expect.stringContaining('its identity changed while it was read'),
      });
      expect(world.cache.calls.put).toBe(0);
      expect(await projector.project(totals, 'a')).toEqual({ sum: 1, count: 1 });
    },
  );

  test('one that changes while the head is asked for makes no hit of a state of the old log', async () => {
    const world = new World();
    world.log.identity = 'before';
    world.log.append('a', 1);
    await make(world).project(totals, 'a');
    const source: EventReader<Change> = {
      get identity() {
        return world.log.identity as string;
      },
      // The other log has another event at the same place.
      head: (stream, kinds) => {
        if (world.log.identity === 'before') {
          world.log.restoreTo(0n);
          world.log.identity = 'after';
          world.log.append('a', 100);
        }
        return world.log.head(stream, kinds);
      },
      read: (stream, kinds, after) => world.log.read(stream, kinds, after),
    };
    const projector = make(world, {}, source);
    await expect((async () => projector.project(totals, 'a'))()).rejects.toMatchObject({ code: 'SOURCE_INVALID' });
    expect(await projector.project(totals, 'a')).toEqual({ sum: 100, count: 1 });
  });

  test('that is no string: refused', async () => {
    const world = new World();
    world.log.identity = 5 as unknown as string;
    await expect((async () => make(world).project(totals, 'a'))()).rejects.toThrow(TypeError);
  });
});
