/*
 * Why this test: a caller that has just appended an event knows its sequence. It wants a state with this event, and no
 * query of the head for that.
 */
import { describe, expect, test } from 'vitest';
import type { ReadOptions } from '../../src/projection/event-reader.ts';
import { Freshness } from '../../src/projection/freshness.ts';
import type { Change } from './memory-log.ts';
import { MemoryLog } from './memory-log.ts';
import { totals } from './totals.ts';
import { ProjectorSetup, ways } from './ways.ts';

const atLeast = (watermark: bigint) => Freshness.atLeast({ watermark });

describe.each(ways)('Freshness.atLeast, $way', ({ make }) => {
  test('a cached state with the event is returned without reading the head, however old it is', async () => {
    const setup = new ProjectorSetup();
    setup.log.append('a', 1);
    const own = setup.log.append('a', 2);
    const projector = make(setup);
    await projector.project(totals, 'a');
    setup.log.append('a', 3);
    setup.advanceMs(1e9);
    const asked = setup.log.headsAsked;
    for (const watermark of [0n, 10n, own]) {
      const { state, report } = await projector.projectWithReport(totals, 'a', atLeast(watermark));
      expect(state).toEqual({ sum: 3, count: 2 });
      expect(report).toMatchObject({ outcome: 'hit', watermark: own, stale: false });
      expect('head' in report).toBe(false);
    }
    expect(setup.log.headsAsked).toBe(asked);
  });

  test('an older one is brought up to the head', async () => {
    const setup = new ProjectorSetup();
    setup.log.append('a', 1);
    const projector = make(setup);
    await projector.project(totals, 'a');
    const own = setup.log.append('a', 2);
    setup.log.append('a', 3);
    const { state, report } = await projector.projectWithReport(totals, 'a', atLeast(own));
    expect([state, report.outcome, report.watermark]).toEqual([{ sum: 6, count: 3 }, 'delta', 30n]);
  });

  test('above the head, it is like a consistent call: the event may be irrelevant, or not visible yet', async () => {
    const setup = new ProjectorSetup();
    const projector = make(setup);
    expect(await projector.project(totals, 'a', atLeast(7n))).toBe(undefined);
    const relevant = setup.log.append('a', 1);
    const own = setup.log.append('a', 5, 'noted');
    const added = { ...totals, kinds: ['added'] };
    for (const outcome of ['replay', 'hit']) {
      const { state, report } = await projector.projectWithReport(added, 'a', atLeast(own));
      expect(state).toEqual({ sum: 1, count: 1 });
      expect(report).toMatchObject({ outcome, watermark: relevant, head: relevant });
    }
  });

  test('a state that a budget stopped is one up to its watermark', async () => {
    const setup = new ProjectorSetup();
    for (const amount of [1, 2, 3]) setup.log.append('a', amount);
    const projector = make(setup, { replayBudget: { events: 2 } });
    await projector.projectWithReport(totals, 'a', undefined, { onBudget: 'stale' });
    expect(await projector.project(totals, 'a', atLeast(20n))).toEqual({ sum: 3, count: 2 });
    expect(await projector.project(totals, 'a', atLeast(21n))).toEqual({ sum: 6, count: 3 });
  });

  test('a reader with checkpoints is asked for that of the watermark, and no head is read', async () => {
    const setup = new ProjectorSetup();
    let life = 'first';
    class Log extends MemoryLog {
      checkpoint(_stream: string, sequence: bigint): string | undefined {
        return this.changes.some((change) => change.sequence === sequence) ? `${life} ${sequence}` : undefined;
      }
    }
    const log = new Log();
    log.append('a', 1);
    log.append('a', 2);
    const projector = make(setup, {}, log);
    await projector.project(totals, 'a');
    const asked = log.headsAsked;
    expect(await projector.project(totals, 'a', atLeast(20n))).toEqual({ sum: 3, count: 2 });
    expect(log.headsAsked).toBe(asked);
    life = 'second';
    log.restoreTo(0n);
    log.append('a', 7);
    const { state, report } = await projector.projectWithReport(totals, 'a', atLeast(10n));
    expect([state, report.refusal]).toEqual([{ sum: 7, count: 1 }, 'restored']);
    log.restoreTo(0n);
    expect(await projector.project(totals, 'a', atLeast(10n))).toBe(undefined);
    expect(setup.cache.inner.size).toBe(0);
  });

  test('wrong arguments are refused', async () => {
    const wrong = (freshness: unknown) =>
      (async () => make(new ProjectorSetup()).project(totals, 'a', freshness as Freshness))();
    await expect(wrong({ kind: 'atLeast' })).rejects.toThrow('watermark must be a bigint; got undefined');
    await expect(wrong({ kind: 'atLeast', watermark: -1n })).rejects.toThrow(RangeError);
    await expect(wrong({ kind: 'atleast', watermark: 1n })).rejects.toThrow('Freshness.atLeast({ watermark })');
  });
});

test('Freshness.atLeast checks its options', () => {
  expect(() => Freshness.atLeast({ watermark: 7 as unknown as bigint })).toThrow(
    'watermark must be a bigint; got number',
  );
  expect(() => Freshness.atLeast({ watermark: 2n ** 64n })).toThrow(RangeError);
  expect(() => Freshness.atLeast({ watermrak: 7n } as never)).toThrow('did you mean watermark?');
  expect(() => Freshness.atLeast(7n as never)).toThrow(TypeError);
});

describe.each(ways)('what read is passed, $way', ({ make }) => {
  class Recording extends MemoryLog {
    readonly options: ReadOptions[] = [];
    /** Ends the events where the options say that it may. */
    stopsEarly = false;

    override *read(stream: string, kinds: readonly string[], after?: bigint, options: ReadOptions = {}) {
      this.options.push(options);
      const { upTo = 0n, limit = Number.POSITIVE_INFINITY } = options;
      let left = limit;
      for (const recorded of super.read(stream, kinds, after)) {
        if (this.stopsEarly && (recorded.sequence > upTo || left === 0)) return;
        left -= 1;
        yield recorded;
      }
    }
  }

  test.each([true, false])('is the head and the budget; one that stops early: %s', async (stopsEarly) => {
    const setup = new ProjectorSetup();
    const log = new Recording();
    log.stopsEarly = stopsEarly;
    for (const amount of [1, 2, 3]) log.append('a', amount);
    const projection = {
      ...totals,
      // An event that is appended while the others are read.
      apply: (state: { sum: number; count: number }, { amount }: Change) => {
        if (amount === 1) log.append('a', 4);
        return { sum: state.sum + amount, count: state.count + 1 };
      },
    };
    expect(await make(setup, {}, log).project(projection, 'a')).toEqual({ sum: 6, count: 3 });
    expect(log.options[0]).toMatchObject({ upTo: 30n });
    expect('limit' in (log.options[0] ?? {})).toBe(false);
    const budgeted = make(setup, { replayBudget: { events: 2 } }, log);
    const result = await budgeted.projectWithReport({ ...totals, version: 1 }, 'a', undefined, { onBudget: 'stale' });
    expect([result.state, result.report.stale]).toEqual([{ sum: 3, count: 2 }, true]);
    expect(log.options[1]).toMatchObject({ upTo: 40n, limit: 2 });
  });
});
