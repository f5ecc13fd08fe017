/*
 * The directory of an open cache is removed, moved away, or replaced by another. The cache can no longer be durable and
 * reports it; it still serves reads; and nothing in the place of its directory is written to.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LogCache, type LogCacheOptions } from '../../src/cache/log-cache.ts';
import { openFor, someMeta, temporaryDirectory, utf8, valueText } from '../cache/cache-fixtures.ts';

const ON_WINDOWS = process.platform === 'win32';

function openWithEntries(options: LogCacheOptions = {}): { directory: string; cache: LogCache } {
  const directory = join(temporaryDirectory(), 'cache');
  const cache = openFor(directory, options);
  cache.put('order:1', utf8('synced'), someMeta);
  cache.sync();
  cache.put('order:2', utf8('accepted'), someMeta);
  return { directory, cache };
}

/** The cache reports that it has stopped, each time, and still reads. */
function expectStopped(cache: LogCache): void {
  expect(() => cache.sync()).toThrow(expect.objectContaining({ name: 'StoreError' }));
  expect(() => cache.put('order:3', utf8('late'), someMeta)).toThrow(expect.objectContaining({ code: 'POISONED' }));
  expect(() => cache.sync()).toThrow(expect.objectContaining({ code: 'POISONED' }));
  expect(valueText(cache, 'order:1')).toBe('synced');
  expect(valueText(cache, 'order:2')).toBe('accepted');
}

describe.skipIf(ON_WINDOWS)('the directory of an open cache (Windows does not release it)', () => {
  test('is removed: the cache stops, and another can start in its place', () => {
    const { directory, cache } = openWithEntries();
    rmSync(directory, { recursive: true });
    expectStopped(cache);
    const next = openFor(directory);
    expect(next.size).toBe(0);
    next.put('order:1', utf8('of the next one'), someMeta);
    next.sync();
    cache.close();
    expect(valueText(next, 'order:1')).toBe('of the next one');
    next.close();
    expect(valueText(openFor(directory), 'order:1')).toBe('of the next one');
  });

  test('is removed and the cache closed: nothing is created again', () => {
    const { directory, cache } = openWithEntries();
    rmSync(directory, { recursive: true });
    expect(() => cache.close()).toThrow(expect.objectContaining({ name: 'StoreError' }));
    expect(readdirSync(join(directory, '..'))).toEqual([]);
  });

  test('is replaced by a foreign directory: that one is not changed', () => {
    const { directory, cache } = openWithEntries();
    renameSync(directory, `${directory}-moved`);
    mkdirSync(directory);
    writeFileSync(join(directory, '000001.log'), 'mine');
    writeFileSync(join(directory, 'LOCK'), 'mine');
    expectStopped(cache);
    expect(() => cache.compact()).toThrow(expect.objectContaining({ code: 'POISONED' }));
    cache.close();
    expect(readdirSync(directory).sort()).toEqual(['000001.log', 'LOCK']);
    for (const name of ['000001.log', 'LOCK']) expect(readFileSync(join(directory, name), 'utf8')).toBe('mine');
  });

  test('is moved away: synced entries are found at the new place', () => {
    const { directory, cache } = openWithEntries();
    renameSync(directory, `${directory}-moved`);
    expectStopped(cache);
    cache.close();
    LogCache.unlock(`${directory}-moved`);
    const moved = openFor(`${directory}-moved`);
    expect(valueText(moved, 'order:1')).toBe('synced');
    expect(moved.has('order:3')).toBe(false);
  });

  test('is removed during reads: the reader keeps what it has read', () => {
    const { directory, cache } = openWithEntries();
    const reader = openFor(directory, { readOnly: true });
    expect(valueText(reader, 'order:1')).toBe('synced');
    rmSync(directory, { recursive: true });
    expect(valueText(reader, 'order:1')).toBe('synced');
    reader.close();
    expect(() => cache.close()).toThrow(expect.objectContaining({ name: 'StoreError' }));
    expect(() => LogCache.open(directory, { readOnly: true })).toThrow(
      expect.objectContaining({ code: 'IO', cause: expect.objectContaining({ code: 'ENOENT' }) }),
    );
  });
});
