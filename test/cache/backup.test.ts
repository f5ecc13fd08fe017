/* Backups on a real file system: where they may go, and what is there afterwards. */
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { LogCache } from '../../src/cache/log-cache.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { keyTexts, openFor, openInMemory, someMeta, temporaryDirectory, utf8, valueText } from './cache-fixtures.ts';

function filled(directory: string): LogCache {
  const cache = openFor(directory);
  cache.put('a', utf8('state of a'), someMeta);
  cache.putMany([
    ['b', utf8('state of b'), someMeta],
    ['c', utf8('state of c'), someMeta],
  ]);
  return cache;
}

test('a backup can be opened beside the cache, and is private to the user', async () => {
  const folder = temporaryDirectory();
  const cache = filled(join(folder, 'cache'));
  const path = join(folder, 'backups', 'of today');
  const report = await cache.backupAsync(path);
  expect(report).toMatchObject({ entries: 3, records: 3, recordsDamaged: 0 });
  expect(readdirSync(path)).toEqual(['000001.log']);
  expect(statSync(join(path, '000001.log')).size).toBe(report.bytes);
  if (process.platform !== 'win32') {
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(statSync(join(path, '000001.log')).mode & 0o777).toBe(0o600);
  }
  const copy = openFor(path);
  expect(keyTexts(copy)).toEqual(['a', 'b', 'c']);
  expect(copy.get('b')).toEqual(cache.get('b'));
  expect(copy.stats().recovery.clean).toBe(true);
});

test('an empty directory is used, also one inside the directory of the cache', () => {
  const folder = temporaryDirectory();
  const cache = filled(folder);
  const path = join(folder, 'backup');
  mkdirSync(path);
  cache.backup(path);
  cache.compact();
  expect(valueText(openFor(path), 'a')).toBe('state of a');
});

test('a directory of directories is not empty: the mistake to name the folder of all backups', () => {
  const folder = temporaryDirectory();
  const cache = filled(join(folder, 'cache'));
  expect(() => cache.backup(folder)).toThrow(/the directory is not empty; name a new directory/);
  expect(readdirSync(folder)).toEqual(['cache']);
});

test('the directory of the cache itself is refused', async () => {
  const folder = temporaryDirectory();
  const cache = filled(folder);
  const names = readdirSync(folder);
  await expect(cache.backupAsync(folder)).rejects.toThrow(/the directory is not empty/);
  expect(readdirSync(folder)).toEqual(names);
  cache.put('d', utf8('state of d'), someMeta);
  cache.sync();
});

test('a path below a file is refused', () => {
  const folder = temporaryDirectory();
  const cache = filled(join(folder, 'cache'));
  writeFileSync(join(folder, 'file'), '');
  expect(() => cache.backup(join(folder, 'file', 'backup'))).toThrow(
    expect.objectContaining({ code: 'IO', message: expect.stringMatching(/create the directory of the backup/) }),
  );
  expect(() => cache.backup(join(folder, 'file'))).toThrow(/ENOTDIR/);
});

test.skipIf(process.getuid?.() === 0 || process.platform === 'win32')('a directory that refuses files is left', () => {
  const folder = temporaryDirectory();
  const cache = filled(join(folder, 'cache'));
  const path = join(folder, 'refuses');
  mkdirSync(path);
  chmodSync(path, 0o500);
  expect(() => cache.backup(path)).toThrow(expect.objectContaining({ code: 'IO' }));
  expect(readdirSync(path)).toEqual([]);
});

test('two backups into one directory at once: one is made, the other refused', async () => {
  const folder = temporaryDirectory();
  const cache = filled(join(folder, 'cache'));
  const path = join(folder, 'backup');
  const results = await Promise.allSettled([cache.backupAsync(path), cache.backupAsync(path)]);
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(keyTexts(openFor(path))).toEqual(['a', 'b', 'c']);
});

test('a backup goes from files into memory', () => {
  const cache = filled(temporaryDirectory());
  const storage = new MemoryStorage();
  cache.backup('copy', { storage });
  expect(keyTexts(openFor('copy', { storage }))).toEqual(['a', 'b', 'c']);
});

test.each([undefined, '', 7, null])('%j is no directory', async (directory) => {
  const cache = openInMemory();
  expect(() => cache.backup(directory as string)).toThrow(/^directory must be a non-empty string/);
  await expect(cache.backupAsync(directory as string)).rejects.toThrow(TypeError);
});

test('a closed cache is not backed up', async () => {
  const folder = temporaryDirectory();
  const cache = filled(join(folder, 'cache'));
  cache.close();
  const path = join(folder, 'backup');
  expect(() => cache.backup(path)).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  await expect(cache.backupAsync(path)).rejects.toThrow(expect.objectContaining({ code: 'CLOSED' }));
  expect(existsSync(path)).toBe(false);
});
