// Lineage: sequences alone cannot detect a log that was restored and has grown since. Its identity can.
import { describe, expect, test } from 'vitest';
import type { EventReader } from '../../src/projection/event-reader.ts';
import { Freshness } from '../../src/projection/freshness.ts';
import type { Change } from './memory-log.ts';
import { totals } from './totals.ts';
import { ProjectorSetup, ways } from './ways.ts';

const always = Freshness.bestEffort({ maxStaleMs: Number.MAX_SAFE_INTEGER });

describe.each(ways)('$way', ({ make }) => {
  async function restoredAndGrown(identities: readonly [string | undefined, string | undefined]) {
    const setup = new ProjectorSetup();
    if (identities[0] !== undefined) setup.log.identity = identities[0];
    for (const amount of [1, 2, 3]) setup.log.append('a', amount);
    const projector = make(setup);
    await projector.project(totals, 'a');
    setup.log.restoreTo(10n);
    if (identities[1] !== undefined) setup.log.identity = identities[1];
    for (const amount of [10, 10, 10]) setup.log.append('a', amount);
    return { setup, projector };
  }

  test('with a new identity no state of the old log is used, by the same projector or another', async () => {
    for (const freshness of [Freshness.consistent, always]) {
      const { setup, projector } = await restoredAndGrown(['before', 'after']);
      expect(await projector.project(totals, 'a', freshness)).toEqual({ sum: 31, count: 4 });
      expect(await make(setup).project(totals, 'a', freshness)).toEqual({ sum: 31, count: 4 });
      expect(setup.cache.inner.size).toBe(2);
    }
  });

  test('a log that gets its first identity is a different log too', async () => {
    const { projector } = await restoredAndGrown([undefined, 'after']);
    expect(await projector.project(totals, 'a')).toEqual({ sum: 31, count: 4 });
  });

  test('without one, the documented limit: the effect of the lost events stays in the state', async () => {
    const { projector } = await restoredAndGrown([undefined, undefined]);
    expect(await projector.project(totals, 'a')).toEqual({ sum: 16, count: 4 });
    // The guide recommends this after a restore without an identity.
    await projector.invalidate('a');
    expect(await projector.project(totals, 'a')).toEqual({ sum: 31, count: 4 });
  });

  test('the old identity finds the old entries again', async () => {
    const { setup, projector } = await restoredAndGrown(['before', 'after']);
    await projector.project(totals, 'a');
    setup.log.restoreTo(10n);
    for (const amount of [2, 3]) setup.log.append('a', amount);
    setup.log.identity = 'before';
    expect((await projector.projectWithReport(totals, 'a')).report.outcome).toBe('hit');
  });

  test.each(['head', 'read'] as const)(
    'one that changes during a call, in %s: SOURCE_INVALID, nothing cached',
    async (verb) => {
      const setup = new ProjectorSetup();
      setup.log.append('a', 1);
      const source: EventReader<Change> = {
        get identity() {
          return setup.log.identity ?? 'before';
        },
        head: (stream, kinds) => {
          if (verb === 'head') setup.log.identity = 'after';
          return setup.log.head(stream, kinds);
        },
        *read(stream, kinds, after) {
          if (verb === 'read') setup.log.identity = 'after';
          yield* setup.log.read(stream, kinds, after);
        },
      };
      const projector = make(setup, {}, source);
      await expect((async () => projector.project(totals, 'a'))()).rejects.toMatchObject({
        code: 'SOURCE_INVALID',
        message: expect.stringContaining('its identity changed while it was read'),
      });
      expect(setup.cache.calls.put).toBe(0);
      expect(await projector.project(totals, 'a')).toEqual({ sum: 1, count: 1 });
    },
  );

  test('one that changes while the head is read does not turn a state of the old log into a hit', async () => {
    const setup = new ProjectorSetup();
    setup.log.identity = 'before';
    setup.log.append('a', 1);
    await make(setup).project(totals, 'a');
    const source: EventReader<Change> = {
      get identity() {
        return setup.log.identity as string;
      },
      // The other log has another event at the same sequence.
      head: (stream, kinds) => {
        if (setup.log.identity === 'before') {
          setup.log.restoreTo(0n);
          setup.log.identity = 'after';
          setup.log.append('a', 100);
        }
        return setup.log.head(stream, kinds);
      },
      read: (stream, kinds, after) => setup.log.read(stream, kinds, after),
    };
    const projector = make(setup, {}, source);
    await expect((async () => projector.project(totals, 'a'))()).rejects.toMatchObject({ code: 'SOURCE_INVALID' });
    expect(await projector.project(totals, 'a')).toEqual({ sum: 100, count: 1 });
  });

  test('of another type: refused', async () => {
    const setup = new ProjectorSetup();
    setup.log.identity = 5 as unknown as string;
    await expect((async () => make(setup).project(totals, 'a'))()).rejects.toThrow(
      new TypeError('identity of an event reader must be a string; got number'),
    );
  });
});
