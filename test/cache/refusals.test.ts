import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import { encodeFileHeader, FORMAT_VERSION } from '../../src/log/file-header.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { openFor, openInMemory, someMeta, temporaryDirectory, utf8, valueText } from './cache-fixtures.ts';
import { type Operation, WrappedStorage } from './wrapped-storage.ts';

const isRoot = process.getuid?.() === 0;

/** The error that `open` throws for a directory. */
function refusalOf(directory: string, options: Parameters<typeof LogCache.open>[1] = {}): unknown {
  try {
    LogCache.open(directory, options).close();
    return undefined;
  } catch (error) {
    return error;
  }
}

function ioRefusal(errno: string, remedy: RegExp): unknown {
  return expect.objectContaining({
    name: 'StoreError',
    code: 'IO',
    message: expect.stringMatching(remedy),
    cause: expect.objectContaining({ code: errno }),
  });
}

describe('arguments', () => {
  test.each<[string, unknown, string]>([
    ['key', undefined, 'key must be a string or a Uint8Array; got undefined'],
    ['key', [1, 2], 'key must be a string or a Uint8Array; got Array'],
    ['key', new ArrayBuffer(2), 'key must be a string or a Uint8Array; got ArrayBuffer'],
    ['value', 'state', 'value must be a Uint8Array; got string'],
    ['value', null, 'value must be a Uint8Array; got null'],
    ['value', { length: 3 }, 'value must be a Uint8Array; got Object'],
  ])('a %s that is %s is refused, and the message names it', (name, wrong, message) => {
    const cache = openInMemory();
    const [key, value] = name === 'key' ? [wrong, utf8('x')] : ['order:1', wrong];
    expect(() => cache.put(key as string, value as Uint8Array, someMeta)).toThrow(new TypeError(message));
    expect(cache.size).toBe(0);
  });

  test.each<[string, unknown, string]>([
    [
      'an object',
      { key: 'order:1', value: utf8('x'), meta: someMeta },
      'an entry must be [key, value, meta]; got Object',
    ],
    ['a key', 'order:1', 'an entry must be [key, value, meta]; got string'],
    ['undefined', undefined, 'an entry must be [key, value, meta]; got undefined'],
    ['one of `entries`', ['order:1', { value: utf8('x'), meta: someMeta }], 'value must be a Uint8Array; got Object'],
  ])('an entry of a batch that is %s is refused, and nothing of the batch is stored', (_name, wrong, message) => {
    const cache = openInMemory();
    const entries = [['order:0', utf8('x'), someMeta], wrong];
    expect(() => cache.putMany(entries as [string, Uint8Array, typeof someMeta][])).toThrow(new TypeError(message));
    expect(cache.size).toBe(0);
  });

  test.each<[string, unknown, typeof TypeError | typeof RangeError]>([
    ['no object', 507n, TypeError],
    ['a number as watermark', { watermark: 507, cachedAtUs: 0n }, TypeError],
    ['a date as cachedAtUs', { watermark: 507n, cachedAtUs: new Date(0) }, TypeError],
    ['a watermark below u64', { watermark: -1n, cachedAtUs: 0n }, RangeError],
    ['a watermark above u64', { watermark: 2n ** 64n, cachedAtUs: 0n }, RangeError],
    ['a cachedAtUs below i64', { watermark: 0n, cachedAtUs: -(2n ** 63n) - 1n }, RangeError],
    ['a cachedAtUs above i64', { watermark: 0n, cachedAtUs: 2n ** 63n }, RangeError],
  ])('a meta with %s is refused and the entry stays', (_name, meta, kind) => {
    const cache = openInMemory();
    cache.put('order:1', utf8('state'), someMeta);
    expect(() => cache.put('order:1', utf8('x'), meta as typeof someMeta)).toThrow(kind);
    expect(() => cache.putMany([['order:1', utf8('x'), meta as typeof someMeta]])).toThrow(kind);
    expect(cache.get('order:1')).toEqual({ value: utf8('state'), meta: someMeta });
  });
});

