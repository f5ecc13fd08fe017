import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type NodePlatform, nodePlatform } from '../../src/storage/node-fs.ts';
import { NodeStorage } from '../../src/storage/node-storage.ts';
import { errnoFrom } from './storage-suite.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const CREATE = { create: true };
const EXISTING = { create: false };
const ON_WINDOWS = process.platform === 'win32';
const IS_ROOT = process.getuid?.() === 0;

/** A platform with some functions replaced. */
function platformWith(replaced: Partial<typeof fs>): NodePlatform {
  return { ...nodePlatform(), fs: { ...fs, ...replaced } };
}

function failing(code: string): () => never {
  return () => {
    throw Object.assign(new Error(code), { code });
  };
}

/** A platform that records which directories are synced. */
function platformNotingSyncs(synced: string[]): NodePlatform {
  const paths = new Map<number, string>();
  return platformWith({
    openSync: (path, flags, mode) => {
      const fd = fs.openSync(path, flags, mode);
      paths.set(fd, String(path));
      return fd;
    },
    fsyncSync: (fd) => {
      synced.push(paths.get(fd) ?? '');
      fs.fsyncSync(fd);
    },
  });
}

function modeOf(path: string): number {
  return fs.statSync(path).mode & 0o777;
}

describe('opening a directory', () => {
  test.skipIf(ON_WINDOWS)('creates it and its parents private to the user (Windows has no modes)', () => {
    const path = temporaryDirectory();
    new NodeStorage().openDirectory(join(path, 'a/b/c'), CREATE);
    for (const made of ['a', 'a/b', 'a/b/c']) expect(modeOf(join(path, made))).toBe(0o700);
  });

  test.skipIf(ON_WINDOWS)('does not change an existing one (Windows has no modes)', () => {
    const path = temporaryDirectory();
    fs.chmodSync(path, 0o755);
    new NodeStorage().openDirectory(path, CREATE);
    expect(modeOf(path)).toBe(0o755);
  });

  test('makes the entry of each created directory durable', () => {
    const path = temporaryDirectory();
    const synced: string[] = [];
    new NodeStorage(platformNotingSyncs(synced)).openDirectory(join(path, 'a/b/c'), CREATE);
    expect(synced.sort()).toEqual([path, join(path, 'a'), join(path, 'a/b')]);
  });

  // Its creator may have been killed before its entry was durable. A complete store has had a sync, so the first sync
  // is early enough.
  test('makes the entry of an existing one durable at its first sync, and opens it without a sync', () => {
    const path = temporaryDirectory();
    fs.mkdirSync(join(path, 'a'));
    const synced: string[] = [];
    const storage = new NodeStorage(platformNotingSyncs(synced));
    const directory = storage.openDirectory(join(path, 'a'), CREATE);
    expect(synced).toEqual([]);
    directory.sync();
    expect(synced).toEqual([path, join(path, 'a')]);
    directory.sync();
    expect(synced).toEqual([path, join(path, 'a'), join(path, 'a')]);
    storage.openDirectory(join(path, 'a'), EXISTING);
    expect(synced).toHaveLength(3);
  });

  test('syncs a parent again if that failed', () => {
    const path = temporaryDirectory();
    const synced: string[] = [];
    const node = platformNotingSyncs(synced);
    let failures = 1;
    const fsyncSync = (fd: number): void => {
      failures -= 1;
      if (failures >= 0) throw Object.assign(new Error('EIO'), { code: 'EIO' });
      node.fs.fsyncSync(fd);
    };
    const directory = new NodeStorage({ ...node, fs: { ...node.fs, fsyncSync } }).openDirectory(path, CREATE);
    expect(errnoFrom(() => directory.sync())).toBe('EIO');
    directory.sync();
    expect(synced).toEqual([nodePlatform().path.dirname(path), path]);
  });

  test('works at the root, whose parent is itself', () => {
    const root = nodePlatform().path.resolve('/');
    expect(errnoFrom(() => new NodeStorage().openDirectory(root, CREATE))).toBeUndefined();
  });

  test('a file in its place, or in place of a parent, is ENOTDIR', () => {
    const path = join(temporaryDirectory(), 'file');
    fs.writeFileSync(path, 'mine');
    expect(errnoFrom(() => new NodeStorage().openDirectory(path, CREATE))).toBe('ENOTDIR');
    expect(errnoFrom(() => new NodeStorage().openDirectory(path, EXISTING))).toBe('ENOTDIR');
    expect(errnoFrom(() => new NodeStorage().openDirectory(join(path, 'a'), CREATE))).toBe('ENOTDIR');
    expect(fs.readFileSync(path, 'utf8')).toBe('mine');
  });

  test('a relative name is resolved once', () => {
    const path = temporaryDirectory();
    // Threads cannot change the working directory of their process, so the lookup is replaced.
    let workingDirectory = path;
    const node = nodePlatform();
    const resolve = (...parts: string[]): string => node.path.resolve(workingDirectory, ...parts);
    const directory = new NodeStorage({ ...node, path: { ...node.path, resolve } }).openDirectory('store', CREATE);
    workingDirectory = temporaryDirectory();
    directory.create('a').close();
    const lock = directory.lock();
    expect(fs.readdirSync(join(path, 'store')).sort()).toEqual(['LOCK', 'a']);
    lock.release();
  });

  test.skipIf(IS_ROOT || ON_WINDOWS)('without permission is EACCES (root has every permission)', () => {
    const path = temporaryDirectory();
    fs.chmodSync(path, 0o500);
    expect(errnoFrom(() => new NodeStorage().openDirectory(join(path, 'a'), CREATE))).toBe('EACCES');
  });
});

