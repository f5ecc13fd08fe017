/*
 * Two bugs of caches with prefixes: clearing one prefix emptied the whole store, and clearing `users` also cleared
 * `users2`. A prefix removes only the keys that start with it, now and after any opening. `streamPrefix` separates
 * streams: it is not a prefix of any other stream's keys, whatever the names contain.
 */
import { expect, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import { projectionKey, streamPrefix } from '../../src/projection/projection-key.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { keyTexts, openFor, someMeta, utf8 } from '../cache/cache-fixtures.ts';

test('a prefix removes the keys that start with it, and the rest exists after reopening', () => {
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
])('removing the stream %j keeps the stream %j', (stream, other) => {
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
