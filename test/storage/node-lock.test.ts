import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { decodeLockOwner, encodeLockOwner, type LockOwner } from '../../src/storage/lock-owner.ts';
import { type NodePlatform, nodePlatform } from '../../src/storage/node-fs.ts';
import { takeNodeLock, unlock } from '../../src/storage/node-lock.ts';
import { NodeProcessProbe } from '../../src/storage/process-identity.ts';
import type { StorageLock } from '../../src/storage/storage-backend.ts';
import { nonceOf } from './lock-simulation.ts';
import { errnoFrom } from './storage-suite.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const ON_LINUX = process.platform === 'linux';

function platformWith(replaced: Partial<typeof fs>): NodePlatform {
  return { ...nodePlatform(), fs: { ...fs, ...replaced } };
}

function failing(code: string): () => never {
  return () => {
    throw Object.assign(new Error(code), { code });
  };
}

/** A directory that is locked until the end of the test. */
function lockedDirectory(node: NodePlatform = nodePlatform()): { path: string; lockPath: string; lock: StorageLock } {
  const path = join(temporaryDirectory(), 'store');
  fs.mkdirSync(path);
  const lock = takeNodeLock(node, path);
  onTestFinished(() => lock.release());
  return { path, lockPath: join(path, 'LOCK'), lock };
}

/** A lock file as this process would write it, with the given changes. */
function lockText(change: Partial<LockOwner> = {}): string {
  return encodeLockOwner({
    ...new NodeProcessProbe(nodePlatform()).identity(),
    nonce: nonceOf(77),
    since: '2024-01-01T00:00:00.000Z',
    localVolume: true,
    ...change,
  });
}

function readOwner(lockPath: string): LockOwner | undefined {
  return decodeLockOwner(fs.readFileSync(lockPath, 'utf8'));
}

/** Replaces a file by another of the same name and size: only its identity and time differ. */
function replaceFile(path: string, text: string): void {
  fs.writeFileSync(`${path}.other`, text);
  fs.renameSync(`${path}.other`, path);
}

const ELSEWHERE = { host: 'another-host', bootId: 'another-boot' };