describe('a path that cannot hold a cache', () => {
  test('a file in place of the directory is refused and not changed', () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, 'mine');
    expect(refusalOf(file)).toEqual(ioRefusal('ENOTDIR', /a file stands in place.*; name a directory$/));
    expect(refusalOf(file, { readOnly: true })).toEqual(ioRefusal('ENOTDIR', /name a directory$/));
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  test('a file in place of a parent is refused', () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, 'mine');
    expect(refusalOf(join(file, 'cache'))).toEqual(ioRefusal('ENOTDIR', /name a directory$/));
  });

  test('an absent directory is refused to a reader and created for a writer', () => {
    const directory = join(temporaryDirectory(), 'deep', 'cache');
    expect(refusalOf(directory, { readOnly: true })).toEqual(ioRefusal('ENOENT', /; create the directory first$/));
    expect(existsSync(directory)).toBe(false);
    expect(refusalOf(directory)).toBeUndefined();
    expect(existsSync(join(directory, '000001.log'))).toBe(true);
  });

  test('a symbolic link in place of the log is refused, and its target is not changed', () => {
    const directory = temporaryDirectory();
    const elsewhere = join(temporaryDirectory(), 'precious');
    writeFileSync(elsewhere, 'mine');
    symlinkSync(elsewhere, join(directory, '000001.log'));
    expect(refusalOf(directory)).toEqual(ioRefusal('ELOOP', /symbolic link.*remove it$/));
    expect(readFileSync(elsewhere, 'utf8')).toBe('mine');
    expect(existsSync(join(directory, 'LOCK'))).toBe(false);
  });

  test('a directory in place of the log loses no file of the cache', () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, '000001.log'));
    writeFileSync(join(directory, '000001.log', 'mine'), 'mine');
    const error = refusalOf(directory);
    if (error !== undefined) expect(error).toMatchObject({ name: 'StoreError', code: 'IO' });
    expect(readFileSync(join(directory, '000001.log', 'mine'), 'utf8')).toBe('mine');
  });

  // For root every directory is writable.
  test.skipIf(isRoot)('a directory without permission is refused', () => {
    const directory = temporaryDirectory();
    chmodSync(directory, 0o500);
    expect(refusalOf(directory)).toEqual(ioRefusal('EACCES', /give this user read and write permission$/));
    chmodSync(directory, 0o000);
    expect(refusalOf(directory, { readOnly: true })).toEqual(ioRefusal('EACCES', /permission$/));
    chmodSync(directory, 0o700);
  });
});

describe('a storage that refuses an operation', () => {
  test.each<[Operation, string, RegExp]>([
    ['openDirectory', 'EACCES', /could not open the directory cache.*give this user read and write permission$/],
    ['openDirectory', 'EROFS', /open it with `readOnly: true` or put it on a file system that can be written to$/],
    ['lock', 'EROFS', /could not take the lock.*open it with `readOnly: true`/],
    ['lock', 'EACCES', /permission$/],
    ['list', 'EIO', /could not list the directory/],
    ['create', 'EROFS', /could not create 000001\.log.*`readOnly: true`/],
    ['create', 'EDQUOT', /free space or raise the quota and try again$/],
    ['create', 'EMFILE', /raise the limit of open files$/],
    ['write', 'ENOSPC', /could not write 000001\.log.*free space and try again$/],
    ['sync', 'EIO', /could not sync 000001\.log/],
    ['syncDirectory', 'EIO', /EIO/],
  ])('%s with %s names the remedy, and leaves the directory unlocked', (operation, errno, message) => {
    const storage = new WrappedStorage();
    storage.refuse(operation, errno);
    expect(refusalOf('cache', { storage })).toEqual(ioRefusal(errno, message));
    storage.allow(operation);
    const cache = openFor('cache', { storage });
    cache.put('order:1', utf8('state'), someMeta);
    expect(valueText(cache, 'order:1')).toBe('state');
  });

  test.each<[Operation, string]>([
    ['open', 'EACCES'],
    ['open', 'ENFILE'],
    ['read', 'EIO'],
  ])('%s with %s loses no entry', (operation, errno) => {
    const storage = new WrappedStorage();
    const before = LogCache.open('cache', { storage });
    before.put('order:1', utf8('state'), someMeta);
    before.close();
    storage.refuse(operation, errno);
    expect(refusalOf('cache', { storage })).toMatchObject({ code: 'IO', cause: { code: errno } });
    storage.allow(operation);
    expect(valueText(openFor('cache', { storage }), 'order:1')).toBe('state');
  });

  // As on a file system that is mounted read-only: the store exists, and nothing can be written to it.
  test('every write with EROFS still lets a reader in', () => {
    const storage = new WrappedStorage();
    const before = LogCache.open('cache', { storage });
    before.put('order:1', utf8('state'), someMeta);
    before.close();
    for (const operation of ['lock', 'create', 'write', 'truncate', 'remove', 'sync'] as const) {
      storage.refuse(operation, 'EROFS');
    }
    expect(refusalOf('cache', { storage })).toEqual(ioRefusal('EROFS', /`readOnly: true`/));
    const reader = openFor('cache', { storage, readOnly: true });
    expect(valueText(reader, 'order:1')).toBe('state');
    expect(() => reader.close()).not.toThrow();
  });
});

