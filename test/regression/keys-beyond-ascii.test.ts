/*
 * A buffer sized by the length of a string instead of its bytes truncated every text that was not ASCII. Keys and
 * prefixes of one to four bytes a character must come back complete: from memory, from the log, from the image, and as
 * bounds.
 */
import { expect, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { keyTexts, openFor, someMeta, utf8, valueText } from '../cache/cache-fixtures.ts';

const keys = ['größe:1', 'größe:2', '注文:507', '注文:508', '🧾:a', '🧾🧾:b', 'é', 'e\u0301', 'ключ'.repeat(2_000)];

test.each(['from the image', 'from the log'])('keys and values that are not ASCII are complete %s', (way) => {
  const storage = new MemoryStorage();
  const first = LogCache.open('cache', { storage });
  for (const key of keys) first.put(key, utf8(`state of ${key}`), someMeta);
  if (way === 'from the log') first.compact();
  first.close();
  if (way === 'from the log') {
    const directory = storage.openDirectory('cache', { create: false });
    for (const name of directory.list()) if (/\.index2?$/.test(name)) directory.remove(name);
  }
  const cache = openFor('cache', { storage });
  expect(cache.stats().recovery.imageUsed).toBe(way === 'from the image');
  expect(keyTexts(cache).sort()).toEqual([...keys].sort());
  for (const key of keys) expect(valueText(cache, key)).toBe(`state of ${key}`);
  expect([...cache.keys({ prefix: '注文:' })]).toHaveLength(2);
  expect(cache.deletePrefix('größe:')).toBe(2);
  expect(cache.deletePrefix('🧾')).toBe(2);
  expect(cache.size).toBe(keys.length - 4);
});

test('the limit of a key counts bytes', () => {
  using cache = LogCache.open('cache', { storage: new MemoryStorage() });
  const longest = '注'.repeat(21_845);
  cache.put(longest, utf8('state'), someMeta);
  expect(valueText(cache, longest)).toBe('state');
  expect(() => cache.put(`${longest}a`, utf8('state'), someMeta)).toThrow(
    expect.objectContaining({ code: 'TOO_LARGE' }),
  );
});
