/*
 * Why this test: a page with fifty orders asked for fifty heads. With `heads` it is one query, and each state is the one
 * that `project` returns, whatever happens meanwhile.
 */
import { describe, expect, test } from 'vitest';
import { AsyncProjector } from '../../src/projection/async-projector.ts';
import type { EventReader } from '../../src/projection/event-reader.ts';
import { Freshness } from '../../src/projection/freshness.ts';
import { parseProjectionKey } from '../../src/projection/projection-key.ts';
import { Projector } from '../../src/projection/projector.ts';
import { GatedSetup, settle } from './gated-setup.ts';
import { type Change, MemoryLog } from './memory-log.ts';
import { cacheAnsweringLater } from './test-cache.ts';
import { totals } from './totals.ts';
import { ProjectorSetup, ways } from './ways.ts';

/** A log that reads the heads of several streams at once. */
class BatchedLog extends MemoryLog {
  readonly batches: (readonly string[])[] = [];

  heads(streams: readonly string[], kinds: readonly string[]): Map<string, bigint> {
    this.batches.push(streams);
    return new Map(
      streams.flatMap((stream) => {
        const newest = this.changes.filter(
          ({ stream: name, event }) => name === stream && (kinds.length === 0 || kinds.includes(event.kind)),
        );
        const head = newest.at(-1)?.sequence;
        return head === undefined ? [] : [[stream, head] as const];
      }),
    );
  }
}

class BatchedSetup extends ProjectorSetup {
  override readonly log: BatchedLog = new BatchedLog();
}

const sums = (states: readonly ({ sum: number } | undefined)[]) => states.map((state) => state?.sum);

describe.each(ways)('projectMany, $way', ({ make }) => {
  test('returns the states in the order of the streams, with one query for all heads', async () => {
    const setup = new BatchedSetup();
    for (const [at, stream] of ['a', 'b', 'c'].entries()) setup.log.append(stream, at + 1);
    const projector = make(setup);
    expect(sums(await projector.projectMany(totals, ['c', 'a', 'none', 'b', 'a']))).toEqual([3, 1, undefined, 2, 1]);
    expect(setup.log.batches.splice(0).map((streams) => streams.toSorted())).toEqual([['a', 'b', 'c', 'none']]);
    setup.log.append('b', 10);
    expect(sums(await projector.projectMany(totals, new Set(['a', 'b'])))).toEqual([1, 12]);
    expect(setup.log.batches).toEqual([['a', 'b']]);
    expect(setup.log.headsAsked).toBe(0);
    expect(await projector.projectMany(totals, [])).toEqual([]);
  });

  test('asks for the heads that it needs', async () => {
    const setup = new BatchedSetup();
    setup.log.append('a', 1);
    setup.log.append('b', 2);
    const projector = make(setup);
    await projector.project(totals, 'a');
    setup.log.batches.length = 0;
    const window = Freshness.bestEffort({ maxStaleMs: 5 });
    expect(sums(await projector.projectMany(totals, ['a', 'b'], window))).toEqual([1, 2]);
    expect(sums(await projector.projectMany(totals, ['a', 'b'], window))).toEqual([1, 2]);
    expect(setup.log.batches).toEqual([['b']]);
  });

  test('works with a reader without `heads`', async () => {
    const setup = new ProjectorSetup();
    setup.log.append('a', 1);
    expect(sums(await make(setup).projectMany(totals, ['b', 'a']))).toEqual([undefined, 1]);
    expect(setup.log.headsAsked).toBe(2);
  });

  test('each caller of a stream that is listed twice gets its own state', async () => {
    const setup = new BatchedSetup();
    setup.log.append('a', 1);
    const [first, second] = await make(setup).projectMany(totals, ['a', 'a']);
    expect([first, second]).toEqual([
      { sum: 1, count: 1 },
      { sum: 1, count: 1 },
    ]);
    expect(first).not.toBe(second);
  });

  test('throws the error of the first stream that fails, with its name', async () => {
    const setup = new BatchedSetup();
    for (const stream of ['a', 'b', 'c']) setup.log.append(stream, 1);
    const broken: EventReader<Change> = {
      head: (stream, kinds) => setup.log.head(stream, kinds),
      heads: (streams, kinds) => setup.log.heads(streams, kinds),
      read: (stream, kinds, after) => (stream === 'a' ? setup.log.read(stream, kinds, after) : []),
    };
    const call = (async () => make(setup, {}, broken).projectMany(totals, ['a', 'b', 'c']))();
    await expect(call).rejects.toMatchObject({ code: 'SOURCE_INVALID', stream: 'b' });
    const later = (async () => make(setup, {}, broken).project(totals, 'a'))();
    expect((await later)?.sum).toBe(1);
  });

  test.each([
    ['an array', [10n], 'its `heads` must return a Map of streams to sequences; got Array'],
    ['nothing', undefined, 'its `heads` must return a Map of streams to sequences; got undefined'],
    ['a stream that was not asked for', new Map([['A', 10n]]), "returned the stream 'A', which it was not asked for"],
    ['a number', new Map([['a', 10]]), 'its head is 10 (number)'],
  ])('heads that are %s: SOURCE_INVALID, and nothing is removed from the cache', async (_what, heads, message) => {
    const setup = new BatchedSetup();
    setup.log.append('a', 1);
    const projector = make(setup);
    await projector.project(totals, 'a');
    setup.log.heads = () => heads as Map<string, bigint>;
    const call = (async () => projector.projectMany(totals, ['a']))();
    await expect(call).rejects.toMatchObject({ code: 'SOURCE_INVALID', message: expect.stringContaining(message) });
    expect(setup.cache.inner.size).toBe(1);
  });

  test('checks its arguments', async () => {
    const many = (streams: unknown, freshness: unknown = Freshness.consistent) =>
      (async () => make(new BatchedSetup()).projectMany(totals, streams as string[], freshness as Freshness))();
    await expect(many('order:1')).rejects.toThrow('streams must be an iterable, such as an array; got string');
    await expect(many(undefined)).rejects.toThrow(TypeError);
    await expect(many((async function* () {})())).rejects.toThrow(
      'streams must be an iterable that is not asynchronous',
    );
    await expect(many(['a', 5])).rejects.toThrow('stream must be a string; got number');
    await expect(many(['a'], { kind: 'fresh' })).rejects.toThrow('freshness must be');
  });
});

