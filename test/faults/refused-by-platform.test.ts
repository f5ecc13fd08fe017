/*
 * A cache on real files whose platform always refuses a call, as some file systems and virus scanners do. The error
 * sweep tries errors of single calls on a storage in memory; this test includes everything down to `fs`.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LogCache, type LogCacheOptions } from '../../src/cache/log-cache.ts';
import { nodePlatform } from '../../src/storage/node-fs.ts';
import { NodeStorage } from '../../src/storage/node-storage.ts';
import { openFor, someMeta, temporaryDirectory, utf8, valueText } from '../cache/cache-fixtures.ts';

function refusing(code: string): () => never {
  return () => {
    throw Object.assign(new Error(`${code}: refused by the test`), { code });
  };
}

/** Options for a cache on files, with some functions of `fs` replaced. */
function replacing(replaced: Partial<typeof fs>): LogCacheOptions {
  return { storage: new NodeStorage({ ...nodePlatform(), fs: { ...fs, ...replaced } }) };
}

/** `fsync` of directories is refused, that of files is not. */
function directorySyncRefused(code: string): LogCacheOptions {
  return replacing({
    fsyncSync: (fd) => (fs.fstatSync(fd).isDirectory() ? refusing(code)() : fs.fsyncSync(fd)),
  });
}

/** Everything a cache does to its files: puts, a deletion, syncs, a compaction, an image. */
function writeAll(cache: LogCache): void {
  for (let i = 0; i < 20; i += 1) cache.put(`order:${i}`, utf8('replaced'), someMeta);
  for (let i = 0; i < 20; i += 1) cache.put(`order:${i}`, utf8(`state ${i}`), someMeta);
  cache.sync();
  cache.deletePrefix('order:1');
  cache.compact();
  cache.put('last', utf8('state'), someMeta);
  cache.close();
}

function expectAll(cache: LogCache): void {
  expect(cache.size).toBe(10);
  for (const i of [0, 2, 3, 4, 5, 6, 7, 8, 9]) expect(valueText(cache, `order:${i}`)).toBe(`state ${i}`);
  expect(valueText(cache, 'last')).toBe('state');
  expect(valueText(cache, 'order:1')).toBeUndefined();
}

describe('a directory sync', () => {
  test.each(['EPERM', 'EINVAL', 'EISDIR'])('that the platform does not support (%s) is ignored', (code) => {
    const directory = temporaryDirectory();
    writeAll(LogCache.open(directory, directorySyncRefused(code)));
    expectAll(openFor(directory));
  });

  test('that fails stops the open, and the next open finds the directory unlocked', () => {
    const directory = temporaryDirectory();
    expect(() => LogCache.open(directory, directorySyncRefused('EIO'))).toThrow(
      expect.objectContaining({ code: 'IO', cause: expect.objectContaining({ code: 'EIO' }) }),
    );
    writeAll(LogCache.open(directory));
    expectAll(openFor(directory));
  });
});

// As on Windows, where a file that another process has open can be neither removed nor truncated.
describe.each(['EPERM', 'EBUSY'])('a removal that is refused with %s', (code) => {
  test.each<[string, Partial<typeof fs>]>([
    ['alone', { unlinkSync: (path) => (String(path).endsWith('LOCK') ? fs.unlinkSync(path) : refusing(code)()) }],
    [
      'and truncation, too',
      {
        unlinkSync: (path) => (String(path).endsWith('LOCK') ? fs.unlinkSync(path) : refusing(code)()),
        ftruncateSync: refusing(code),
      },
    ],
  ])('%s: the replaced generation is never used again', (_name, replaced) => {
    const directory = temporaryDirectory();
    writeAll(LogCache.open(directory, replacing(replaced)));
    expect(fs.existsSync(join(directory, '000001.log'))).toBe(true);
    const refusedAgain = LogCache.open(directory, replacing(replaced));
    expectAll(refusedAgain);
    refusedAgain.close();
    expectAll(openFor(directory));
    expect(fs.existsSync(join(directory, '000001.log'))).toBe(false);
  });
});

describe('a read-only file system', () => {
  const writing = fs.constants.O_RDWR | fs.constants.O_WRONLY;
  const readOnly: Partial<typeof fs> = {
    openSync: (path, flags, mode) =>
      (Number(flags) & writing) === 0 ? fs.openSync(path, flags, mode) : refusing('EROFS')(),
    linkSync: refusing('EROFS'),
    unlinkSync: refusing('EROFS'),
    writeSync: refusing('EROFS') as typeof fs.writeSync,
    fsyncSync: refusing('EROFS'),
  };

  test('is reported by a writer, with the remedy; a reader reads', () => {
    const directory = temporaryDirectory();
    writeAll(LogCache.open(directory));
    const before = fs.readdirSync(directory);
    expect(() => LogCache.open(directory, replacing(readOnly))).toThrow(
      expect.objectContaining({ code: 'IO', message: expect.stringContaining('`readOnly: true`') }),
    );
    expectAll(openFor(directory, { ...replacing(readOnly), readOnly: true }));
    expect(fs.readdirSync(directory)).toEqual(before);
  });
});

describe('a clock', () => {
  // The latest time that a Date can hold, the first of the epoch, and one before it.
  test.each([8_640_000_000_000_000, 0, -1_000])('at %d is recorded and never trusted', (now) => {
    const directory = temporaryDirectory();
    const options = { storage: new NodeStorage({ ...nodePlatform(), now: () => now }) };
    const cache = LogCache.open(directory, options);
    expect(() => LogCache.open(directory)).toThrow(expect.objectContaining({ code: 'LOCKED' }));
    writeAll(cache);
    expectAll(openFor(directory));
  });
});
