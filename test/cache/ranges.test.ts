import { describe, expect, test } from 'vitest';
import type { KeyRange } from '../../src/cache/key-range.ts';
import type { LogCache } from '../../src/cache/log-cache.ts';
import { keyTexts, metaAt, openInMemory, someMeta, textOf, utf8 } from './cache-fixtures.ts';

const names = ['order:1', 'order:10', 'order:2', 'user:1', 'user:10'];

function filled(): LogCache {
  const cache = openInMemory();
  // Inserted out of order: a range is ordered by key.
  for (const name of ['user:10', 'order:2', 'order:1', 'user:1', 'order:10']) {
    cache.put(name, utf8(`state of ${name}`), metaAt(names.indexOf(name)));
  }
  return cache;
}

function keysOf(cache: LogCache, range: KeyRange): string[] {
  return [...cache.keys(range)].map(textOf);
}

describe('a range of a LogCache', () => {
  test.each<[string, KeyRange, readonly string[]]>([
    ['everything', {}, names],
    ['a prefix', { prefix: 'order:' }, names.slice(0, 3)],
    ['a prefix that is a key', { prefix: 'order:1' }, names.slice(0, 2)],
    ['the empty prefix', { prefix: '' }, names],
    ['a prefix that no key has', { prefix: 'basket:' }, []],
    ['gte and lt', { gte: 'order:10', lt: 'user:1' }, ['order:10', 'order:2']],
    ['gt and lte', { gt: 'order:10', lte: 'user:1' }, ['order:2', 'user:1']],
    ['a prefix with gte', { prefix: 'order:', gte: 'order:10' }, ['order:10', 'order:2']],
    ['a prefix with lt', { prefix: 'order:', lt: 'order:2' }, ['order:1', 'order:10']],
    ['a prefix with gte below and lt above it', { prefix: 'user:', gte: 'order:', lt: 'z' }, ['user:1', 'user:10']],
    ['gte above lt', { gte: 'user:', lt: 'order:' }, []],
    ['gt and lt of one key', { gt: 'order:1', lt: 'order:1' }, []],
    ['gte and lte of one key', { gte: 'order:1', lte: 'order:1' }, ['order:1']],
    ['bounds as bytes', { gte: utf8('order:2'), lt: utf8('user:10') }, ['order:2', 'user:1']],
    ['one bound as bytes, one as a string', { gt: utf8('order:2'), lte: 'user:1' }, ['user:1']],
  ])('yields %s, in both directions and with each limit', (_name, range, expected) => {
    const cache = filled();
    for (const reverse of [false, true]) {
      const ordered = reverse ? expected.toReversed() : expected;
      expect(keysOf(cache, { ...range, reverse })).toEqual(ordered);
      for (const limit of [0, 1, 2, 100, Number.POSITIVE_INFINITY]) {
        expect(keysOf(cache, { ...range, reverse, limit })).toEqual(ordered.slice(0, limit));
        const entries = [...cache.entries({ ...range, reverse, limit })];
        expect(entries).toEqual(
          ordered
            .slice(0, limit)
            .map((name) => [utf8(name), { value: utf8(`state of ${name}`), meta: metaAt(names.indexOf(name)) }]),
        );
      }
    }
  });

  test('orders keys by bytes, not by UTF-16 code units', () => {
    const cache = openInMemory();
    // In UTF-16 the emoji (a surrogate pair) sorts before U+FFFD; in UTF-8 after it.
    for (const key of ['😀', '\ufffd', 'z', 'Z']) cache.put(key, utf8(''), someMeta);
    expect(keyTexts(cache)).toEqual(['Z', 'z', '\ufffd', '😀']);
  });

  test('refuses wrong bounds and limits at the call, not at the first step', () => {
    const cache = openInMemory();
    for (const range of [{ limit: -1 }, { limit: 1.5 }, { limit: Number.NaN }]) {
      expect(() => cache.keys(range)).toThrow(RangeError);
      expect(() => cache.entries(range)).toThrow(RangeError);
    }
    expect(() => cache.keys({ gte: 7 as unknown as string })).toThrow(/^gte must be a string or a Uint8Array/);
    expect(() => cache.entries({ prefix: null as unknown as string })).toThrow(
      /^prefix must be a string or a Uint8Array/,
    );
  });

  test('does not see later changes of the bounds', () => {
    const cache = filled();
    const bound = utf8('order:10');
    const range = { gte: bound, limit: 2 };
    const keys = cache.keys(range);
    bound.fill(0xff);
    range.limit = 0;
    expect([...keys].map(textOf)).toEqual(['order:10', 'order:2']);
  });

  test('can be left early and is then exhausted', () => {
    const cache = filled();
    const keys = cache.keys();
    for (const key of keys) if (textOf(key) === 'order:10') break;
    expect(keys.next()).toEqual({ done: true, value: undefined });
    expect(cache.size).toBe(names.length);
  });
});

