// What a cached value represents, and when it is refused.
import { describe, expect, test } from 'vitest';
import { Freshness } from '../../src/projection/freshness.ts';
import { jsonCodec } from '../../src/projection/json-codec.ts';
import type { Projection, StateCodec } from '../../src/projection/projection.ts';
import { projectionKey } from '../../src/projection/projection-key.ts';
import type { Change } from './memory-log.ts';
import { open, type Totals, totals } from './totals.ts';
import { ProjectorSetup, ways } from './ways.ts';

const utf8 = new TextEncoder();
const always = Freshness.bestEffort({ maxStaleMs: Number.MAX_SAFE_INTEGER });

/** Replaces the value of each entry. */
function overwrite(setup: ProjectorSetup, value: Uint8Array): void {
  for (const [key, { meta }] of [...setup.cache.inner.entries()]) setup.cache.inner.put(key, value, meta);
}

describe.each(ways)('$way', ({ make }) => {
  describe('a value that cannot be decoded causes a replay and is replaced', () => {
    test.each([
      ['JSON cut short', utf8.encode('\u0001{"sum":')],
      ['bytes that are not UTF-8', Uint8Array.of(1, 0xff)],
      ['no byte at all', new Uint8Array(0)],
      ['an unknown tag', utf8.encode('\u0002{}')],
      ['an unknown tag alone', Uint8Array.of(2)],
      ['no state, and more', Uint8Array.of(0, 0)],
    ])('%s', async (_what, value) => {
      const setup = new ProjectorSetup();
      setup.log.append('a', 1);
      const projector = make(setup);
      for (const freshness of [Freshness.consistent, always]) {
        await projector.project(totals, 'a');
        overwrite(setup, value);
        const { state, report } = await projector.projectWithReport(totals, 'a', freshness);
        expect(state).toEqual({ sum: 1, count: 1 });
        expect(report).toMatchObject({ outcome: 'replay', refusal: 'undecodable', eventsRead: 1 });
        expect((await projector.projectWithReport(totals, 'a')).report.outcome).toBe('hit');
      }
      expect(projector.stats().undecodable).toBe(2);
    });

    test('a value that no projector wrote is no state: it has no age', async () => {
      const setup = new ProjectorSetup();
      setup.log.append('a', 1);
      const projector = make(setup);
      await projector.project(totals, 'a');
      overwrite(setup, utf8.encode('\u0002{}'));
      const { report } = await projector.projectWithReport(totals, 'a');
      expect([report.refusal, 'ageUs' in report]).toEqual(['undecodable', false]);
    });

    test('also if newer events would be folded onto it', async () => {
      const setup = new ProjectorSetup();
      setup.log.append('a', 1);
      const projector = make(setup);
      await projector.project(totals, 'a');
      overwrite(setup, Uint8Array.of(1, 0xff));
      setup.log.append('a', 2);
      const { state, report } = await projector.projectWithReport(totals, 'a');
      expect([state, report.outcome, report.refusal]).toEqual([{ sum: 3, count: 2 }, 'replay', 'undecodable']);
    });
  });

  describe('kinds', () => {
    test('only relevant events are folded, and the watermark is the last of them', async () => {
      const setup = new ProjectorSetup();
      setup.log.append('a', 1);
      const last = setup.log.append('a', 2);
      setup.log.append('a', 100, 'noted');
      const projection = { ...totals, kinds: ['added'] };
      const { state, report } = await make(setup).projectWithReport(projection, 'a');
      expect([state, report.watermark, report.head]).toEqual([{ sum: 3, count: 2 }, last, last]);
    });

    test('an irrelevant event makes no state stale', async () => {
      const setup = new ProjectorSetup();
      setup.log.append('a', 1);
      const projector = make(setup);
      const projection = { ...totals, kinds: ['added'] };
      await projector.project(projection, 'a');
      setup.log.append('a', 100, 'noted');
      expect((await projector.projectWithReport(projection, 'a')).report.outcome).toBe('hit');
    });

    test('a projection whose kinds change is not served the old fold', async () => {
      const setup = new ProjectorSetup();
      setup.log.append('a', 1);
      setup.log.append('a', 100, 'noted');
      setup.log.append('a', 2);
      const projector = make(setup);
      expect(await projector.project({ ...totals, kinds: ['added'] }, 'a')).toEqual({ sum: 3, count: 2 });
      for (const freshness of [Freshness.consistent, always]) {
        expect(await projector.project({ ...totals, kinds: ['added', 'noted'] }, 'a', freshness)).toMatchObject({
          sum: 103,
        });
        expect(await projector.project(totals, 'a', freshness)).toMatchObject({ sum: 103 });
        expect(await projector.project({ ...totals, kinds: ['noted'] }, 'a', freshness)).toMatchObject({ sum: 100 });
      }
      expect(setup.cache.inner.size).toBe(4);
    });

    test('are a set: order and repetition do not count, and the empty set means every kind', async () => {
      const setup = new ProjectorSetup();
      setup.log.append('a', 1);
      const projector = make(setup);
      await projector.project({ ...totals, kinds: ['x', 'added'] }, 'a');
      await projector.project({ ...totals, kinds: ['added', 'x', 'added'] }, 'a');
      await projector.project({ ...totals, kinds: [] }, 'a');
      await projector.project(totals, 'a');
      expect(setup.cache.inner.size).toBe(2);
    });

    test('that are changed in place do not make the source read other kinds than the key names', async () => {
      const setup = new ProjectorSetup();
      setup.log.append('a', 1);
      const projector = make(setup);
      const kinds = ['added'];
      const projection = { ...totals, kinds };
      await projector.project(projection, 'a');
      kinds[0] = 'noted';
      setup.log.append('a', 5, 'noted');
      setup.log.append('a', 2);
      expect(await projector.project(projection, 'a')).toEqual({ sum: 3, count: 2 });
    });
  });

  describe('no state', () => {
    test('without a relevant event: undefined, and nothing is cached', async () => {
      const setup = new ProjectorSetup();
      setup.log.append('a', 1, 'noted');
      const projector = make(setup);
      const { state, report } = await projector.projectWithReport({ ...totals, kinds: ['added'] }, 'a');
      expect([state, report.outcome, report.refusal]).toEqual([undefined, 'empty', 'absent']);
      expect(['watermark' in report, 'head' in report, setup.cache.inner.size]).toEqual([false, false, 0]);
      expect(await projector.project(totals, 'unknown')).toBe(undefined);
      expect(setup.cache.calls).toMatchObject({ put: 0, deletePrefix: 0 });
    });

    test('apply returning undefined: no state, and the next event continues from initial()', async () => {
      const setup = new ProjectorSetup();
      const projector = make(setup);
      setup.log.append('a', 1);
      setup.log.append('a', 0, 'closed');
      expect(await projector.project(open, 'a')).toBe(undefined);
      setup.log.append('a', 2);
      // From the cached state, and from the first event.
      expect(await projector.project(open, 'a')).toBe(102);
      expect(await make(new Restarted(setup)).project({ ...open, incremental: false, version: 1 }, 'a')).toBe(102);
    });

    test('also with a codec that normalizes states', async () => {
      const setup = new ProjectorSetup();
      setup.log.append('a', 0, 'closed');
      const projector = make(setup);
      const codec = jsonCodec<number>({ dropUndefined: true });
      expect(await projector.project({ ...open, codec }, 'a')).toBe(undefined);
      expect((await projector.projectWithReport({ ...open, codec }, 'a')).report.outcome).toBe('hit');
    });

    test('"no state at this watermark" is remembered and not folded again', async () => {
      const setup = new ProjectorSetup();
      setup.log.append('a', 1);
      setup.log.append('a', 0, 'closed');
      const projector = make(setup);
      await projector.project(open, 'a');
      const { state, report } = await projector.projectWithReport(open, 'a');
      expect([state, report.outcome, report.watermark]).toEqual([undefined, 'hit', 20n]);
      expect(await projector.project(open, 'a', always)).toBe(undefined);
      expect(setup.log.eventsRead).toBe(2);
    });
  });

  describe('every result is decode(encode(state))', () => {
    test('the same from a replay, a fold onto a cached state and a hit', async () => {
      const setup = new ProjectorSetup();
      const projection: Projection<{ n: number; left?: undefined }, Change> = {
        name: 'dropping',
        initial: () => ({ n: 0, left: undefined }),
        apply: ({ n }) => ({ n: n + 1, left: undefined }),
        codec: jsonCodec({ dropUndefined: true }),
      };
      const projector = make(setup);
      for (const outcome of ['replay', 'hit', 'delta', 'hit']) {
        if (outcome !== 'hit') setup.log.append('a', 1);
        const { state, report } = await projector.projectWithReport(projection, 'a');
        expect(report.outcome).toBe(outcome);
        expect(Object.keys(state ?? {})).toEqual(['n']);
      }
    });

    test('never an object that another caller has, whatever the codec does', async () => {
      const given: unknown[] = [];
      const shared = { sum: 0, count: 0 };
      // The laziest possible codec: state and bytes are the same memory.
      const codec: StateCodec<Uint8Array> = { encode: (state) => state, decode: (bytes) => bytes };
      const bytes: Projection<Uint8Array, Change> = {
        name: 'bytes',
        initial: () => new Uint8Array(2),
        apply: (state, { amount }) => {
          given.push(state);
          state[0] = (state[0] ?? 0) + amount;
          return state;
        },
        codec,
      };
      const setup = new ProjectorSetup();
      setup.log.append('a', 1);
      const projector = make(setup);
      const results = await Promise.all([1, 2, 3, 4].map(() => projector.project(bytes, 'a')));
      setup.log.append('a', 1);
      results.push(...(await Promise.all([1, 2, 3].map(() => projector.project(bytes, 'a')))));
      expect(results.map((state) => state?.[0])).toEqual([1, 1, 1, 1, 2, 2, 2]);
      expect(new Set([...results, ...given]).size).toBe(results.length + new Set(given).size);
      for (const result of results) result?.fill(0xff);
      expect(await projector.project(bytes, 'a')).toEqual(Uint8Array.of(2, 0));

      const constant: Projection<Totals, Change> = { name: 'constant', initial: () => shared, apply: () => shared };
      const [first, second] = [await projector.project(constant, 'a'), await projector.project(constant, 'a')];
      expect(first === second || first === shared || second === shared).toBe(false);
    });
  });

  test('the key is projectionKey, a mark and a fingerprint; the value a tag and the state', async () => {
    const setup = new ProjectorSetup();
    setup.log.append('a', 1);
    await make(setup).project({ ...totals, version: 3 }, 'a');
    const [[key, entry] = []] = setup.cache.inner.entries();
    const start = projectionKey('a', 'totals', 3);
    expect(key?.subarray(0, start.length)).toEqual(start);
    expect(key?.subarray(start.length, -24)).toEqual(Uint8Array.of(0xff, 0x50, 0x43, 0x31));
    expect(entry?.value).toEqual(utf8.encode('\u0001{"sum":1,"count":1}'));
    expect(entry?.meta).toEqual({ watermark: 10n, cachedAtUs: 1_000_000n });
  });

  test('a new version, another name and another stream are other entries', async () => {
    const setup = new ProjectorSetup();
    setup.log.append('a', 1);
    setup.log.append('b', 2);
    const projector = make(setup);
    const doubled = {
      ...totals,
      version: 1,
      apply: (s: Totals, { amount }: Change) => ({ ...s, sum: s.sum + 2 * amount }),
    };
    expect(await projector.project(totals, 'a')).toMatchObject({ sum: 1 });
    expect(await projector.project(doubled, 'a')).toMatchObject({ sum: 2 });
    expect(await projector.project(totals, 'b')).toMatchObject({ sum: 2 });
    expect(await projector.project({ ...open }, 'b')).toBe(102);
    expect(setup.cache.inner.size).toBe(4);
  });
});

/** The same log and cache for a process started later. */
class Restarted extends ProjectorSetup {
  override readonly log: ProjectorSetup['log'];
  override readonly cache: ProjectorSetup['cache'];

  constructor({ log, cache }: ProjectorSetup) {
    super();
    this.log = log;
    this.cache = cache;
  }
}
