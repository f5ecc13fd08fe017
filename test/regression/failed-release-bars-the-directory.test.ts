/*
 * One failed call while `close` released the lock kept the directory locked for the life of the process: `LOCK` still
 * existed, the process still counted itself as its owner, and a second `close` did nothing. If reading the lock failed,
 * its descriptor stayed open as well.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import { NodeStorage } from '../../src/storage/node-storage.ts';
import { openFor, someMeta, temporaryDirectory, utf8, valueText } from '../cache/cache-fixtures.ts';
import { FaultyFs, type FsCall } from '../faults/faulty-fs.ts';

/** An open cache whose lock cannot be released until `fault` is removed: `call` fails from here on. */
function openUnreleasable(call: FsCall, errno: string): { directory: string; cache: LogCache; faulty: FaultyFs } {
  const directory = temporaryDirectory();
  const faulty = new FaultyFs({ linked: true });
  const cache = openFor(directory, { storage: new NodeStorage(faulty.platform) });
  cache.put('order:1', utf8('state'), someMeta);
  cache.sync();
  faulty.fault = { at: faulty.calls.length, call, errno, done: false, lasting: true };
  return { directory, cache, faulty };
}

const REFUSALS: readonly (readonly [FsCall, string])[] = [
  ['lstatSync', 'EIO'],
  ['unlinkSync', 'EACCES'],
];

describe.each(REFUSALS)('a close whose %s fails with %s', (call, errno) => {
  test('throws, leaves no descriptor open, and this process can open the directory again', () => {
    const { directory, cache, faulty } = openUnreleasable(call, errno);
    expect(() => cache.close()).toThrow(expect.objectContaining({ code: 'IO' }));
    expect([...faulty.openDescriptors.values()]).toEqual([]);
    expect(fs.existsSync(join(directory, 'LOCK'))).toBe(true);
    const reopened = openFor(directory);
    expect(valueText(reopened, 'order:1')).toBe('state');
    // The directory is now locked by another cache: closing the first one again does not change that lock.
    faulty.fault = undefined;
    cache.close();
    expect(() => LogCache.open(directory)).toThrow(expect.objectContaining({ code: 'LOCKED' }));
    reopened.close();
    expect(fs.existsSync(join(directory, 'LOCK'))).toBe(false);
  });

  test('is completed by another close, which then needs no further one', () => {
    const { directory, cache, faulty } = openUnreleasable(call, errno);
    expect(() => cache.close()).toThrow(expect.objectContaining({ code: 'IO' }));
    expect(() => cache.close()).toThrow(
      expect.objectContaining({ code: 'IO', message: expect.stringContaining('release the lock') }),
    );
    faulty.fault = undefined;
    cache.close();
    expect(fs.existsSync(join(directory, 'LOCK'))).toBe(false);
    const calls = faulty.calls.length;
    cache.close();
    expect(faulty.calls.length).toBe(calls);
  });

  test('leaves a lock that `unlock` removes', () => {
    const { directory, cache } = openUnreleasable(call, errno);
    expect(() => cache.close()).toThrow(expect.objectContaining({ code: 'IO' }));
    LogCache.unlock(directory);
    expect(fs.existsSync(join(directory, 'LOCK'))).toBe(false);
  });
});
