// `verifyEvery` finds what nothing else finds: an `apply` that changed without a new `version`.
import { describe, expect, test } from 'vitest';
import { Freshness } from '../../src/projection/freshness.ts';
import type { Projection, StateCodec } from '../../src/projection/projection.ts';
import type { Change } from './memory-log.ts';
import { type Totals, totals } from './totals.ts';
import { ProjectorSetup, ways } from './ways.ts';

/** The same name and version, with a different fold. */
const changed = {
  ...totals,
  apply: (state: Totals, { amount }: Change) => ({ sum: state.sum + 2 * amount, count: 0 }),
};
/** The window of a state that was cached a while ago has ended: the event log is read. */
const within1Ms = Freshness.bestEffort({ maxStaleMs: 1 });

async function cached({ make }: (typeof ways)[number]): Promise<ProjectorSetup> {
  const setup = new ProjectorSetup();
  for (const amount of [1, 2]) setup.log.append('a', amount);
  await make(setup).project(totals, 'a');
  return setup;
}

describe.each(ways)('$way', (way) => {
  const { make } = way;

  test('a forgotten version bump is found, reported, counted and replaced', async () => {
    for (const freshness of [Freshness.consistent, within1Ms]) {
      const setup = await cached(way);
      setup.advanceMs(5);
      const projector = make(setup, { verifyEvery: 1 });
      const { state, report } = await projector.projectWithReport(changed, 'a', freshness);
      expect(state).toEqual({ sum: 6, count: 0 });
      expect(report).toMatchObject({
        outcome: 'replay',
        refusal: 'shadow-difference',
        shadow: 'different',
        eventsRead: 4,
      });
      expect(projector.stats()).toMatchObject({ shadowChecks: 1, shadowDifferences: 1, replays: 1 });
      setup.advanceMs(5);
      const again = await projector.projectWithReport(changed, 'a', freshness);
      expect([again.state, again.report.outcome, again.report.shadow]).toEqual([{ sum: 6, count: 0 }, 'hit', 'same']);
    }
  });

  test('without it the old fold is served', async () => {
    const setup = await cached(way);
    expect(await make(setup).project(changed, 'a')).toEqual({ sum: 3, count: 2 });
  });

  test('one hit in n', async () => {
    const setup = await cached(way);
    const projector = make(setup, { verifyEvery: 3 });
    const verdicts: unknown[] = [];
    for (let i = 0; i < 7; i += 1) verdicts.push((await projector.projectWithReport(totals, 'a')).report.shadow);
    expect(verdicts).toEqual([undefined, undefined, 'same', undefined, undefined, 'same', undefined]);
    expect(projector.stats()).toMatchObject({ hits: 7, shadowChecks: 2, shadowDifferences: 0, eventsRead: 4 });
  });

  test('only up to the watermark: later events make no difference', async () => {
    const setup = await cached(way);
    // An event is recorded between the head and the check.
    const source = {
      head: (stream: string, kinds: readonly string[]) => {
        const head = setup.log.head(stream, kinds);
        setup.log.append('a', 3);
        return head;
      },
      read: setup.log.read.bind(setup.log),
    };
    const { state, report } = await make(setup, { verifyEvery: 1 }, source).projectWithReport(totals, 'a');
    expect([state, report.outcome, report.shadow]).toEqual([{ sum: 3, count: 2 }, 'hit', 'same']);
  });

  test('also compares "no state"', async () => {
    const setup = new ProjectorSetup();
    setup.log.append('a', 1);
    const gone = { ...totals, apply: (): undefined => undefined };
    await make(setup).project(gone, 'a');
    const { state, report } = await make(setup, { verifyEvery: 1 }).projectWithReport(totals, 'a');
    expect([state, report.shadow]).toEqual([{ sum: 1, count: 1 }, 'different']);
  });

  test.each([
    [12, 1],
    [1, 12],
  ])('a state of which one starts with the other counts as different: %s, %s', async (before, after) => {
    const setup = new ProjectorSetup();
    setup.log.append('a', before);
    const amounts = { name: 'amount', initial: () => 0, apply: (_state: number, { amount }: Change) => amount };
    await make(setup).project(amounts, 'a');
    const other = { ...amounts, apply: () => after };
    const { state, report } = await make(setup, { verifyEvery: 1 }).projectWithReport(other, 'a');
    expect([state, report.shadow]).toEqual([after, 'different']);
  });

  test('a state known to be wrong is removed, even if the replay after it fails', async () => {
    const setup = await cached(way);
    setup.log.failure = { afterEvents: 4, error: new Error('connection lost') };
    const projector = make(setup, { verifyEvery: 1 });
    await expect((async () => projector.project(changed, 'a'))()).rejects.toThrow('connection lost');
    expect(setup.cache.inner.size).toBe(0);
  });

  test('a failed replay has no verdict: the cached state is used', async () => {
    const setup = await cached(way);
    setup.log.failure = { afterEvents: 3, error: new Error('connection lost') };
    const { state, report } = await make(setup, { verifyEvery: 1 }).projectWithReport(totals, 'a');
    expect([state, report.outcome, report.shadow]).toEqual([{ sum: 3, count: 2 }, 'hit', 'unfinished']);
  });

  test('a replay beyond the budget has no verdict: a check must not cause an outage', async () => {
    const setup = await cached(way);
    const projector = make(setup, { verifyEvery: 1, replayBudget: { events: 1 } });
    const { state, report } = await projector.projectWithReport(totals, 'a');
    expect(state).toEqual({ sum: 3, count: 2 });
    expect(report).toMatchObject({ outcome: 'hit', shadow: 'unfinished', eventsRead: 1 });
  });

  test('events that the log has lost up to the watermark: no verdict, as they may be compacted away', async () => {
    const setup = await cached(way);
    const source = { head: () => 20n, read: setup.log.read.bind(setup.log) };
    setup.log.restoreTo(10n);
    const { state, report } = await make(setup, { verifyEvery: 1 }, source).projectWithReport(totals, 'a');
    expect([state, report.shadow]).toEqual([{ sum: 3, count: 2 }, 'unfinished']);
  });

  test('a replay that ends after the watermark is different, even if its state is equal', async () => {
    const setup = await cached(way);
    const source = {
      head: () => 20n,
      *read(stream: string, kinds: readonly string[]) {
        for (const { sequence, event } of setup.log.read(stream, kinds)) {
          yield { sequence: sequence === 20n ? 25n : sequence, event };
        }
      },
    };
    const { state, report } = await make(setup, { verifyEvery: 1 }, source).projectWithReport(totals, 'a');
    expect([state, report.shadow, report.watermark]).toEqual([{ sum: 3, count: 2 }, 'different', 25n]);
  });

  test('a state that cannot be decoded is reported as that: nothing is replayed to compare it', async () => {
    const setup = await cached(way);
    for (const [key, { meta }] of [...setup.cache.inner.entries()]) {
      setup.cache.inner.put(key, Uint8Array.of(1, 0xff), meta);
    }
    const projector = make(setup, { verifyEvery: 1 });
    const { state, report } = await projector.projectWithReport(totals, 'a');
    expect([state, report.refusal, report.shadow]).toEqual([{ sum: 3, count: 2 }, 'undecodable', undefined]);
    expect(projector.stats()).toMatchObject({ undecodable: 1, shadowChecks: 0 });
  });

  describe('a codec that encodes the same state differently', () => {
    type Counts = Map<string, number>;
    const counting = (codec: StateCodec<Counts>): Projection<Counts, Change> => ({
      name: 'counts',
      initial: () => new Map(),
      apply: (counts, { kind, amount }) => counts.set(kind, (counts.get(kind) ?? 0) + amount),
      codec,
    });
    const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
    const parsed = (bytes: Uint8Array): [string, number][] => JSON.parse(new TextDecoder().decode(bytes));
    /** Decodes in the order of names, and encodes in the present order. */
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
      const setup = new ProjectorSetup();
      for (const kind of ['b', 'a', 'c', 'a']) {
        setup.log.append('s', 1, kind);
        await make(setup).project(counting(codec), 's');
      }
      const projector = make(setup, { verifyEvery: 1 });
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

    test.each([
      ['the cached state', 2],
      ['the state of the replay', 5],
    ])('each time, but only %s: no verdict', async (_which, ofA) => {
      const saltedIf: StateCodec<Counts> = {
        encode: (counts) => (counts.get('a') === ofA ? salted.encode(counts) : text([...counts, ['salt', 0]])),
        decode: salted.decode,
      };
      const apply = (counts: Counts, { kind }: Change): Counts => counts.set(kind, 5);
      expect(await verdictOf(saltedIf, { apply })).toBe('unfinished');
    });
  });

  test('a hit within its window is not checked, as it must not wait for the event log', async () => {
    const setup = await cached(way);
    const projector = make(setup, { verifyEvery: 1 });
    const { state, report } = await projector.projectWithReport(changed, 'a', Freshness.bestEffort({ maxStaleMs: 5 }));
    expect([state, report.outcome, report.shadow]).toEqual([{ sum: 3, count: 2 }, 'hit', undefined]);
    expect([setup.log.reads.length, projector.stats().shadowChecks]).toEqual([1, 0]);
  });
});
