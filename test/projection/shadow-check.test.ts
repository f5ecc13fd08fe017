// `verifyEvery` finds what nothing else finds: an `apply` that changed without a new `version`.
import { describe, expect, test } from 'vitest';
import { Freshness } from '../../src/projection/freshness.ts';
import type { Projection, StateCodec } from '../../src/projection/projection.ts';
import type { Change } from './memory-log.ts';
import { type Totals, totals } from './totals.ts';
import { World, ways } from './ways.ts';

/** The same name and version, and another fold. */
const changed = {
  ...totals,
  apply: (state: Totals, { amount }: Change) => ({ sum: state.sum + 2 * amount, count: 0 }),
};
/** The window of a state that was cached a while ago has ended: the event log is asked. */
const within1Ms = Freshness.bestEffort({ maxStaleMs: 1 });

async function cached({ make }: (typeof ways)[number]): Promise<World> {
  const world = new World();
  for (const amount of [1, 2]) world.log.append('a', amount);
  await make(world).project(totals, 'a');
  return world;
}

describe.each(ways)('$way', (way) => {
  const { make } = way;

  test('a forgotten version bump is found, reported, counted and replaced', async () => {
    for (const freshness of [Freshness.consistent, within1Ms]) {
      const world = await cached(way);
      world.advanceMs(5);
      const projector = make(world, { verifyEvery: 1 });
      const { state, report } = await projector.projectWithReport(changed, 'a', freshness);
      expect(state).toEqual({ sum: 6, count: 0 });
      expect(report).toMatchObject({
        outcome: 'replay',
        refusal: 'shadow-difference',
        shadow: 'different',
        eventsRead: 4,
      });
      expect(projector.stats()).toMatchObject({ shadowChecks: 1, shadowDifferences: 1, replays: 1 });
      world.advanceMs(5);
      const again = await projector.projectWithReport(changed, 'a', freshness);
      expect([again.state, again.report.outcome, again.report.shadow]).toEqual([{ sum: 6, count: 0 }, 'hit', 'same']);
    }
  });

  test('without it the old fold is served', async () => {
    const world = await cached(way);
    expect(await make(world).project(changed, 'a')).toEqual({ sum: 3, count: 2 });
  });

  test('one hit in n', async () => {
    const world = await cached(way);
    const projector = make(world, { verifyEvery: 3 });
    const verdicts: unknown[] = [];
    for (let i = 0; i < 7; i += 1) verdicts.push((await projector.projectWithReport(totals, 'a')).report.shadow);
    expect(verdicts).toEqual([undefined, undefined, 'same', undefined, undefined, 'same', undefined]);
    expect(projector.stats()).toMatchObject({ hits: 7, shadowChecks: 2, shadowDifferences: 0, eventsRead: 4 });
  });

  test('only up to the watermark: later events are no difference', async () => {
    const world = await cached(way);
    // An event that is recorded between the head and the check.
    const source = {
      head: (stream: string, kinds: readonly string[]) => {
        const head = world.log.head(stream, kinds);
        world.log.append('a', 3);
        return head;
      },
      read: world.log.read.bind(world.log),
    };
    const { state, report } = await make(world, { verifyEvery: 1 }, source).projectWithReport(totals, 'a');
    expect([state, report.outcome, report.shadow]).toEqual([{ sum: 3, count: 2 }, 'hit', 'same']);
  });

  test('"no state" is compared too', async () => {
    const world = new World();
    world.log.append('a', 1);
    const gone = { ...totals, apply: (): undefined => undefined };
    await make(world).project(gone, 'a');
    const { state, report } = await make(world, { verifyEvery: 1 }).projectWithReport(totals, 'a');
    expect([state, report.shadow]).toEqual([{ sum: 1, count: 1 }, 'different']);
  });

  test('a state that the cached one begins with is another one', async () => {
    const world = new World();
    world.log.append('a', 12);
    const twelve = { name: 'amount', initial: () => 0, apply: (_state: number, { amount }: Change) => amount };
    await make(world).project(twelve, 'a');
    const one = { ...twelve, apply: () => 1 };
    const { state, report } = await make(world, { verifyEvery: 1 }).projectWithReport(one, 'a');
    expect([state, report.shadow]).toEqual([1, 'different']);
  });

  test('what is known to be wrong is removed, also where the replay after it fails', async () => {
    const world = await cached(way);
    world.log.failure = { afterEvents: 4, error: new Error('connection lost') };
    const projector = make(world, { verifyEvery: 1 });
    await expect((async () => projector.project(changed, 'a'))()).rejects.toThrow('connection lost');
    expect(world.cache.inner.size).toBe(0);
  });

  test('a replay that fails says nothing: the cached state is used', async () => {
    const world = await cached(way);
    world.log.failure = { afterEvents: 3, error: new Error('connection lost') };
    const { state, report } = await make(world, { verifyEvery: 1 }).projectWithReport(totals, 'a');
    expect([state, report.outcome, report.shadow]).toEqual([{ sum: 3, count: 2 }, 'hit', 'unfinished']);
  });

  test('a replay beyond the budget says nothing: a check must not be the outage', async () => {
    const world = await cached(way);
    const projector = make(world, { verifyEvery: 1, replayBudget: { events: 1 } });
    const { state, report } = await projector.projectWithReport(totals, 'a');
    expect(state).toEqual({ sum: 3, count: 2 });
    expect(report).toMatchObject({ outcome: 'hit', shadow: 'unfinished', eventsRead: 1 });
  });

  test('events that the log has lost up to the watermark: no verdict, as they may be compacted away', async () => {
    const world = await cached(way);
    const source = { head: () => 20n, read: world.log.read.bind(world.log) };
    world.log.restoreTo(10n);
    const { state, report } = await make(world, { verifyEvery: 1 }, source).projectWithReport(totals, 'a');
    expect([state, report.shadow]).toEqual([{ sum: 3, count: 2 }, 'unfinished']);
  });

  test('a state that cannot be decoded is just that: nothing is replayed to compare it', async () => {
    const world = await cached(way);
    for (const [key, { meta }] of [...world.cache.inner.entries()]) {
      world.cache.inner.put(key, Uint8Array.of(1, 0xff), meta);
    }
    const projector = make(world, { verifyEvery: 1 });
    const { state, report } = await projector.projectWithReport(totals, 'a');
    expect([state, report.refusal, report.shadow]).toEqual([{ sum: 3, count: 2 }, 'undecodable', undefined]);
    expect(projector.stats()).toMatchObject({ undecodable: 1, shadowChecks: 0 });
  });

  describe('a codec that gives other bytes for the same state', () => {
    type Counts = Map<string, number>;
    const counting = (codec: StateCodec<Counts>): Projection<Counts, Change> => ({
      name: 'counts',
      initial: () => new Map(),
      apply: (counts, { kind, amount }) => counts.set(kind, (counts.get(kind) ?? 0) + amount),
      codec,
    });
    const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
    const parsed = (bytes: Uint8Array): [string, number][] => JSON.parse(new TextDecoder().decode(bytes));
    /** Decodes in the order of names, and encodes as it finds them. */
    const sorting: StateCodec<Counts> = {
      encode: (counts) => text([...counts]),
      decode: (bytes) => new Map(parsed(bytes).sort(([a], [b]) => (a < b ? -1 : 1))),
    };
    let salt = 0;
    const nextSalt = (): number => {
      salt += 1;
      return salt;
    };
    const salted: StateCodec<Counts> = {
      encode: (counts) => text([...counts, ['salt', nextSalt()]]),
      decode: (bytes) => new Map(parsed(bytes).slice(0, -1)),
    };

    async function verdictOf(codec: StateCodec<Counts>, changed: Partial<Projection<Counts, Change>> = {}) {
      const world = new World();
      for (const kind of ['b', 'a', 'c', 'a']) {
        world.log.append('s', 1, kind);
        await make(world).project(counting(codec), 's');
      }
      const projector = make(world, { verifyEvery: 1 });
      const { report } = await projector.projectWithReport({ ...counting(codec), ...changed }, 's');
      expect(projector.stats().shadowDifferences).toBe(report.shadow === 'different' ? 1 : 0);
      return report.shadow;
    }

    test('of a map in another order: the same state', async () => {
      expect(await verdictOf(sorting)).toBe('same');
    });

    test('and of a map with other counts: different', async () => {
      const apply = (counts: Counts, { kind }: Change): Counts => counts.set(kind, 5);
      expect(await verdictOf(sorting, { apply })).toBe('different');
    });

    test('each time: no verdict', async () => {
      expect(await verdictOf(salted)).toBe('unfinished');
    });
  });

  test('a hit within its window is not checked: it does not wait for the event log', async () => {
    const world = await cached(way);
    const projector = make(world, { verifyEvery: 1 });
    const { state, report } = await projector.projectWithReport(changed, 'a', Freshness.bestEffort({ maxStaleMs: 5 }));
    expect([state, report.outcome, report.shadow]).toEqual([{ sum: 3, count: 2 }, 'hit', undefined]);
    expect([world.log.reads.length, projector.stats().shadowChecks]).toEqual([1, 0]);
  });
});
