import { describe, expect, test, vi } from 'vitest';
import type { CacheMeta } from '../../src/contract/cache-entry.ts';
import type { ProjectionCache } from '../../src/contract/projection-cache.ts';
import { AsyncProjector } from '../../src/projection/async-projector.ts';
import { parseProjectionKey } from '../../src/projection/projection-key.ts';
import type { WarmProgress } from '../../src/projection/warm-up.ts';
import { answeringLater, type MemoryLog } from './memory-log.ts';
import { TestCache } from './test-cache.ts';
import { totals } from './totals.ts';
import { ProjectorSetup, ways } from './ways.ts';

const streams = ['a', 'b', 'c', 'd', 'e'];

function filled(): ProjectorSetup {
  const setup = new ProjectorSetup();
  for (const stream of streams) setup.log.append(stream, 1);
  return setup;
}

describe.each(ways)('$way', ({ make }) => {
  test('makes the next call for each stream a hit', async () => {
    const setup = filled();
    const projector = make(setup);
    expect(await projector.warm(streams, totals)).toEqual({ done: 5, failures: [] });
    for (const stream of streams) {
      expect((await projector.projectWithReport(totals, stream)).report.outcome).toBe('hit');
    }
  });

  test('reports its progress', async () => {
    const progress: WarmProgress[] = [];
    await make(filled()).warm(new Set(streams), totals, { onProgress: (at) => progress.push(at), concurrency: 2 });
    expect(progress).toEqual([1, 2, 3, 4, 5].map((done) => ({ done, failed: 0 })));
  });

  test('continues after streams that fail, and names them', async () => {
    const setup = filled();
    const error = new Error('connection lost');
    setup.log.failure = { afterEvents: 2, error };
    const progress: WarmProgress[] = [];
    const projector = make(setup);
    const report = await projector.warm([...streams, 'unknown', 'a\0b'], totals, {
      concurrency: 1,
      onProgress: (at) => progress.push(at),
    });
    expect(report.done).toBe(7);
    expect(report.failures.map(({ stream }) => stream)).toEqual(['c', 'd', 'e', 'a\0b']);
    expect(report.failures[0]?.error).toBe(error);
    expect(progress.at(-1)).toEqual({ done: 7, failed: 4 });
  });

  test('ends with the reason of an abort; what was cached stays', async () => {
    const setup = filled();
    const controller = new AbortController();
    const reason = new Error('shutting down');
    const warming = (async () =>
      make(setup).warm(streams, totals, {
        concurrency: 1,
        signal: controller.signal,
        onProgress: ({ done }) => {
          if (done === 2) controller.abort(reason);
        },
      }))();
    await expect(warming).rejects.toBe(reason);
    expect(setup.cache.inner.size).toBe(2);
  });

  test('continues after an error of onProgress, which becomes a warning', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const onProgress = (): never => {
      throw new Error('terminal gone');
    };
    const { done } = await make(filled()).warm(streams, totals, { concurrency: 2, onProgress });
    expect(done).toBe([...streams].length);
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/^onProgress threw/), expect.anything()]]);
    warn.mockRestore();
  });

  test('ends with an error of the streams, and closes them', async () => {
    const failure = new Error('no more');
    let closed = 0;
    function* some(): Generator<string> {
      try {
        yield 'a';
        throw failure;
      } finally {
        closed += 1;
      }
    }
    await expect((async () => make(filled()).warm(some(), totals))()).rejects.toBe(failure);
    expect(closed).toBe(1);
  });
});