describe('syncing a directory', () => {
  const unsupported = ['EPERM', 'EINVAL', 'EISDIR', 'EACCES', 'ENOTSUP'];

  test.each(unsupported)('%s means that the platform does not support it, and is ignored', (code) => {
    const path = temporaryDirectory();
    new NodeStorage(platformWith({ openSync: failing(code) })).openDirectory(path, CREATE).sync();
    new NodeStorage(platformWith({ fsyncSync: failing(code) })).openDirectory(path, CREATE).sync();
  });

  test.each(['EIO', 'ENOSPC', 'EMFILE'])('%s is an error', (code) => {
    const path = temporaryDirectory();
    const inOpening = new NodeStorage(platformWith({ openSync: failing(code) })).openDirectory(path, EXISTING);
    const inSyncing = new NodeStorage(platformWith({ fsyncSync: failing(code) })).openDirectory(path, EXISTING);
    expect(errnoFrom(() => inOpening.sync())).toBe(code);
    expect(errnoFrom(() => inSyncing.sync())).toBe(code);
  });

  test('leaves no descriptor open, even if it fails', () => {
    const open = new Set<number>();
    const node = platformWith({
      openSync: (path, flags) => {
        const fd = fs.openSync(path, flags);
        open.add(fd);
        return fd;
      },
      closeSync: (fd) => {
        open.delete(fd);
        fs.closeSync(fd);
      },
      fsyncSync: failing('EIO'),
    });
    expect(errnoFrom(() => new NodeStorage(node).openDirectory(temporaryDirectory(), EXISTING).sync())).toBe('EIO');
    expect(open.size).toBe(0);
  });
});

describe('the files of a directory', () => {
  test.skipIf(ON_WINDOWS)('are private to the user (Windows has no modes)', () => {
    const path = temporaryDirectory();
    const directory = new NodeStorage().openDirectory(path, EXISTING);
    directory.create('a').close();
    const lock = directory.lock();
    expect(modeOf(join(path, 'a'))).toBe(0o600);
    expect(modeOf(join(path, 'LOCK'))).toBe(0o600);
    lock.release();
  });

  test('a directory is not a file', () => {
    const path = temporaryDirectory();
    fs.mkdirSync(join(path, 'a'));
    const directory = new NodeStorage().openDirectory(path, EXISTING);
    expect(directory.list()).toEqual([]);
    expect(errnoFrom(() => directory.open('a', 'read'))).toBe('EISDIR');
    expect(errnoFrom(() => directory.create('a'))).toBe('EEXIST');
    expect(errnoFrom(() => directory.remove('a'))).toMatch(/^(EISDIR|EPERM)$/);
  });

  test.skipIf(ON_WINDOWS)('something else in place of a file is refused (Windows has no devices to link)', () => {
    const directory = new NodeStorage().openDirectory('/dev', EXISTING);
    expect(errnoFrom(() => directory.open('null', 'read'))).toBe('EINVAL');
  });

  test.skipIf(ON_WINDOWS)('a pipe in place of a file does not block (Windows keeps pipes elsewhere)', () => {
    const path = temporaryDirectory();
    spawnSync('mkfifo', [join(path, 'a')]);
    const directory = new NodeStorage().openDirectory(path, EXISTING);
    expect(errnoFrom(() => directory.open('a', 'read'))).toBe('EINVAL');
    expect(errnoFrom(() => directory.open('a', 'write'))).toBe('EINVAL');
  });

  test('a refused removal throws', () => {
    const directory = new NodeStorage(platformWith({ unlinkSync: failing('EBUSY') }));
    expect(errnoFrom(() => directory.openDirectory(temporaryDirectory(), EXISTING).remove('a'))).toBe('EBUSY');
  });
});

/*
 * Whoever can write to the directory could redirect our writes to any file of the user. Windows has no flag against
 * that, so both ways to refuse are tested: with it, and without.
 */
describe.skipIf(ON_WINDOWS)('a symbolic link in place of a file (Windows lets few users make one)', () => {
  const constants = { ...fs.constants, O_NOFOLLOW: undefined } as unknown as typeof fs.constants;
  const without = platformWith({ constants });

  test.each<[string, NodePlatform]>([
    ['with O_NOFOLLOW', nodePlatform()],
    ['without it', without],
  ])('%s: is listed, refused and not changed', (_name, node) => {
    const path = temporaryDirectory();
    const target = join(temporaryDirectory(), 'target');
    fs.writeFileSync(target, 'precious');
    for (const name of ['a', 'LOCK']) fs.symlinkSync(target, join(path, name));
    const directory = new NodeStorage(node).openDirectory(path, EXISTING);
    expect(directory.list().sort()).toEqual(['LOCK', 'a']);
    expect(errnoFrom(() => directory.open('a', 'read'))).toBe('ELOOP');
    expect(errnoFrom(() => directory.open('a', 'write'))).toBe('ELOOP');
    expect(errnoFrom(() => directory.lock())).toBe('ELOOP');
    expect(errnoFrom(() => directory.create('a'))).toMatch(/^(EEXIST|ELOOP)$/);
    directory.remove('a');
    expect(directory.list()).toEqual(['LOCK']);
    expect(fs.readFileSync(target, 'utf8')).toBe('precious');
  });

  test('one with a missing target creates no file there', () => {
    const path = temporaryDirectory();
    const target = join(path, 'elsewhere');
    fs.symlinkSync(target, join(path, 'a'));
    const directory = new NodeStorage().openDirectory(path, EXISTING);
    expect(errnoFrom(() => directory.create('a'))).toBe('EEXIST');
    expect(fs.existsSync(target)).toBe(false);
  });
});