describe('an iterator during writes', () => {
  // Whether it sees a new key ahead of it is unspecified: the key may not be linked in order until the next ordered
  // read.
  test.each([false, true])('yields all permanent entries, and no key behind it or twice; reverse: %s', (reverse) => {
    const cache = filled();
    const keys = cache.keys({ reverse });
    const seen: string[] = [];
    // Without new keys the iterator may end before the loop does.
    const see = ({ value }: IteratorResult<Uint8Array, undefined>): unknown => value && seen.push(textOf(value));
    see(keys.next());
    for (let i = 0; i < 10_000; i += 1) {
      cache.put(`${reverse ? 'z' : 'a'}${i}`, utf8('behind'), someMeta);
      cache.put(`order:15${i}`, utf8('ahead'), someMeta);
      if (i % 1000 === 0) cache.keys().next();
      if (i % 2000 === 0) see(keys.next());
    }
    seen.push(...[...keys].map(textOf));
    expect(seen.filter((key) => !key.startsWith('order:15'))).toEqual(reverse ? names.toReversed() : names);
    expect(new Set(seen).size).toBe(seen.length);
  });

  test('does not yield entries deleted ahead of it, not even the next one', () => {
    const cache = filled();
    for (const reverse of [false, true]) {
      const expected = reverse ? ['user:10', 'order:2', 'order:1'] : ['order:1', 'order:2', 'user:10'];
      const seen: string[] = [];
      for (const key of cache.keys({ reverse })) {
        seen.push(textOf(key));
        if (seen.length === 1) cache.delete(key);
        cache.delete('order:10');
        cache.delete('user:1');
      }
      expect(seen).toEqual(expected);
      for (const name of names) cache.put(name, utf8(''), someMeta);
    }
  });

  test('yields the newest value of each key', () => {
    const cache = filled();
    const seen: string[] = [];
    for (const [key, { value }] of cache.entries({ prefix: 'order:' })) {
      seen.push(textOf(value));
      for (const name of ['order:1', 'order:10', 'order:2']) {
        if (name > textOf(key)) cache.put(name, utf8(`after ${textOf(key)}`), someMeta);
      }
    }
    expect(seen).toEqual(['state of order:1', 'after order:1', 'after order:10']);
  });

  test('ends if everything ahead is removed, and continues if it was put again', () => {
    const cache = filled();
    const gone = cache.keys();
    const back = cache.keys();
    expect(textOf(gone.next().value as Uint8Array)).toBe('order:1');
    expect(textOf(back.next().value as Uint8Array)).toBe('order:1');
    expect(cache.deletePrefix('')).toBe(names.length);
    expect(gone.next().done).toBe(true);
    cache.put('order:1', utf8(''), someMeta);
    cache.put('user:1', utf8(''), someMeta);
    expect([...back].map(textOf)).toEqual(['user:1']);
    // An iterator that has ended stays ended.
    expect(gone.next().done).toBe(true);
  });

  test('survives a running compaction', () => {
    const cache = filled();
    const seen: string[] = [];
    for (const [key, { value }] of cache.entries()) {
      cache.put('aaa', utf8(`after ${textOf(key)}`), someMeta);
      cache.compact();
      seen.push(textOf(value));
    }
    expect(seen).toEqual(names.map((name) => `state of ${name}`));
  });
});
