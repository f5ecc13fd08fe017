// Many misses at once must not become an outage: a fold stops when its budget ends, and retries get further.
import { describe, expect, test } from 'vitest';
import type { StoreError } from '../../src/base/store-error.ts';
import { Freshness } from '../../src/projection/freshness.ts';
import type { Projection } from '../../src/projection/projection.ts';
import type { Change } from './memory-log.ts';
import { type Totals, totals } from './totals.ts';
import { type AnyProjector, ProjectorSetup, ways } from './ways.ts';

const events = 25;

function filled(): ProjectorSetup {
  const setup = new ProjectorSetup();
  for (let i = 0; i < events; i += 1) setup.log.append('a', 1);
  return setup;
}

async function codeOf(projector: AnyProjector, projection: Projection<Totals, Change> = totals): Promise<string> {
  try {
    return `sum ${(await projector.project(projection, 'a'))?.sum}`;
  } catch (error) {
    return (error as StoreError).code;
  }
}

describe.each(ways)('$way', ({ make }) => {
  test('events: beyond them REPLAY_BUDGET, and retries converge', async () => {
    const setup = filled();
    const projector = make(setup, { replayBudget: { events: 10 } });
    expect(await codeOf(projector)).toBe('REPLAY_BUDGET');
    expect(await codeOf(projector)).toBe('REPLAY_BUDGET');
    expect(await codeOf(projector)).toBe(`sum ${events}`);
    expect(setup.log.reads).toEqual([undefined, 100n, 200n]);
    expect([setup.log.eventsRead, setup.log.readsClosed]).toEqual([events, 3]);
  });

  test('exactly as many events as the budget are allowed', async () => {
    expect(await codeOf(make(filled(), { replayBudget: { events } }))).toBe(`sum ${events}`);
    expect(await codeOf(make(filled(), { replayBudget: { events: events - 1 } }))).toBe('REPLAY_BUDGET');
  });

  test('ms: beyond them REPLAY_BUDGET, and a retry folds at least one event', async () => {
    const setup = filled();
    const slow = {
      ...totals,
      apply: (state: Totals, change: Change) => {
        setup.elapsedMs += 5;
        return totals.apply(state, change);
      },
    };
    const projector = make(setup, { replayBudget: { ms: 20 } });
    expect(await codeOf(projector, slow)).toBe('REPLAY_BUDGET');
    expect(setup.log.eventsRead).toBe(4);
    setup.elapsedMs = 0;
    const tiny = make(setup, { replayBudget: { ms: 0.001 } });
    expect(await codeOf(tiny, slow)).toBe('REPLAY_BUDGET');
    expect(setup.log.eventsRead).toBe(5);
  });

  test('ms that are over before the first event: it is folded nevertheless, or a retry would make no progress', async () => {
    const setup = filled();
    const projector = make(setup, { replayBudget: { ms: 1 }, elapsed: () => (setup.elapsedMs += 5) });
    for (let attempt = 1; attempt < events; attempt += 1) {
      expect([await codeOf(projector), setup.log.eventsRead]).toEqual(['REPLAY_BUDGET', attempt]);
    }
    expect(await codeOf(projector)).toBe(`sum ${events}`);
  });

  test('a partially folded state is not fresh', async () => {
    const setup = filled();
    const projector = make(setup, { replayBudget: { events: 10 } });
    await codeOf(projector);
    const always = Freshness.bestEffort({ maxStaleMs: Number.MAX_SAFE_INTEGER });
    const { state, report } = await projector.projectWithReport(totals, 'a', always, { onBudget: 'stale' });
    expect([state?.sum, report.outcome, report.stale]).toEqual([20, 'delta', true]);
  });

  test('a partially folded state has no age', async () => {
    const setup = new ProjectorSetup();
    for (const amount of [1, 2, 3]) setup.log.append('a', amount);
    await expect((async () => make(setup, { replayBudget: { events: 2 } }).project(totals, 'a'))()).rejects.toThrow();
    const { report } = await make(setup).projectWithReport(totals, 'a');
    expect([report.outcome, report.eventsRead, 'ageUs' in report]).toEqual(['delta', 1, false]);
    expect((await make(setup).projectWithReport(totals, 'a')).report.ageUs).toBe(0n);
  });

  test('a partially folded state is as fresh as the one it was folded onto', async () => {
    const setup = filled();
    await make(setup).project(totals, 'a');
    for (let i = 0; i < events; i += 1) setup.log.append('a', 1);
    setup.advanceMs(10);
    const projector = make(setup, { replayBudget: { events: 10 } });
    expect(await codeOf(projector)).toBe('REPLAY_BUDGET');
    setup.advanceMs(9);
    const within = (maxStaleMs: number) => projector.project(totals, 'a', Freshness.bestEffort({ maxStaleMs }));
    expect((await within(20))?.sum).toBe(35);
    await expect((async () => within(19))()).rejects.toMatchObject({ code: 'REPLAY_BUDGET' });
  });

  test('the stale state, if projectWithReport is asked for it, marked as stale', async () => {
    const setup = filled();
    const projector = make(setup, { replayBudget: { events: 10 } });
    const ask = () => projector.projectWithReport(totals, 'a', Freshness.consistent, { onBudget: 'stale' });
    const first = await ask();
    expect(first.state).toEqual({ sum: 10, count: 10 });
    expect(first.report).toMatchObject({ outcome: 'replay', stale: true, watermark: 100n, head: 250n, eventsRead: 10 });
    const second = await ask();
    expect(second.report).toMatchObject({ outcome: 'delta', stale: true, watermark: 200n });
    const insisting = make(setup, { replayBudget: { events: 4 } });
    const thrown = async () => insisting.projectWithReport(totals, 'a', Freshness.consistent, { onBudget: 'throw' });
    await expect(thrown()).rejects.toMatchObject({ code: 'REPLAY_BUDGET' });
    const third = await ask();
    expect(third.state?.sum).toBe(events);
    expect(third.report).toMatchObject({ outcome: 'delta', stale: false, watermark: 250n });
  });

  test('not incremental: no progress is cached, and the stale state is the newest known one', async () => {
    const setup = filled();
    const projection = { ...totals, incremental: false };
    await make(setup).project(projection, 'a');
    setup.log.append('a', 1);
    const projector = make(setup, { replayBudget: { events: 10 } });
    expect(await codeOf(projector, projection)).toBe('REPLAY_BUDGET');
    expect(await codeOf(projector, projection)).toBe('REPLAY_BUDGET');
    const { state, report } = await projector.projectWithReport(projection, 'a', Freshness.consistent, {
      onBudget: 'stale',
    });
    expect(state?.sum).toBe(events);
    expect(report).toMatchObject({
      outcome: 'hit',
      refusal: 'behind-not-incremental',
      stale: true,
      watermark: 250n,
      head: 260n,
      eventsRead: 10,
    });

    await projector.invalidate('a');
    const folded = await projector.projectWithReport(projection, 'a', Freshness.consistent, { onBudget: 'stale' });
    expect([folded.state?.sum, folded.report.outcome, folded.report.stale]).toEqual([10, 'replay', true]);
  });

  test('not incremental: a fold that ends at the cached state is the answer, as it is as new', async () => {
    const setup = filled();
    const projection = { ...totals, incremental: false };
    await make(setup).project(projection, 'a');
    setup.log.append('a', 1);
    const projector = make(setup, { replayBudget: { events } });
    const { report } = await projector.projectWithReport(projection, 'a', Freshness.consistent, { onBudget: 'stale' });
    expect(report).toMatchObject({ outcome: 'replay', stale: true, watermark: 250n, eventsRead: events });
  });

  test('the message names the progress and the remedy', async () => {
    const projector = make(filled(), { replayBudget: { events: 10 } });
    await expect((async () => projector.project(totals, 'a'))()).rejects.toThrow(
      "projecting 'totals' of 'a' was stopped after 10 events by its replay budget; the result so far is cached if the " +
        'projection is incremental: try again, or raise the budget',
    );
  });
});