test('a Projector refuses heads that are asynchronous, or no function', () => {
  const setup = new BatchedSetup();
  setup.log.append('a', 1);
  const source = { head: () => 10n, read: () => [], heads: async () => new Map() };
  const projector = new Projector<Change>({ cache: setup.cache, source: source as unknown as EventReader<Change> });
  expect(() => projector.projectMany(totals, ['a'])).toThrow('`heads` of the event source of a Projector must not be');
  const wrong = { ...source, heads: 5 } as unknown as EventReader<Change>;
  expect(() => new Projector({ cache: setup.cache, source: wrong })).toThrow(
    'heads of an event reader must be a function',
  );
});

test('an AsyncProjector announces the keys before it reads the first', async () => {
  const setup = new BatchedSetup();
  const cache = cacheAnsweringLater(setup.cache);
  const projector = new AsyncProjector({ cache, source: setup.log });
  await projector.projectMany(totals, ['b', 'a']);
  expect(setup.cache.prefetched.map((key) => parseProjectionKey(key)?.stream)).toEqual(['b', 'a']);
});

test('a state that another call caches meanwhile does not count as one of a restored log', async () => {
  const setup = new GatedSetup();
  const log = new BatchedLog();
  log.append('a', 1);
  log.append('b', 2);
  const projector = setup.projector({ cache: setup.asyncCache, source: log });
  await projector.projectMany(totals, ['a', 'b']);
  setup.gets.close();
  const many = projector.projectMany(totals, ['a', 'b']);
  await settle();
  await setup.gets.next();
  // The first stream was looked up, the second was not: no head is read yet.
  expect(log.batches).toHaveLength(1);
  log.append('b', 10);
  await setup.gets.open();
  expect(sums(await many)).toEqual([1, 12]);
  expect(log.batches).toHaveLength(2);
  expect(projector.stats()).toMatchObject({ replays: 2, deltas: 1 });
});

test('two lists at once that share streams in different orders wait for no other', async () => {
  const setup = new GatedSetup();
  const log = new BatchedLog();
  for (const stream of ['a', 'b']) log.append(stream, 1);
  const projector = setup.projector({ cache: setup.asyncCache, source: log });
  const window = Freshness.bestEffort({ maxStaleMs: 50 });
  const lists = [
    ['a', 'b'],
    ['b', 'a'],
    ['a', 'a', 'b'],
  ];
  const all = await Promise.all(lists.map((streams) => projector.projectMany(totals, streams, window)));
  expect(all.map(sums)).toEqual([
    [1, 1],
    [1, 1],
    [1, 1, 1],
  ]);
});

test('an aborted call ends at once, and the others continue', async () => {
  const setup = new GatedSetup();
  const log = new BatchedLog();
  log.append('a', 1);
  const projector = setup.projector({ cache: setup.asyncCache, source: log });
  setup.gets.close();
  const controller = new AbortController();
  const left = projector.projectMany(totals, ['a', 'b'], Freshness.consistent, { signal: controller.signal });
  const stays = projector.projectMany(totals, ['a', 'b']);
  await settle();
  controller.abort(new Error('left'));
  await expect(left).rejects.toThrow('left');
  await setup.gets.open();
  expect(sums(await stays)).toEqual([1, undefined]);
  await expect(projector.projectMany(totals, ['a'], undefined, { sginal: 1 } as never)).rejects.toThrow('signal');
});
