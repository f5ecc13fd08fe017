import { describe, expect, test } from 'vitest';
import { NoCache } from '../../src/contract/no-cache.ts';
import { AsyncProjector } from '../../src/projection/async-projector.ts';
import { joinedKey, keyTail, projectionKey } from '../../src/projection/projection-key.ts';
import { Projector } from '../../src/projection/projector.ts';
import { cacheAnsweringLater } from './test-cache.ts';
import { open, totals } from './totals.ts';
import { ProjectorSetup, ways } from './ways.ts';

describe.each(ways)('$way', ({ make }) => {
  async function swept(): Promise<ProjectorSetup> {
    const setup = new ProjectorSetup();
    const projector = make(setup);
    for (const stream of ['a', 'b', 'ü']) {
      setup.log.append(stream, 1);
      for (const version of [0, 1, 256]) await projector.project({ ...totals, version }, stream);
      await projector.project({ ...totals, version: 1, kinds: ['added'] }, stream);
      await projector.project(open, stream);
    }
    return setup;
  }

  test('removes versions, names and kinds that are no longer live, with a count', async () => {
    const setup = await swept();
    const projector = make(setup);
    const live = { ...totals, version: 1 };
    expect(setup.cache.inner.size).toBe(15);
    expect(await projector.sweep([live, open])).toBe(9);
    expect(await projector.sweep([live, open])).toBe(0);
    for (const stream of ['a', 'b', 'ü']) {
      expect((await projector.projectWithReport(live, stream)).report.outcome).toBe('hit');
      expect((await projector.projectWithReport(open, stream)).report.outcome).toBe('hit');
    }
    expect(await projector.sweep([])).toBe(6);
    expect(setup.cache.inner.size).toBe(0);
  });

  test('removes entries of another event log', async () => {
    const setup = await swept();
    setup.log.identity = 'restored';
    const projector = make(setup);
    await projector.project(totals, 'a');
    expect(await projector.sweep([totals, open])).toBe(15);
    expect(setup.cache.inner.size).toBe(1);
  });

  test('removes an entry whose fingerprint differs from that of a live projection in one byte', async () => {
    const setup = await swept();
    const projector = make(setup);
    await projector.sweep([totals]);
    const [live = new Uint8Array(0)] = setup.cache.inner.keys();
    const other = live.with(-1, (live.at(-1) ?? 0) ^ 1);
    setup.cache.inner.put(other, Uint8Array.of(0), { watermark: 1n, cachedAtUs: 1n });
    expect([await projector.sweep([totals]), setup.cache.inner.has(other)]).toEqual([1, false]);
  });

  test('keeps keys that no projector made', async () => {
    const setup = await swept();
    const [own = new Uint8Array(0)] = setup.cache.inner.keys();
    const text = (length: number) => new TextEncoder().encode('a\0order\0'.padEnd(length, '507'));
    const foreign = [
      ...[new Uint8Array(0), new TextEncoder().encode('order:507'), projectionKey('a', 'totals')],
      // Two NULs in it, and any length, also that of a projection key.
      ...Array.from({ length: 60 }, (_, more) => text(8 + more)),
      ...[own.subarray(0, -1), Uint8Array.of(98, ...own, 0), own.with(-25, 0x32)],
    ];
    const meta = { watermark: 1n, cachedAtUs: 1n };
    for (const key of foreign) setup.cache.inner.put(key, new Uint8Array(1), meta);
    expect(await make(setup).sweep([])).toBe(15);
    expect([...setup.cache.inner.keys()]).toEqual(expect.arrayContaining(foreign));
    expect(setup.cache.inner.size).toBe(foreign.length);
  });

  test('throws the error of the cache', async () => {
    const setup = await swept();
    setup.cache.failing = ['deletePrefix'];
    await expect((async () => make(setup).sweep([]))()).rejects.toThrow('deletePrefix failed');
  });
});

test('a cache that cannot list its keys is refused', async () => {
  const { log } = new ProjectorSetup();
  const cache = new NoCache();
  expect(() => new Projector({ cache, source: log }).sweep([])).toThrow(TypeError);
  await expect(new AsyncProjector({ cache, source: log }).sweep([])).rejects.toThrow(
    /LogCache, or one with a method `keys`/,
  );
});

test('closes its iterator over the keys when a removal fails', async () => {
  const setup = new ProjectorSetup();
  let closed = 0;
  function* keys(): Generator<Uint8Array> {
    try {
      yield joinedKey('a', keyTail('p', 0, new Uint8Array(24)));
    } finally {
      closed += 1;
    }
  }
  async function* keysLater(): AsyncGenerator<Uint8Array> {
    try {
      yield* keys();
    } finally {
      await new Promise((resolve) => setTimeout(resolve, 1));
      closed += 1;
    }
  }
  const cache = Object.assign(setup.cache, { keys, failing: ['deletePrefix'] as const });
  await expect(new AsyncProjector({ cache, source: setup.log }).sweep([])).rejects.toThrow('deletePrefix failed');
  expect(closed).toBe(1);
  const later = Object.assign(cacheAnsweringLater(setup.cache), { keys: keysLater });
  await expect(new AsyncProjector({ cache: later, source: setup.log }).sweep([])).rejects.toThrow(
    'deletePrefix failed',
  );
  expect(closed).toBe(3);
});
