/*
 * Two mistakes of caches with prefixes: clearing one prefix emptied the whole store, and clearing `users` took `users2`
 * with it, as its name begins alike. A prefix removes what begins with it and nothing else, now and after any opening; and
 * what belongs to a stream is told by `streamPrefix`, which no other stream's keys begin with, whatever the names hold.
 */
import { expect, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import { projectionKey, streamPrefix } from '../../src/projection/projection-key.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { keyTexts, openFor, someMeta, utf8 } from '../cache/cache-fixtures.ts';

test('a prefix removes what begins with it, and the rest is there after opening again', () => {
  const storage = new MemoryStorage();
  const cache = LogCache.open('cache', { storage });
  const keys = ['order:1', 'users', 'users2:1', 'users:1', 'users:2', 'userz'];
  for (const key of keys) cache.put(key, utf8('state'), someMeta);
  expect(cache.deletePrefix('users:')).toBe(2);
  const left = ['order:1', 'users', 'users2:1', 'userz'];
  expect(keyTexts(cache)).toEqual(left);
  cache.close();
  expect(keyTexts(openFor('cache', { storage }))).toEqual(left);
});

test.each([
  ['users', 'users2'],
  ['users', 'users:1'],
  ['users', 'users/'],
  ['users', 'users\u0001'],
  ['', 'users'],
  ['a', 'aa'],
])('forgetting the stream %j leaves the stream %j', (stream, other) => {
  using cache = LogCache.open('cache', { storage: new MemoryStorage() });
  for (const name of ['totals', 'orders']) {
    cache.put(projectionKey(stream, name), utf8('state'), someMeta);
    cache.put(projectionKey(other, name), utf8('state'), someMeta);
  }
  expect(cache.deletePrefix(streamPrefix(stream))).toBe(2);
  for (const name of ['totals', 'orders']) {
    expect(cache.has(projectionKey(stream, name))).toBe(false);
    expect(cache.has(projectionKey(other, name))).toBe(true);
  }
});
