/*
 * Why this test: an event log that was restored from a backup and has grown past the old watermark looks, by its
 * numbers, like one that only grew. With the same identity its lost events stayed in every state, and each delta
 * carried them on. A reader that can tell is asked: the id of the event at the watermark is stored with the state.
 */
import { describe, expect, test } from 'vitest';
import { NoCache } from '../../src/contract/no-cache.ts';
import { AsyncProjector } from '../../src/projection/async-projector.ts';
import type { EventReader } from '../../src/projection/event-reader.ts';
import { Freshness } from '../../src/projection/freshness.ts';
import { jsonCodec } from '../../src/projection/json-codec.ts';
import { Projector } from '../../src/projection/projector.ts';
import { settle } from './gated-setup.ts';
import { answeringLater, type Change, MemoryLog } from './memory-log.ts';
import { cacheAnsweringLater } from './test-cache.ts';
import { open, type Totals, totals } from './totals.ts';
import { type AnyProjector, ProjectorSetup, ways } from './ways.ts';

const utf8 = new TextEncoder();

/** A log whose events have ids, which a restore does not reuse. */
class LogWithIds extends MemoryLog {
  readonly asked: bigint[] = [];
  /** The number of checkpoints that are answered before the first that throws. */
  failsAfter: number = Number.POSITIVE_INFINITY;
  answer: (id: string | undefined) => unknown = (id) => id;
  readonly #ids = new Map<object, string>();

  checkpoint(stream: string, sequence: bigint): string | undefined {
    if (this.asked.length >= this.failsAfter) throw new Error('connection lost');
    this.asked.push(sequence);
    const found = this.changes.find((change) => change.stream === stream && change.sequence === sequence);
    return this.answer(found === undefined ? undefined : this.#idOf(found)) as string | undefined;
  }

  #idOf(change: object): string {
    const id = this.#ids.get(change) ?? `event-${this.#ids.size}`;
    this.#ids.set(change, id);
    return id;
  }
}

class SetupWithIds extends ProjectorSetup {
  override readonly log: LogWithIds = new LogWithIds();

  append(...amounts: readonly number[]): void {
    for (const amount of amounts) this.log.append('a', amount);
  }

  get entry() {
    const [[, entry] = []] = this.cache.inner.entries();
    return entry;
  }
}

