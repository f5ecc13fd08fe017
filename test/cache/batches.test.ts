import { describe, expect, test } from 'vitest';
import type { KeyInput } from '../../src/cache/key-range.ts';
import { LogCache } from '../../src/cache/log-cache.ts';
import type { CacheMeta } from '../../src/contract/cache-entry.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { keyTexts, metaAt, openFor, openInMemory, someMeta, utf8, valueText } from './cache-fixtures.ts';

type Put = readonly [KeyInput, Uint8Array, CacheMeta];

describe('putMany', () => {
  test('stores what any iterable yields', () => {
    const cache = openInMemory();
    function* yielded(): Generator<Put> {
      for (let i = 0; i < 100; i += 1) yield [`order:${i}`, utf8(`state ${i}`), metaAt(i)];
    }
    cache.putMany(yielded());
    cache.putMany(new Set<Put>([['user:1', utf8('one'), someMeta]]));
    cache.putMany([[utf8('user:2'), utf8('two'), someMeta]]);
    expect(cache.size).toBe(102);
    expect(cache.get('order:99')).toEqual({ value: utf8('state 99'), meta: metaAt(99) });
    expect(valueText(cache, 'user:2')).toBe('two');
  });

  test('without entries does nothing', () => {
    const cache = openInMemory();
    const { logBytes } = cache.stats();
    cache.putMany([]);
    expect(cache.stats().logBytes).toBe(logBytes);
  });

  test('keeps the later entry of the same key, also after reopening', () => {
    const storage = new MemoryStorage();
    const cache = LogCache.open('cache', { storage });
    cache.put('order:1', utf8('before'), metaAt(1));
    cache.putMany([
      ['order:1', utf8('first'), metaAt(2)],
      ['order:2', utf8('other'), metaAt(3)],
      ['order:1', utf8('second'), metaAt(4)],
    ]);
    expect(cache.get('order:1')).toEqual({ value: utf8('second'), meta: metaAt(4) });
    expect(cache.size).toBe(2);
    cache.close();
    const reopened = openFor('cache', { storage });
    expect(reopened.get('order:1')).toEqual({ value: utf8('second'), meta: metaAt(4) });
    expect(reopened.size).toBe(2);
  });

  test('stores nothing if the iterable throws midway, and throws its error', () => {
    const cache = openInMemory();
    cache.put('order:1', utf8('before'), someMeta);
    const { logBytes } = cache.stats();
    const failure = new Error('the source broke');
    function* breaking(): Generator<Put> {
      yield ['order:1', utf8('after'), someMeta];
      yield ['order:2', utf8('after'), someMeta];
      throw failure;
    }
    expect(() => cache.putMany(breaking())).toThrow(failure);
    expect(keyTexts(cache)).toEqual(['order:1']);
    expect(valueText(cache, 'order:1')).toBe('before');
    expect(cache.stats().logBytes).toBe(logBytes);
  });

  test.each<[string, unknown, RegExp]>([
    ['a key of another type', [7, utf8('x'), someMeta], /^key must be/],
    ['a key that is not well-formed', ['\ud800', utf8('x'), someMeta], /well-formed/],
    ['a value that is not bytes', ['order:2', 'x', someMeta], /^value must be/],
    ['an invalid meta', ['order:2', utf8('x'), { watermark: 1, cachedAtUs: 0n }], /^meta\.watermark must be/],
    ['a watermark out of range', ['order:2', utf8('x'), { watermark: -1n, cachedAtUs: 0n }], /u64/],
    ['a key too long', [new Uint8Array(65_536), utf8('x'), someMeta], /65535/],
    ['a value that is not an entry', undefined, /iterable|undefined/],
  ])('stores nothing when there is %s in the middle', (_name, bad, message) => {
    const cache = openInMemory();
    const { logBytes } = cache.stats();
    const entries = [['order:1', utf8('x'), someMeta], bad, ['order:3', utf8('x'), someMeta]] as Put[];
    expect(() => cache.putMany(entries)).toThrow(message);
    expect(cache.size).toBe(0);
    expect(cache.stats().logBytes).toBe(logBytes);
  });

  test('refuses a value that is not iterable', () => {
    const cache = openInMemory();
    expect(() => cache.putMany(undefined as unknown as Put[])).toThrow(TypeError);
    expect(() => cache.putMany(7 as unknown as Put[])).toThrow(TypeError);
  });

  test('closes an iterator that it does not exhaust', () => {
    const cache = openInMemory();
    let closed = false;
    function* endless(): Generator<Put> {
      try {
        while (true) yield ['order:1', 'no bytes' as unknown as Uint8Array, someMeta];
      } finally {
        closed = true;
      }
    }
    expect(() => cache.putMany(endless())).toThrow(TypeError);
    expect(closed).toBe(true);
  });

  test('accepts an iterator of the cache itself', () => {
    const cache = openInMemory();
    for (let i = 0; i < 10; i += 1) cache.put(`order:${i}`, utf8(`state ${i}`), metaAt(i));
    function* renamed(): Generator<Put> {
      for (const [key, { value, meta }] of cache.entries({ prefix: 'order:' })) {
        yield [Buffer.concat([utf8('copy:'), key]), value, meta];
      }
    }
    cache.putMany(renamed());
    expect(cache.size).toBe(20);
    expect(cache.get('copy:order:7')).toEqual({ value: utf8('state 7'), meta: metaAt(7) });
  });

  test('larger than the write buffer is complete after reopening', () => {
    const storage = new MemoryStorage();
    const cache = LogCache.open('cache', { storage, pageCacheBytes: 512 * 1024 });
    const value = new Uint8Array(1000).fill(7);
    cache.putMany(Array.from({ length: 5000 }, (_, i) => [`order:${i}`, value, metaAt(i)] as const));
    cache.close();
    const reopened = openFor('cache', { storage });
    expect(reopened.size).toBe(5000);
    for (const i of [0, 2500, 4999]) expect(reopened.get(`order:${i}`)).toEqual({ value, meta: metaAt(i) });
  });

  test('with durability on-put syncs once for all of them', () => {
    const cache = openInMemory({ durability: 'on-put' });
    const { syncs } = cache.stats().counters;
    cache.putMany(Array.from({ length: 100 }, (_, i) => [`order:${i}`, utf8('x'), metaAt(i)] as const));
    expect(cache.stats().counters.syncs).toBe(syncs + 1);
  });
});