describe('taking the lock', () => {
  test('writes its owner to LOCK, in one line, and leaves no other file', () => {
    const now = (): number => Date.UTC(2024, 0, 1);
    const { path, lockPath } = lockedDirectory({ ...nodePlatform(), now, nonce: () => nonceOf(5) });
    expect(fs.readdirSync(path)).toEqual(['LOCK']);
    expect(fs.readFileSync(lockPath, 'utf8').split('\n')).toHaveLength(2);
    expect(readOwner(lockPath)).toMatchObject({
      pid: process.pid,
      host: nodePlatform().os.hostname(),
      since: '2024-01-01T00:00:00.000Z',
      nonce: nonceOf(5),
    });
  });

  test('is refused a second time in this process, with a message for that case', () => {
    const { path } = lockedDirectory();
    expect(() => takeNodeLock(nodePlatform(), path)).toThrow(
      `${path} is already open in this process (${process.pid}, `,
    );
    expect(fs.readdirSync(path)).toEqual(['LOCK']);
  });

  test.runIf(ON_LINUX)('is refused with a message for that case if another thread has it', () => {
    const path = temporaryDirectory();
    fs.writeFileSync(join(path, 'LOCK'), lockText());
    expect(() => takeNodeLock(nodePlatform(), path)).toThrow(/already open in this process/);
  });

  test.runIf(ON_LINUX)('takes over from a process that is gone, and names it', () => {
    const { pid } = spawnSync('true');
    const path = temporaryDirectory();
    fs.writeFileSync(join(path, 'LOCK'), lockText({ pid, startTime: '1' }));
    fs.writeFileSync(join(path, `LOCK.${nonceOf(77)}`), lockText({ pid, startTime: '1', nonce: nonceOf(78) }));
    fs.writeFileSync(join(path, `LOCK.${nonceOf(79)}.new`), '');
    const lock = takeNodeLock(nodePlatform(), path);
    expect(lock.takenOverFrom).toMatch(new RegExp(`^process ${pid} on host .* since 2024-01-01T00:00:00.000Z$`));
    expect(lock.isHeld()).toBe(true);
    expect(fs.readdirSync(path)).toEqual(['LOCK']);
    lock.release();
  });

  test.runIf(ON_LINUX)('takes over from a process whose pid is now ours', () => {
    const path = temporaryDirectory();
    fs.writeFileSync(join(path, 'LOCK'), lockText({ startTime: '1' }));
    const lock = takeNodeLock(nodePlatform(), path);
    expect(lock.takenOverFrom).toContain(`process ${process.pid} `);
    lock.release();
  });

  test.each<[string, string]>([
    ['a process on another host', lockText(ELSEWHERE)],
    ['a process in another pid namespace', lockText({ pidNamespace: 'pid:[1]', pid: 2 ** 30 })],
    ['no owner', 'not a lock'],
    ['no owner and a long text', 'x'.repeat(100_000)],
  ])('keeps a lock of %s', (_name, text) => {
    const path = temporaryDirectory();
    fs.writeFileSync(join(path, 'LOCK'), text);
    expect(() => takeNodeLock(nodePlatform(), path)).toThrow(/projection-cache unlock \//);
    expect(fs.readdirSync(path)).toEqual(['LOCK']);
    expect(fs.readFileSync(join(path, 'LOCK'), 'utf8')).toBe(text);
  });

  test.each(['EPERM', 'EACCES', 'ENOTSUP', 'ENOSYS', 'EISDIR'])('works without links (%s)', (code) => {
    const node = platformWith({ linkSync: failing(code) });
    const { path, lockPath, lock } = lockedDirectory(node);
    expect(lock.isHeld()).toBe(true);
    expect(readOwner(lockPath)?.pid).toBe(process.pid);
    expect(fs.readdirSync(path)).toEqual(['LOCK']);
    expect(() => takeNodeLock(node, path)).toThrow(/already open/);
    lock.release();
    expect(fs.readdirSync(path)).toEqual([]);
  });

  test.each<[string, string, Partial<typeof fs>]>([
    ['linking', 'EIO', { linkSync: failing('EIO') }],
    ['writing', 'ENOSPC', { writeSync: failing('ENOSPC') }],
    ['syncing', 'EIO', { fsyncSync: failing('EIO') }],
    ['opening', 'EMFILE', { openSync: failing('EMFILE') }],
  ])('leaves nothing behind when %s fails with %s', (_name, code, replaced) => {
    const path = temporaryDirectory();
    fs.writeFileSync(join(path, '000001.log'), '');
    expect(errnoFrom(() => takeNodeLock(platformWith(replaced), path))).toBe(code);
    expect(fs.readdirSync(path)).toEqual(['000001.log']);
  });

  test('is refused if the directory is unlocked at the same time', () => {
    const linkSync: typeof fs.linkSync = (existing, name) => {
      fs.linkSync(existing, name);
      fs.unlinkSync(name);
    };
    const path = temporaryDirectory();
    expect(() => takeNodeLock(platformWith({ linkSync }), path)).toThrow(
      expect.objectContaining({ code: 'LOCKED', message: expect.stringContaining('removed while it was being taken') }),
    );
    expect(fs.readdirSync(path)).toEqual([]);
  });

  test('releases the lock if it cannot be kept open', () => {
    const path = temporaryDirectory();
    const lockPath = join(path, 'LOCK');
    let opened = 0;
    const openSync: typeof fs.openSync = (file, flags, mode) => {
      if (file === lockPath && ++opened === 1) failing('EMFILE')();
      return fs.openSync(file, flags, mode);
    };
    expect(errnoFrom(() => takeNodeLock(platformWith({ openSync }), path))).toBe('EMFILE');
    expect(fs.readdirSync(path)).toEqual([]);
  });
});

// The files that stay name an owner that lives for all other processes, but this one knows that it is gone.
test.runIf(ON_LINUX).each<[string, string[]]>([
  ['the lock', ['LOCK']],
  ['the guard of a stale lock', ['LOCK', `LOCK.${nonceOf(77)}`, `LOCK.${nonceOf(81)}.new`]],
])('a failed attempt that cannot remove %s does not block this process', (_name, left) => {
  const path = temporaryDirectory();
  const lockPath = join(path, 'LOCK');
  if (left.length > 1) fs.writeFileSync(lockPath, lockText({ startTime: '1' }));
  const openSync: typeof fs.openSync = (file, flags, mode) => {
    if (left.length === 1 && file === lockPath) failing('EMFILE')();
    return fs.openSync(file, flags, mode);
  };
  const broken = platformWith({ openSync, unlinkSync: failing('EPERM') });
  expect(() =>
    takeNodeLock({ ...broken, nonce: () => nonceOf(79 + left.length - 1), pause: () => {} }, path),
  ).toThrow();
  expect(fs.readdirSync(path)).toEqual(expect.arrayContaining(left));
  const lock = takeNodeLock(nodePlatform(), path);
  expect(lock.isHeld()).toBe(true);
  expect(fs.readdirSync(path)).toEqual(['LOCK']);
  lock.release();
});

describe('a lock is lost', () => {
  test('when it was removed', () => {
    const { lockPath, lock } = lockedDirectory();
    fs.unlinkSync(lockPath);
    expect(lock.isHeld()).toBe(false);
  });

  test('when another one is in its place', () => {
    const { lockPath, lock } = lockedDirectory();
    replaceFile(lockPath, lockText({ since: readOwner(lockPath)?.since ?? '' }));
    expect(lock.isHeld()).toBe(false);
  });

  test('when another one was written over it', () => {
    const { lockPath, lock } = lockedDirectory();
    fs.writeFileSync(lockPath, lockText());
    expect(lock.isHeld()).toBe(false);
  });

  test('when something else was written over it', () => {
    const { lockPath, lock } = lockedDirectory();
    fs.writeFileSync(lockPath, 'no owner');
    expect(lock.isHeld()).toBe(false);
  });

  test('when its directory was removed', () => {
    const { path, lock } = lockedDirectory();
    fs.rmSync(path, { recursive: true });
    expect(lock.isHeld()).toBe(false);
    lock.release();
  });

  test('when its directory was moved away, and another may be in its place', () => {
    const { path, lock } = lockedDirectory();
    fs.renameSync(path, `${path}.moved`);
    fs.mkdirSync(path);
    expect(lock.isHeld()).toBe(false);
    lock.release();
    expect(fs.readdirSync(`${path}.moved`)).toEqual(['LOCK']);
  });

  test('when a file has taken the place of its directory', () => {
    const { path, lock } = lockedDirectory();
    fs.renameSync(path, `${path}.moved`);
    fs.writeFileSync(path, '');
    expect(lock.isHeld()).toBe(false);
    lock.release();
  });

  // The link leads to the very file that was taken, so only the link itself differs.
  test('when a symbolic link has taken its place', () => {
    const { path, lockPath, lock } = lockedDirectory();
    fs.renameSync(lockPath, `${lockPath}.moved`);
    fs.symlinkSync('LOCK.moved', lockPath);
    expect(lock.isHeld()).toBe(false);
    lock.release();
    expect(fs.readdirSync(path).sort()).toEqual(['LOCK', 'LOCK.moved']);
  });

  // The writes of other processes that held the lock cannot be undone.
  test('for good', () => {
    const { lockPath, lock } = lockedDirectory();
    fs.renameSync(lockPath, `${lockPath}.moved`);
    expect(lock.isHeld()).toBe(false);
    fs.renameSync(`${lockPath}.moved`, lockPath);
    expect(lock.isHeld()).toBe(false);
  });

  test('and left to its new owner', () => {
    const { path, lockPath, lock } = lockedDirectory();
    fs.unlinkSync(lockPath);
    const successor = takeNodeLock(nodePlatform(), path);
    lock.release();
    expect(lock.isHeld()).toBe(false);
    expect(successor.isHeld()).toBe(true);
    successor.release();
    expect(fs.readdirSync(path)).toEqual([]);
  });
});

describe('a lock is not lost', () => {
  test('when it was touched or replaced by a copy', () => {
    const { lockPath, lock } = lockedDirectory();
    fs.utimesSync(lockPath, 1, 1);
    expect(lock.isHeld()).toBe(true);
    replaceFile(lockPath, fs.readFileSync(lockPath, 'utf8'));
    expect(lock.isHeld()).toBe(true);
    replaceFile(lockPath, lockText());
    expect(lock.isHeld()).toBe(false);
  });

  test('when it cannot be read for a moment: that is an error of that call', () => {
    let failure: string | undefined;
    const lstatSync = ((...args: Parameters<typeof fs.lstatSync>) => {
      if (failure !== undefined) failing(failure)();
      return fs.lstatSync(...args);
    }) as typeof fs.lstatSync;
    const { lock } = lockedDirectory(platformWith({ lstatSync }));
    failure = 'EIO';
    expect(errnoFrom(() => lock.isHeld())).toBe('EIO');
    failure = undefined;
    expect(lock.isHeld()).toBe(true);
  });

  test('when it was touched and cannot be read: it is neither held nor lost until it can', () => {
    let failure: string | undefined;
    const readSync = ((...args: Parameters<typeof fs.readSync>) => {
      if (failure !== undefined) failing(failure)();
      return fs.readSync(...args);
    }) as typeof fs.readSync;
    const { lock, lockPath } = lockedDirectory(platformWith({ readSync }));
    fs.utimesSync(lockPath, 1, 1);
    failure = 'EIO';
    expect(errnoFrom(() => lock.isHeld())).toBe('EIO');
    expect(errnoFrom(() => lock.isHeld())).toBe('EIO');
    failure = undefined;
    expect(lock.isHeld()).toBe(true);
  });
});

describe('a lock that cannot be released', () => {
  test('is no longer held, can be released later, and is retried a few times before the error is thrown', () => {
    let refusals = 0;
    let refused = false;
    const pauses: number[] = [];
    const unlinkSync: typeof fs.unlinkSync = (path) => {
      if (!refused) return fs.unlinkSync(path);
      refusals += 1;
      return failing('EPERM')();
    };
    const pause = (milliseconds: number): void => void pauses.push(milliseconds);
    const { path, lock } = lockedDirectory({ ...platformWith({ unlinkSync }), pause });
    refused = true;
    expect(errnoFrom(() => lock.release())).toBe('EPERM');
    expect({ refusals, pauses }).toEqual({ refusals: 6, pauses: [1, 2, 4, 8, 16] });
    expect(lock.isHeld()).toBe(false);
    refused = false;
    lock.release();
    expect(fs.readdirSync(path)).toEqual([]);
  });

  // Another process may hold the lock by the second attempt: it is read again before anything is removed.
  test('is not removed once it belongs to another process, even if the result of its removal was lost', () => {
    let successor: StorageLock | undefined;
    const path = temporaryDirectory();
    const unlinkSync: typeof fs.unlinkSync = (name) => {
      fs.unlinkSync(name);
      if (name === join(path, 'LOCK')) failing('EIO')();
    };
    const pause = (): void => {
      successor ??= takeNodeLock(nodePlatform(), path);
    };
    const lock = takeNodeLock({ ...platformWith({ unlinkSync }), pause }, path);
    lock.release();
    expect(successor?.isHeld()).toBe(true);
    successor?.release();
  });
});

describe('descriptors', () => {
  test('none is left open by a held, lost or refused lock', () => {
    const open = new Set<number>();
    let unreadable = false;
    const node = platformWith({
      readSync: ((...args: Parameters<typeof fs.readSync>) => {
        if (unreadable) failing('EIO')();
        return fs.readSync(...args);
      }) as typeof fs.readSync,
      openSync: (path, flags, mode) => {
        const fd = fs.openSync(path, flags, mode);
        open.add(fd);
        return fd;
      },
      closeSync: (fd) => {
        fs.closeSync(fd);
        open.delete(fd);
      },
    });
    const held = lockedDirectory(node);
    expect(() => takeNodeLock(node, held.path)).toThrow(/already open/);
    fs.utimesSync(held.lockPath, 1, 1);
    expect(held.lock.isHeld()).toBe(true);
    expect(open.size).toBe(1);
    replaceFile(held.lockPath, fs.readFileSync(held.lockPath, 'utf8'));
    expect(held.lock.isHeld()).toBe(true);
    expect(open.size).toBe(1);
    replaceFile(held.lockPath, fs.readFileSync(held.lockPath, 'utf8'));
    unreadable = true;
    expect(errnoFrom(() => held.lock.isHeld())).toBe('EIO');
    unreadable = false;
    expect(open.size).toBe(1);
    held.lock.release();
    const lost = lockedDirectory(node);
    replaceFile(lost.lockPath, lockText());
    expect(lost.lock.isHeld()).toBe(false);
    lost.lock.release();
    expect(open.size).toBe(0);
  });
});

describe('unlock', () => {
  test.each<[string, string]>([
    ['of another host', lockText(ELSEWHERE)],
    ['of a thread of this process', lockText()],
    ['that is incomplete', lockText().slice(0, 40)],
    ['that is empty', ''],
  ])('removes a lock %s with its guards and drafts, and nothing else', (_name, text) => {
    const path = temporaryDirectory();
    const names = ['LOCK', `LOCK.${nonceOf(77)}`, `LOCK.${nonceOf(78)}`, `LOCK.${nonceOf(79)}.new`];
    for (const name of [...names, '000001.log', 'LOCK.txt']) fs.writeFileSync(join(path, name), text);
    unlock(path);
    expect(fs.readdirSync(path).sort()).toEqual(['000001.log', 'LOCK.txt']);
    takeNodeLock(nodePlatform(), path).release();
  });

  test('does nothing without a lock or a directory', () => {
    const path = temporaryDirectory();
    unlock(path);
    unlock(join(path, 'absent'));
    expect(fs.readdirSync(path)).toEqual([]);
  });

  test('refuses while this process has the directory open', () => {
    const { path, lock } = lockedDirectory();
    expect(() => unlock(path)).toThrow(
      expect.objectContaining({ code: 'LOCKED', message: expect.stringContaining('already open in this process') }),
    );
    expect(lock.isHeld()).toBe(true);
    lock.release();
    unlock(path);
  });

  test('refuses while a copy of the lock is in its place', () => {
    const { path, lockPath, lock } = lockedDirectory();
    replaceFile(lockPath, fs.readFileSync(lockPath, 'utf8'));
    expect(() => unlock(path)).toThrow(expect.objectContaining({ code: 'LOCKED' }));
    expect(lock.isHeld()).toBe(true);
  });

  test('reports that the platform refuses', () => {
    const path = temporaryDirectory();
    fs.writeFileSync(join(path, 'LOCK'), lockText());
    expect(() => unlock(path, platformWith({ unlinkSync: failing('EPERM') }))).toThrow(
      expect.objectContaining({ code: 'IO', cause: expect.objectContaining({ code: 'EPERM' }) }),
    );
  });
});