describe.each(ways)('$way', ({ make }) => {
  const projectorOf = (setup: SetupWithIds, settings = {}): AnyProjector => make(setup, settings);

  const report = async (projector: AnyProjector, freshness?: Freshness) =>
    (await projector.projectWithReport(totals, 'a', freshness)).report;

  test.each([
    ['up to the watermark', [10, 10], 'replay'],
    ['past it', [10, 10, 10], 'replay'],
    ['not so far', [10], 'replay'],
  ])('a log restored and grown %s: the lost events are gone from the state', async (_what, amounts, outcome) => {
    const setup = new SetupWithIds();
    setup.append(1, 2, 3);
    const projector = projectorOf(setup);
    await projector.project(totals, 'a');
    setup.log.restoreTo(10n);
    setup.append(...amounts);
    const sum = 1 + amounts.reduce((all, amount) => all + amount, 0);
    const { state, report: second } = await projector.projectWithReport(totals, 'a');
    expect(state).toEqual({ sum, count: 1 + amounts.length });
    expect([second.outcome, second.refusal]).toEqual([outcome, amounts.length === 1 ? 'ahead' : 'restored']);
    setup.append(5);
    expect(await projector.project(totals, 'a')).toEqual({ sum: sum + 5, count: 2 + amounts.length });
    expect(await report(projector)).toMatchObject({ outcome: 'hit' });
  });

  test('a log restored to the watermark or beyond keeps its states', async () => {
    const setup = new SetupWithIds();
    setup.append(1, 2);
    const projector = projectorOf(setup);
    await projector.project(totals, 'a');
    setup.append(3);
    setup.log.restoreTo(20n);
    expect(await report(projector)).toMatchObject({ outcome: 'hit' });
    setup.append(4);
    expect(await report(projector)).toMatchObject({ outcome: 'delta', eventsRead: 1 });
  });

  test('the value is a tag, the length and the text of the checkpoint, and the state', async () => {
    const setup = new SetupWithIds();
    setup.append(1);
    const projector = projectorOf(setup);
    await projector.project(totals, 'a');
    const text = utf8.encode('event-0');
    expect(setup.entry?.value).toEqual(
      Uint8Array.of(3, text.length, 0, ...text, ...utf8.encode('{"sum":1,"count":1}')),
    );
    expect((await projector.peek(totals, 'a'))?.state).toEqual({ sum: 1, count: 1 });
    setup.cache.inner.deletePrefix('');
    setup.log.append('a', 1, 'closed');
    await projector.project(open, 'a');
    expect(setup.entry?.value).toEqual(Uint8Array.of(2, text.length, 0, ...utf8.encode('event-1')));
  });

  test('a hit at the head asks once, a delta three times, best effort within its window never', async () => {
    const setup = new SetupWithIds();
    setup.append(1);
    const projector = projectorOf(setup);
    await projector.project(totals, 'a');
    expect(setup.log.asked.splice(0)).toEqual([10n, 10n]);
    await projector.project(totals, 'a');
    expect(setup.log.asked.splice(0)).toEqual([10n]);
    await projector.project(totals, 'a', Freshness.bestEffort({ maxStaleMs: 5 }));
    expect(setup.log.asked.splice(0)).toEqual([]);
    setup.append(2);
    await projector.project(totals, 'a');
    expect(setup.log.asked.splice(0)).toEqual([20n, 10n, 20n]);
    setup.advanceMs(5);
    await projector.project(totals, 'a', Freshness.bestEffort({ maxStaleMs: 5 }));
    expect(setup.log.asked.splice(0)).toEqual([20n]);
    // It was stamped again, and has kept its checkpoint.
    expect(await report(projector)).toMatchObject({ outcome: 'hit', ageUs: 0n });
  });

  test('a state without a checkpoint is read by a reader that has none, and folded again by one that has them', async () => {
    const setup = new SetupWithIds();
    setup.append(1);
    const plain = new MemoryLog();
    plain.append('a', 1);
    await make(setup, {}, plain).project(totals, 'a');
    expect(setup.entry?.value[0]).toBe(1);
    const projector = projectorOf(setup);
    expect(await report(projector)).toMatchObject({ outcome: 'replay', refusal: 'unverifiable' });
    expect(setup.entry?.value[0]).toBe(3);
    expect(await report(projector)).toMatchObject({ outcome: 'hit' });
    // The other way round, the checkpoint is not looked at.
    expect(await report(make(setup, {}, plain))).toMatchObject({ outcome: 'hit' });
    plain.append('a', 2);
    expect(await report(make(setup, {}, plain))).toMatchObject({ outcome: 'delta' });
    expect(setup.entry?.value[0]).toBe(1);
  });

  test('a fold that a budget stopped has the checkpoint of its own end, and continues from there', async () => {
    const setup = new SetupWithIds();
    setup.append(1, 2, 3, 4);
    const projector = projectorOf(setup, { replayBudget: { events: 2 } });
    const ask = () => projector.projectWithReport(totals, 'a', undefined, { onBudget: 'stale' });
    expect((await ask()).state).toEqual({ sum: 3, count: 2 });
    expect(setup.log.asked.splice(0)).toEqual([40n, 20n, 40n]);
    setup.log.restoreTo(20n);
    setup.append(5, 6);
    expect(await ask()).toMatchObject({ state: { sum: 14, count: 4 }, report: { outcome: 'delta' } });
    setup.log.restoreTo(10n);
    setup.append(7, 8, 9);
    // The older state has lost events: it is not the newest state available.
    expect(await ask()).toMatchObject({ state: { sum: 8, count: 2 }, report: { refusal: 'restored', stale: true } });
  });

  test('a shadow check compares states and not their checkpoints', async () => {
    const setup = new SetupWithIds();
    setup.append(1);
    const projector = projectorOf(setup, { verifyEvery: 1 });
    await projector.project(totals, 'a');
    expect(await report(projector)).toMatchObject({ outcome: 'hit', shadow: 'same' });
  });

  test('a log that is replaced while it is read: SOURCE_INVALID, and nothing is cached', async () => {
    const setup = new SetupWithIds();
    setup.append(1, 2);
    const projector = projectorOf(setup);
    const projection = {
      ...totals,
      apply: (state: Totals, { amount }: Change) => {
        if (amount !== 1) return { ...state, sum: state.sum + amount };
        setup.log.restoreTo(0n);
        setup.append(10, 20);
        return { ...state, sum: 1 };
      },
    };
    const call = (async () => projector.project(projection, 'a'))();
    const message = expect.stringContaining('its events changed while they were read; call again');
    await expect(call).rejects.toMatchObject({ code: 'SOURCE_INVALID', message, stream: 'a', eventsRead: 2 });
    expect(setup.entry).toBe(undefined);
    expect(await projector.project(totals, 'a')).toEqual({ sum: 30, count: 2 });
  });

  test.each([
    ['a number', 7, 'a checkpoint is number: it must be a text'],
    ['null', null, 'a checkpoint is null: it must be a text'],
    ['empty', '', 'a checkpoint is empty or not well-formed Unicode'],
    ['not well-formed', '\ud800', 'a checkpoint is empty or not well-formed Unicode'],
    ['too long', 'é'.repeat(32_768), 'longer than 65535 bytes of UTF-8: return an id or a hash'],
    ['undefined at the head', undefined, 'it has no checkpoint for its head 10; call again'],
  ])('a checkpoint that is %s: SOURCE_INVALID', async (_what, answer, message) => {
    const setup = new SetupWithIds();
    setup.append(1);
    setup.log.answer = () => answer;
    const call = (async () => projectorOf(setup).project(totals, 'a'))();
    await expect(call).rejects.toMatchObject({ code: 'SOURCE_INVALID', message: expect.stringContaining(message) });
    expect(setup.cache.calls.put).toBe(0);
  });

  test('the longest checkpoint, and one that begins with a byte-order mark', async () => {
    for (const text of ['x'.repeat(65_535), '\ufeffx']) {
      const setup = new SetupWithIds();
      setup.append(1);
      setup.log.answer = () => text;
      const projector = projectorOf(setup);
      await projector.project(totals, 'a');
      expect(await report(projector)).toMatchObject({ outcome: 'hit' });
      setup.log.answer = () => text.slice(1);
      expect(await report(projector)).toMatchObject({ outcome: 'replay', refusal: 'restored' });
    }
  });

  test.each([0, 1, 2])('an error of the %ith question reaches the caller, and nothing is cached', async (before) => {
    const setup = new SetupWithIds();
    setup.append(1);
    const projector = projectorOf(setup);
    await projector.project(totals, 'a');
    setup.append(2);
    setup.log.failsAfter = setup.log.asked.length + before;
    await expect((async () => projector.project(totals, 'a'))()).rejects.toThrow('connection lost');
    expect(setup.entry?.meta.watermark).toBe(10n);
  });

  test.each([
    ['a tag above 3', Uint8Array.of(4, 1)],
    ['no length', Uint8Array.of(3)],
    ['half a length', Uint8Array.of(3, 1)],
    ['a length beyond the end', Uint8Array.of(2, 2, 0, 65)],
    ['no state, and more', Uint8Array.of(2, 1, 0, 65, 66)],
  ])('a value with %s is not one of a projector', async (_what, value) => {
    const setup = new SetupWithIds();
    setup.append(1);
    const projector = projectorOf(setup);
    await projector.project(totals, 'a');
    for (const [key, { meta }] of [...setup.cache.inner.entries()]) setup.cache.inner.put(key, value, meta);
    expect(await projector.peek(totals, 'a')).toBe(undefined);
    expect(await report(projector)).toMatchObject({ outcome: 'replay', refusal: 'undecodable' });
  });
});

