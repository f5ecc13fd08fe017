/*
 * A cache that does not answer costs a replay for every call and nothing else shows it. A closed cache is a mistake of the
 * program and is thrown; any other failure goes to `onCacheFailure` and is counted.
 */
import { describe, expect, test } from 'vitest';
import {
  type AsyncProjectionCache,
  AsyncProjector,
  type CacheFailureEvent,
  LogCache,
  MemoryStorage,
  Projector,
  StoreError,
} from '../../src/index.ts';
import { MemoryLog } from './memory-log.ts';
import { totals } from './totals.ts';

function logOfOneEvent(): MemoryLog {
  const source = new MemoryLog();
  source.append('order:1', 5);
  return source;
}

/** The cache, answering later. */
function asyncCache(cache: LogCache): AsyncProjectionCache {
  return {
    capabilities: () => cache.capabilities(),
    get: async (key) => await Promise.resolve(key).then((own) => cache.get(own)),
    put: async (key, value, meta) => await Promise.resolve().then(() => cache.put(key, value, meta)),
    deletePrefix: async (prefix) => await Promise.resolve().then(() => cache.deletePrefix(prefix)),
    sync: async () => await cache.syncAsync(),
  };
}

function openCache(): LogCache {
  return LogCache.open('cache', { storage: new MemoryStorage() });
}

describe('a closed cache', () => {
  test('is thrown by a Projector, before and after a first call', () => {
    const cache = openCache();
    const projector = new Projector({ cache, source: logOfOneEvent() });
    projector.project(totals, 'order:1');
    cache.close();
    expect(() => projector.project(totals, 'order:1')).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    expect(() => projector.projectWithReport(totals, 'order:2')).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    expect(projector.stats().cacheFailures).toBe(0);
  });

  test('is thrown also if it is closed during the fold', () => {
    const cache = openCache();
    const projector = new Projector({ cache, source: logOfOneEvent() });
    const closing = {
      ...totals,
      apply: (...args: Parameters<typeof totals.apply>) => {
        cache.close();
        return totals.apply(...args);
      },
    };
    expect(() => projector.project(closing, 'order:1')).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  });

  test.each(['synchronous', 'asynchronous'])('rejects the calls of an AsyncProjector: %s', async (kind) => {
    const inner = openCache();
    const cache = kind === 'synchronous' ? inner : asyncCache(inner);
    const projector = new AsyncProjector({ cache, source: logOfOneEvent() });
    inner.close();
    const calls = [1, 2, 3].map(async () => projector.project(totals, 'order:1'));
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'CLOSED' });
  });
});

describe('a cache that fails', () => {
  const failure = new StoreError('IO', 'the disk is gone');

  function failing(): LogCache {
    const cache = openCache();
    const fail = (): never => {
      throw failure;
    };
    return Object.assign(cache, { get: fail, put: fail });
  }

  test('goes to onCacheFailure, and the call returns its state', () => {
    const failures: CacheFailureEvent[] = [];
    const onCacheFailure = (event: CacheFailureEvent): unknown => failures.push(event);
    const projector = new Projector({ cache: failing(), source: logOfOneEvent(), onCacheFailure });
    expect(projector.project(totals, 'order:1')).toEqual({ sum: 5, count: 1 });
    expect(failures).toEqual([
      { operation: 'get', stream: 'order:1', error: failure },
      { operation: 'put', stream: 'order:1', error: failure },
    ]);
    expect(projector.stats().cacheFailures).toBe(2);
    expect(JSON.parse(JSON.stringify(failures[0]))).toMatchObject({
      error: { code: 'IO', message: 'the disk is gone' },
    });
  });

  test('goes there also after the result, when an asynchronous write fails', async () => {
    const failures: CacheFailureEvent[] = [];
    const onCacheFailure = (event: CacheFailureEvent): unknown => failures.push(event);
    const projector = new AsyncProjector({ cache: asyncCache(failing()), source: logOfOneEvent(), onCacheFailure });
    await projector.project(totals, 'order:1');
    await projector.flush();
    expect(failures.map(({ operation }) => operation)).toEqual(['get', 'put']);
  });

  test('must have a function as its handler', () => {
    const options = { cache: openCache(), source: logOfOneEvent(), onCacheFailure: 'log' as never };
    expect(() => new Projector(options)).toThrow(new TypeError('onCacheFailure must be a function; got string'));
  });
});
