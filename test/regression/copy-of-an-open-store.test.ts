/*
 * A copy of the directory of an open cache, such as a backup, could be neither opened nor unlocked by the process that
 * has the original open: its `LOCK` has the same nonce, and nonces were compared where files must be.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import { nodePlatform } from '../../src/storage/node-fs.ts';
import { NodeStorage } from '../../src/storage/node-storage.ts';
import { openFor, someMeta, temporaryDirectory, utf8, valueText } from '../cache/cache-fixtures.ts';

const LOCKED = { code: 'LOCKED', message: expect.stringContaining('already open in this process') };

/** An open cache, and beside it a directory for copies of its own. */
function openWithEntry(): { cache: LogCache; directory: string; other: string } {
  const parent = temporaryDirectory();
  const directory = join(parent, 'cache');
  const cache = openFor(directory);
  cache.put('order:1', utf8('state'), someMeta);
  cache.sync();
  return { cache, directory, other: join(parent, 'other') };
}

/** The original still works, and holds its lock. */
function expectUntouched(cache: LogCache, directory: string): void {
  cache.put('order:2', utf8('later'), someMeta);
  cache.sync();
  expect(() => LogCache.open(directory)).toThrow(expect.objectContaining(LOCKED));
  expect(() => LogCache.unlock(directory)).toThrow(expect.objectContaining(LOCKED));
}

describe('a copy of the directory of an open cache', () => {
  test('is opened like any other directory', () => {
    const { cache, directory, other } = openWithEntry();
    fs.cpSync(directory, other, { recursive: true });
    const copy = openFor(other);
    expect(valueText(copy, 'order:1')).toBe('state');
    copy.put('order:3', utf8('of the copy'), someMeta);
    copy.sync();
    expectUntouched(cache, directory);
    expect(copy.has('order:2')).toBe(false);
    expect(cache.has('order:3')).toBe(false);
  });

  test('is also opened when the original was closed meanwhile', () => {
    const { cache, directory, other } = openWithEntry();
    fs.cpSync(directory, other, { recursive: true, preserveTimestamps: true });
    cache.close();
    expect(valueText(openFor(other), 'order:1')).toBe('state');
  });

  test('can be unlocked', () => {
    const { cache, directory, other } = openWithEntry();
    fs.cpSync(directory, other, { recursive: true });
    LogCache.unlock(other);
    expect(fs.existsSync(join(other, 'LOCK'))).toBe(false);
    expect(valueText(openFor(other), 'order:1')).toBe('state');
    expectUntouched(cache, directory);
  });
});

describe('the same directory is not opened twice', () => {
  test('a symbolic link to the directory', () => {
    const { cache, directory, other } = openWithEntry();
    fs.symlinkSync(directory, other);
    expectUntouched(cache, other);
  });

  // Writing to it would write to the log of the original.
  test('a directory of hard links to the files', () => {
    const { cache, directory, other } = openWithEntry();
    fs.mkdirSync(other);
    for (const name of fs.readdirSync(directory)) fs.linkSync(join(directory, name), join(other, name));
    expectUntouched(cache, other);
  });

  test('the directory after a copy of the lock was put in place of it', () => {
    const { cache, directory } = openWithEntry();
    const path = join(directory, 'LOCK');
    fs.copyFileSync(path, `${path}.copy`);
    fs.renameSync(`${path}.copy`, path);
    expectUntouched(cache, directory);
  });

  test('the directory that was moved', () => {
    const { directory, other } = openWithEntry();
    fs.renameSync(directory, other);
    expect(() => LogCache.open(other)).toThrow(expect.objectContaining(LOCKED));
    expect(() => LogCache.unlock(other)).toThrow(expect.objectContaining(LOCKED));
  });

  /** Another mount of the file system may number files differently: no number shows that it is the same directory. */
  function throughAnotherMount(other: string, directory: string, replaced: Partial<typeof fs> = {}): NodeStorage {
    const at = (path: unknown): string => String(path).replace(other, directory);
    const lstatSync = ((path: fs.PathLike, options: fs.StatSyncOptions) => {
      const stats = fs.lstatSync(at(path), options);
      if (stats !== undefined && String(path).startsWith(other)) Object.assign(stats, { dev: 1n, ino: 2n });
      return stats;
    }) as unknown as typeof fs.lstatSync;
    const mounted: Partial<typeof fs> = {
      lstatSync,
      statSync: ((path: fs.PathLike) => fs.statSync(at(path))) as typeof fs.statSync,
      mkdirSync: (() => undefined) as unknown as typeof fs.mkdirSync,
      openSync: (path, flags, mode) => fs.openSync(at(path), flags, mode),
      linkSync: (existing, name) => fs.linkSync(at(existing), at(name)),
      unlinkSync: (path) => fs.unlinkSync(at(path)),
    };
    return new NodeStorage({ ...nodePlatform(), fs: { ...fs, ...mounted, ...replaced } });
  }

  test('the directory seen through another mount, whose files have other numbers', () => {
    const { cache, directory, other } = openWithEntry();
    const storage = throughAnotherMount(other, directory);
    expect(() => LogCache.open(other, { storage })).toThrow(expect.objectContaining(LOCKED));
    expectUntouched(cache, directory);
  });

  // Then there is no draft to look for beside the lock.
  test('the same without links: the verdict is unknown, and the message names the remedy', () => {
    const { cache, directory, other } = openWithEntry();
    const linkSync = (): never => {
      throw Object.assign(new Error('EPERM'), { code: 'EPERM' });
    };
    const storage = throughAnotherMount(other, directory, { linkSync });
    expect(() => LogCache.open(other, { storage })).toThrow(
      /cannot find out.*is a copy, run: npx projection-cache unlock /,
    );
    expectUntouched(cache, directory);
  });
});