describe('a cache that is already open', () => {
  test('cannot be opened again in this process, and the message names owner and remedy', () => {
    const directory = temporaryDirectory();
    const cache = openFor(directory);
    expect(refusalOf(directory)).toMatchObject({
      name: 'StoreError',
      code: 'LOCKED',
      message: expect.stringMatching(
        new RegExp(`already open in this process \\(${process.pid}, since .*close it there`),
      ),
    });
    // Also under another path to the same directory.
    expect(refusalOf(join(directory, '..', directory.split('/').at(-1) ?? ''))).toMatchObject({ code: 'LOCKED' });
    cache.put('order:1', utf8('state'), someMeta);
    cache.sync();
    const reader = openFor(directory, { readOnly: true });
    expect(valueText(reader, 'order:1')).toBe('state');
    cache.close();
    expect(refusalOf(directory)).toBeUndefined();
  });

  test.each([undefined, '', 7])('is not sought in %s', (wrong) => {
    expect(() => LogCache.unlock(wrong as string)).toThrow(new TypeError('directory must be a non-empty string'));
  });

  test('cannot be unlocked by the process that has it open', () => {
    const directory = temporaryDirectory();
    const cache = openFor(directory);
    expect(() => LogCache.unlock(directory)).toThrow(expect.objectContaining({ code: 'LOCKED' }));
    cache.put('order:1', utf8('state'), someMeta);
    cache.sync();
  });

  test('in memory is refused only by the same storage', () => {
    const storage = new MemoryStorage();
    openFor('cache', { storage });
    expect(refusalOf('cache', { storage })).toMatchObject({ code: 'LOCKED' });
    expect(refusalOf('other', { storage })).toBeUndefined();
    expect(refusalOf('cache', { storage: new MemoryStorage() })).toBeUndefined();
  });
});

describe('a lock of another host', () => {
  test('is kept, names its owner, and is removed by unlock', () => {
    const directory = temporaryDirectory();
    const since = '2024-05-06T07:08:09.000Z';
    const owner = { pid: 4242, platform: 'linux', host: `not-${hostname()}`, nonce: '0'.repeat(32), since };
    writeFileSync(join(directory, 'LOCK'), `${JSON.stringify(owner)}\n`);
    expect(refusalOf(directory)).toMatchObject({
      code: 'LOCKED',
      message: expect.stringMatching(
        new RegExp(
          `process 4242 on host not-${hostname()} since ${since}.*: npx projection-cache unlock ${directory}$`,
        ),
      ),
    });
    LogCache.unlock(directory);
    expect(refusalOf(directory)).toBeUndefined();
  });

  test('does not exist in an unlocked or absent directory: unlock does nothing', () => {
    const directory = temporaryDirectory();
    expect(() => LogCache.unlock(directory)).not.toThrow();
    expect(() => LogCache.unlock(join(directory, 'absent'))).not.toThrow();
  });
});

describe('a cache of a newer format', () => {
  test.each([{}, { readOnly: true }])('is INCOMPATIBLE with %j and not changed', (options) => {
    const directory = temporaryDirectory();
    const log = join(directory, '000001.log');
    const content = Buffer.concat([
      encodeFileHeader({ version: FORMAT_VERSION + 1, generation: 1, salt: 7 }),
      Buffer.from('what only that version can read'),
    ]);
    writeFileSync(log, content);
    expect(refusalOf(directory, options)).toMatchObject({
      name: 'StoreError',
      code: 'INCOMPATIBLE',
      message: expect.stringMatching(
        /has format version 2.*reads up to 1: update the package or open another directory/,
      ),
    });
    expect(readFileSync(log)).toEqual(content);
    expect(existsSync(join(directory, 'LOCK'))).toBe(false);
  });
});
