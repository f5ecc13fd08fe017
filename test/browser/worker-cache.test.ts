import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StoreError } from '../../src/base/store-error.ts';
import { WorkerCache } from '../../src/browser/worker-cache.ts';
import { projectionCacheSuite } from '../../src/testing/index.ts';
import { metaAt, someMeta, textOf, utf8 } from '../cache/cache-fixtures.ts';
import { FakeLocks } from './fake-locks.ts';
import { settle } from './fake-origin.ts';
import { FakeTabs, openCache } from './fake-tabs.ts';

let tabs: FakeTabs;

beforeEach(() => {
  tabs = new FakeTabs();
});

afterEach(() => tabs.close());

const open = (): WorkerCache => tabs.tab().cache;
const reopen = async (cache: WorkerCache): Promise<WorkerCache> => {
  await cache.close();
  return open();
};
const close = (cache: WorkerCache): Promise<void> => cache.close();

projectionCacheSuite({ name: 'WorkerCache', open, reopen, close, describe, test });
projectionCacheSuite({
  name: 'WorkerCache whose cache another tab has open',
  open: async () => {
    await tabs.tab().cache.get(utf8('the first tab'));
    return open();
  },
  reopen,
  close,
  describe,
  test,
});

async function valueIn(cache: WorkerCache, key: string): Promise<string | undefined> {
  const entry = await cache.get(utf8(key));
  return entry === undefined ? undefined : textOf(entry.value);
}

const failure = (code: string): unknown => expect.objectContaining({ name: 'StoreError', code });

describe('errors', () => {
  test('arrive as they were thrown, with code and cause', async () => {
    const { cache } = tabs.tab();
    const tooLarge = cache.put(new Uint8Array(65_536), utf8('state'), someMeta);
    await expect(tooLarge).rejects.toBeInstanceOf(StoreError);
    await expect(tooLarge).rejects.toEqual(failure('TOO_LARGE'));
  });

  test('of an opening reject the calls, and the next call opens again', async () => {
    let attempts = 0;
    const { cache } = tabs.tab({
      open: (worker) => {
        attempts += 1;
        if (attempts === 1)
          throw new StoreError('LOCKED', 'held', { cause: Object.assign(new Error('x'), { code: 'E' }) });
        return openCache(worker);
      },
    });
    const error: unknown = await cache.get(utf8('a')).catch((thrown: unknown) => thrown);
    expect(error).toEqual(failure('LOCKED'));
    expect((error as Error).cause).toMatchObject({ message: 'x', code: 'E' });
    await expect(cache.get(utf8('a'))).resolves.toBeUndefined();
  });

  test('of a wrong port are thrown at once', () => {
    expect(() => new WorkerCache({} as never, new FakeLocks().of({}))).toThrow(TypeError);
  });
});

describe('values', () => {
  test('do not share memory with the worker or with each other', async () => {
    const { cache } = tabs.tab();
    const large = new Uint8Array(1_000_000);
    const part = large.subarray(10, 13).fill(7);
    await cache.put(utf8('a'), part, someMeta);
    await cache.put(utf8('b'), part, someMeta);
    expect(part.length).toBe(3);
    const [a, b] = [await cache.get(utf8('a')), await cache.get(utf8('b'))];
    expect(a?.value.buffer.byteLength).toBe(3);
    expect(a?.value.buffer).not.toBe(b?.value.buffer);
  });
});

describe('a worker that ends', () => {
  test('rejects calls under way and later ones', async () => {
    const { cache, killWorker } = tabs.tab({ open: () => new Promise(() => {}) });
    await settle();
    const waiting = cache.get(utf8('a'));
    await settle();
    killWorker();
    await expect(waiting).rejects.toEqual(failure('CACHE_FAILED'));
    await expect(cache.sync()).rejects.toEqual(failure('CACHE_FAILED'));
  });

  test('before its script ran rejects calls', async () => {
    const listeners = new Map<string, (event: unknown) => void>();
    const port = {
      postMessage: () => {},
      addEventListener: (type: string, listener: (event: unknown) => void) => listeners.set(type, listener),
    };
    const cache = new WorkerCache(port, new FakeLocks().of({}));
    const waiting = cache.get(utf8('a'));
    listeners.get('error')?.({ message: 'SyntaxError' });
    await expect(waiting).rejects.toThrow(/did not start: SyntaxError/);
  });
});