test('callers at the end of a window ask for one checkpoint', async () => {
  const setup = new SetupWithIds();
  setup.append(1);
  const cache = cacheAnsweringLater(setup.cache);
  const projector = new AsyncProjector({ cache, source: answeringLater(setup.log), ...setup.settings });
  await projector.project(totals, 'a');
  setup.advanceMs(50);
  setup.log.asked.length = 0;
  const window = Freshness.bestEffort({ maxStaleMs: 50 });
  await Promise.all(Array.from({ length: 20 }, () => projector.project(totals, 'a', window)));
  expect(setup.log.asked).toEqual([10n]);
});

test('a best-effort call that shares the reading of a head fails with it if the log was replaced', async () => {
  const added = { sequence: 7n, event: { kind: 'added', id: 'first' } };
  let events = [added];
  const ofKinds = (kinds: readonly string[]) => events.filter(({ event }) => kinds.includes(event.kind));
  const heads: (() => void)[] = [];
  const projector = new AsyncProjector<(typeof added)['event']>({
    ...new ProjectorSetup().settings,
    cache: new NoCache(),
    source: {
      head(_stream, kinds) {
        const head = ofKinds(kinds).at(-1)?.sequence;
        return new Promise((resolve) => heads.push(() => resolve(head)));
      },
      async *read(_stream, kinds) {
        yield* ofKinds(kinds);
      },
      checkpoint: async (_stream, sequence) => events.find((recorded) => recorded.sequence === sequence)?.event.id,
    },
  });
  const projection = {
    name: 'count',
    version: 1,
    kinds: ['added'],
    initial: () => 0,
    apply: (count: number) => count + 1,
    codec: jsonCodec<number>(),
  };
  const first = projector.project(projection, 'a');
  await settle();
  // The event with the sequence of that head is another one now, which the projection does not read.
  events = [
    { sequence: 7n, event: { kind: 'closed', id: 'second' } },
    { sequence: 9n, event: { kind: 'added', id: 'third' } },
  ];
  const second = projector.project(projection, 'a', Freshness.bestEffort({ maxStaleMs: 50 }));
  await settle();
  expect(heads).toHaveLength(1);
  heads[0]?.();
  const ends = await Promise.allSettled([first, second]);
  expect(ends).toMatchObject(Array.from({ length: 2 }, () => ({ reason: { code: 'SOURCE_INVALID' } })));
  const third = projector.project(projection, 'a');
  await settle();
  heads[1]?.();
  expect(await third).toBe(1);
});

test('a Projector needs a reader whose checkpoints are synchronous, and one that is a function', () => {
  const { cache } = new ProjectorSetup();
  const source = { head: () => 10n, read: () => [], checkpoint: async () => 'x' };
  const projector = new Projector({ cache, source: source as unknown as EventReader<Change> });
  expect(() => projector.project(totals, 'a')).toThrow('use AsyncProjector for asynchronous ones');
  const wrong = { ...source, checkpoint: 'x' } as unknown as EventReader<Change>;
  expect(() => new Projector({ cache, source: wrong })).toThrow('checkpoint of an event reader must be a function');
});
