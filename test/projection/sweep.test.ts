import { describe, expect, test } from 'vitest';
import { NoCache } from '../../src/contract/no-cache.ts';
import { AsyncProjector } from '../../src/projection/async-projector.ts';
import { joinedKey, keyTail, projectionKey } from '../../src/projection/projection-key.ts';
import { Projector } from '../../src/projection/projector.ts';
import { open, totals } from './totals.ts';
import { World, ways } from './ways.ts';

describe.each(ways)('$way', ({ make }) => {
  async function swept(): Promise<World> {
    const world = new World();
    const projector = make(world);
    for (const stream of ['a', 'b', 'ü']) {
      world.log.append(stream, 1);
      for (const version of [0, 1, 256]) await projector.project({ ...totals, version }, stream);
      await projector.project({ ...totals, version: 1, kinds: ['added'] }, stream);
      await projector.project(open, stream);
    }
    return world;
  }

  test('removes versions, names and kinds that are no longer live, with a count', async () => {
    const world = await swept();
    const projector = make(world);
    const live = { ...totals, version: 1 };
    expect(world.cache.inner.size).toBe(15);
    expect(await projector.sweep([live, open])).toBe(9);
    expect(await projector.sweep([live, open])).toBe(0);
    for (const stream of ['a', 'b', 'ü']) {
      expect((await projector.projectWithReport(live, stream)).report.outcome).toBe('hit');
      expect((await projector.projectWithReport(open, stream)).report.outcome).toBe('hit');
    }
    expect(await projector.sweep([])).toBe(6);
    expect(world.cache.inner.size).toBe(0);
  });

  test('removes what was cached of another event log', async () => {
    const world = await swept();
    world.log.identity = 'restored';
    const projector = make(world);
    await projector.project(totals, 'a');
    expect(await projector.sweep([totals, open])).toBe(15);
    expect(world.cache.inner.size).toBe(1);
  });

  test('leaves keys alone that no projector made', async () => {
    const world = await swept();
    const [own = new Uint8Array(0)] = world.cache.inner.keys();
    const text = (length: number) => new TextEncoder().encode('a\0order\0'.padEnd(length, '507'));
    const foreign = [
      ...[new Uint8Array(0), new TextEncoder().encode('order:507'), projectionKey('a', 'totals')],
      // Two NULs in it and whatever length: also that of a projector's key.
      ...Array.from({ length: 60 }, (_, more) => text(8 + more)),
      ...[own.subarray(0, -1), Uint8Array.of(98, ...own, 0), own.with(-25, 0x32)],
    ];
    const meta = { watermark: 1n, cachedAtUs: 1n };
    for (const key of foreign) world.cache.inner.put(key, new Uint8Array(1), meta);
    expect(await make(world).sweep([])).toBe(15);
    expect([...world.cache.inner.keys()]).toEqual(expect.arrayContaining(foreign));
    expect(world.cache.inner.size).toBe(foreign.length);
  });

  test('throws what the cache throws', async () => {
    const world = await swept();
    world.cache.failing = ['deletePrefix'];
    await expect((async () => make(world).sweep([]))()).rejects.toThrow('deletePrefix failed');
  });
});

test('a cache that cannot tell its keys is refused', async () => {
  const { log } = new World();
  const cache = new NoCache();
  expect(() => new Projector({ cache, source: log }).sweep([])).toThrow(TypeError);
  await expect(new AsyncProjector({ cache, source: log }).sweep([])).rejects.toThrow(
    /LogCache, or one with a method `keys`/,
  );
});

test('keys that are being read when a removal fails are closed', async () => {
  const world = new World();
  let closed = 0;
  function* keys(): Generator<Uint8Array> {
    try {
      yield joinedKey('a', keyTail('p', 0, new Uint8Array(24)));
    } finally {
      closed += 1;
    }
  }
  const cache = Object.assign(world.cache, { keys, failing: ['deletePrefix'] as const });
  await expect(new AsyncProjector({ cache, source: world.log }).sweep([])).rejects.toThrow('deletePrefix failed');
  expect(closed).toBe(1);
});