describe('a closed cache', () => {
  test('rejects with CLOSED, and closes once', async () => {
    const { cache } = tabs.tab();
    await cache.put(utf8('a'), utf8('state'), someMeta);
    await cache.close();
    await cache.close();
    await expect(cache.get(utf8('a'))).rejects.toEqual(failure('CLOSED'));
    expect(tabs.origin.openHandles).toEqual([]);
  });

  test('answers the calls before it first', async () => {
    const { cache } = tabs.tab();
    const calls = [cache.put(utf8('a'), utf8('state'), someMeta), cache.get(utf8('a'))] as const;
    await cache.close();
    expect((await calls[1])?.meta).toEqual(someMeta);
  });
});

describe('several tabs', () => {
  test('share one cache', async () => {
    const [first, second] = [tabs.tab().cache, tabs.tab().cache];
    await first.put(utf8('a'), utf8('from the first'), someMeta);
    expect(await valueIn(second, 'a')).toBe('from the first');
    await second.put(utf8('a'), utf8('from the second'), metaAt(508));
    expect(await valueIn(first, 'a')).toBe('from the second');
    expect(await second.deletePrefix(utf8(''))).toBe(1);
    expect(await valueIn(first, 'a')).toBeUndefined();
  });

  test('continue with the next one when a tab closes its cache', async () => {
    const [first, second] = [tabs.tab().cache, tabs.tab().cache];
    await first.put(utf8('a'), utf8('state'), someMeta);
    await first.close();
    expect(await valueIn(second, 'a')).toBe('state');
  });

  test('find every acknowledged put and deletion when the leader is killed without a sync', async () => {
    const [first, second] = [tabs.tab(), tabs.tab()];
    await first.cache.put(utf8('gone'), utf8('state'), someMeta);
    await second.cache.put(utf8('kept'), utf8('state'), someMeta);
    await second.cache.deletePrefix(utf8('gone'));
    first.killWorker();
    await settle();
    expect(await valueIn(second.cache, 'kept')).toBe('state');
    expect(await valueIn(second.cache, 'gone')).toBeUndefined();
  });

  test('reject calls that a killed leader left without an answer, and continue', async () => {
    const first = tabs.tab({ open: () => new Promise(() => {}) });
    await settle();
    const second = tabs.tab();
    await settle();
    const lost = second.cache.get(utf8('a'));
    await settle();
    first.killWorker();
    await expect(lost).rejects.toEqual(failure('CACHE_FAILED'));
    await second.cache.put(utf8('a'), utf8('state'), someMeta);
    expect(await valueIn(second.cache, 'a')).toBe('state');
  });

  test('never return less than was acknowledged, whatever is killed', async () => {
    let alive = [tabs.tab(), tabs.tab(), tabs.tab()];
    let acknowledged = 0;
    let failed = 0;
    for (let watermark = 1; watermark <= 120; watermark += 1) {
      const writer = alive[watermark % alive.length]?.cache as WorkerCache;
      const reader = alive[(watermark + 1) % alive.length]?.cache as WorkerCache;
      const writing = writer.put(utf8('key'), utf8(`${watermark}`), metaAt(watermark)).then(
        () => {
          acknowledged = watermark;
        },
        () => {
          failed += 1;
        },
      );
      if (watermark % 9 === 0) {
        if (watermark % 2 === 0) await settle();
        alive.shift()?.killWorker();
        alive = [...alive, tabs.tab()];
      }
      await writing;
      const before = acknowledged;
      const found = await reader.get(utf8('key')).catch(() => undefined);
      if (found !== undefined) expect(Number(found.meta.watermark)).toBeGreaterThanOrEqual(before);
    }
    expect(failed).toBeLessThan(40);
    expect(await valueIn(alive[2]?.cache as WorkerCache, 'key')).toBeDefined();
  });
});