describe('AsyncProjector', () => {
  /** Holds every head back until it is released. */
  function gated(log: MemoryLog) {
    const held: (() => void)[] = [];
    const reader = answeringLater(log);
    const source = {
      ...reader,
      head: async (stream: string, kinds: readonly string[]) => {
        await new Promise<void>((resolve) => held.push(resolve));
        return log.head(stream, kinds);
      },
    };
    return { held, source };
  }
  const turns = () => new Promise((resolve) => setTimeout(resolve, 2));

  test('projects at most `concurrency` streams at once', async () => {
    const setup = filled();
    const { held, source } = gated(setup.log);
    const projector = new AsyncProjector({ cache: setup.cache, source });
    const warming = projector.warm(streams, totals, { concurrency: 3 });
    const waiting: number[] = [];
    while (waiting.length < 10 && projector.stats().replays < streams.length) {
      await turns();
      waiting.push(held.length);
      held.shift()?.();
    }
    expect(waiting.slice(0, 5)).toEqual([3, 3, 3, 2, 1]);
    expect((await warming).done).toBe(5);
  });

  test('accepts an asynchronous list of streams, and does not wait for it after an abort', async () => {
    const setup = filled();
    async function* slow(): AsyncGenerator<string> {
      yield 'a';
      await new Promise(() => {});
    }
    const controller = new AbortController();
    const warming = new AsyncProjector({ cache: setup.cache, source: setup.log }).warm(slow(), totals, {
      signal: controller.signal,
    });
    await turns();
    controller.abort(new Error('enough'));
    await expect(warming).rejects.toThrow('enough');
    expect(setup.cache.inner.size).toBe(1);
  });

  test('an abort leaves running projections', async () => {
    const setup = filled();
    const { held, source } = gated(setup.log);
    const controller = new AbortController();
    const projector = new AsyncProjector({ cache: setup.cache, source });
    const warming = projector.warm(streams, totals, { signal: controller.signal });
    await turns();
    controller.abort(new Error('enough'));
    await expect(warming).rejects.toThrow('enough');
    for (const release of held) release();
    await turns();
    expect(setup.cache.inner.size).toBe(0);
  });

  test('an aborted signal: nothing is read', async () => {
    const setup = filled();
    const projector = new AsyncProjector({ cache: setup.cache, source: setup.log });
    await expect(projector.warm(streams, totals, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
    expect(setup.cache.calls).toEqual({ get: 0, put: 0, deletePrefix: 0, prefetch: 0 });
  });

  test('prefetches streams ahead of their turn, if the cache supports it', async () => {
    const setup = filled();
    const { held, source } = gated(setup.log);
    const projector = new AsyncProjector({ cache: setup.cache, source });
    const warming = projector.warm(streams, totals, { concurrency: 1 });
    await turns();
    const announced = () => setup.cache.prefetched.map((key) => parseProjectionKey(key)?.stream);
    expect([setup.cache.calls.get, announced()]).toEqual([1, ['a', 'b']]);
    while (projector.stats().replays < streams.length) {
      held.shift()?.();
      await turns();
    }
    await warming;
    expect(announced()).toEqual(streams);
  });

  test('announces streams with the time, as their watermark is not known', async () => {
    const setup = filled();
    const announced: unknown[] = [];
    const prefetch = (_key: Uint8Array, meta: CacheMeta): unknown => announced.push(meta);
    const cache = Object.assign(new TestCache(), { prefetch });
    await new AsyncProjector({ cache, source: setup.log, ...setup.settings }).warm(['a'], totals);
    expect(announced).toEqual([{ watermark: 0n, cachedAtUs: setup.nowUs }]);
  });

  test('a cache that supports prefetching, but has no such method, has not failed', async () => {
    const setup = filled();
    const { cache: inner } = setup;
    const cache: ProjectionCache = {
      capabilities: () => inner.capability,
      get: (key) => inner.get(key),
      put: (key, value, meta) => inner.put(key, value, meta),
      deletePrefix: (prefix) => inner.deletePrefix(prefix),
      sync: () => {},
    };
    const projector = new AsyncProjector({ cache, source: setup.log });
    expect(await projector.warm(streams, totals)).toEqual({ done: 5, failures: [] });
    expect(projector.stats().cacheFailures).toBe(0);
  });

  test('does not call prefetch on a cache that does not support it', async () => {
    const setup = filled();
    setup.cache.capability = { supportsPrefetch: false, isNoop: false };
    await new AsyncProjector({ cache: setup.cache, source: setup.log }).warm(streams, totals);
    expect(setup.cache.calls.prefetch).toBe(0);
  });

  test('reads streams ahead only for a cache that supports prefetching', async () => {
    const setup = filled();
    setup.cache.capability = { supportsPrefetch: false, isNoop: false };
    const { held, source } = gated(setup.log);
    let read = 0;
    function* some(): Generator<string> {
      for (const stream of streams) {
        read += 1;
        yield stream;
      }
    }
    const projector = new AsyncProjector({ cache: setup.cache, source });
    const warming = projector.warm(some(), totals, { concurrency: 1 });
    for (let at = 1; at <= streams.length; at += 1) {
      await turns();
      expect(read).toBe(at);
      held.shift()?.();
    }
    expect(await warming).toEqual({ done: 5, failures: [] });
  });

  test('a prefetch that is rejected later is counted, and ends nothing', async () => {
    const setup = filled();
    const cache = Object.assign(new TestCache(), { prefetch: () => Promise.reject(new Error('prefetch failed')) });
    const projector = new AsyncProjector({ cache, source: setup.log });
    expect(await projector.warm(streams, totals)).toEqual({ done: 5, failures: [] });
    await turns();
    expect(projector.stats().cacheFailures).toBe(5);
  });
});
