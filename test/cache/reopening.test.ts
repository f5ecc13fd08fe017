/*
 * Why this test: a development server loads a module again after each change and loses the cache that its earlier copy has
 * opened. The process was then LOCKED out by itself.
 */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { metaAt, openFor, temporaryDirectory, utf8, valueText } from './cache-fixtures.ts';

/** The class as a module that was loaded again has it. */
async function loadedAgain(): Promise<typeof LogCache> {
  vi.resetModules();
  return (await import('../../src/cache/log-cache.ts')).LogCache;
}

describe('opening with reopen', () => {
  test('closes the cache of an earlier copy of the module, without a loss', async () => {
    const directory = temporaryDirectory();
    const lost = openFor(directory, { reopen: true });
    lost.put('order:1', utf8('unsynced'), metaAt(1));
    const again = await loadedAgain();
    expect(again).not.toBe(LogCache);
    const cache = again.open(directory, { reopen: true });
    onTestFinished(() => cache.close());
    expect(cache.stats().recovery.clean).toBe(true);
    expect(valueText(cache as LogCache, 'order:1')).toBe('unsynced');
    expect(() => lost.get('order:1')).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    lost.close();
    const third = await LogCache.openAsync(directory, { reopen: true });
    onTestFinished(() => third.close());
    expect(valueText(third, 'order:1')).toBe('unsynced');
  });

  test('closes only a cache of the same directory that allows it', () => {
    const [directory, other] = [temporaryDirectory(), temporaryDirectory()];
    const held = openFor(directory);
    const elsewhere = openFor(other, { reopen: true });
    expect(() => LogCache.open(directory, { reopen: true })).toThrow(expect.objectContaining({ code: 'LOCKED' }));
    held.put('order:1', utf8('state'), metaAt(1));
    elsewhere.put('order:1', utf8('state'), metaAt(1));
    // Without the option nothing is closed.
    expect(() => LogCache.open(other)).toThrow(expect.objectContaining({ code: 'LOCKED' }));
    elsewhere.sync();
  });

  test('finds the cache under another path to the directory', () => {
    const directory = temporaryDirectory();
    const first = openFor(directory, { reopen: true });
    const second = openFor(`${directory}/../${directory.split('/').at(-1)}`, { reopen: true });
    expect(() => first.sync()).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    second.sync();
  });

  test('distinguishes storages', () => {
    const storage = new MemoryStorage();
    const first = openFor('cache', { storage, reopen: true });
    const foreign = openFor('cache', { storage: new MemoryStorage(), reopen: true });
    first.put('order:1', utf8('state'), metaAt(1));
    const second = openFor('cache', { storage, reopen: true });
    expect(valueText(second, 'order:1')).toBe('state');
    foreign.sync();
  });

  test('leaves a cache alone that was closed and opened without it', () => {
    const directory = temporaryDirectory();
    openFor(directory, { reopen: true }).close();
    openFor(directory).sync();
    expect(() => LogCache.open(directory, { reopen: true })).toThrow(expect.objectContaining({ code: 'LOCKED' }));
  });
});
