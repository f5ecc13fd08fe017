import { describe, expect, test } from 'vitest';
import { LockFile, type LockFiles, runSteps } from '../../src/storage/lock-file.ts';
import { decodeLockOwner, encodeLockOwner } from '../../src/storage/lock-owner.ts';
import { LockWorld, nonceOf, ownerWithPid } from './lock-world.ts';

const OURS = ownerWithPid(1);
const THEIRS = ownerWithPid(2);
const DEAD = 100;

/** What a test of one taker starts from; it takes all its steps at once. */
function refusalOf(world: LockWorld): unknown {
  const taker = world.addTaker(OURS.pid);
  while (taker.canStep) taker.step();
  return taker.refusal;
}

/** Lock files that answer as told, and by default as in an empty directory. */
function filesThat(answers: Partial<LockFiles>): LockFiles {
  return {
    create: () => true,
    link: () => 'linked',
    read: () => undefined,
    remove: () => {},
    list: () => [],
    ...answers,
  };
}

function lockFileOver(files: LockFiles): LockFile {
  return new LockFile(files, () => 'gone', OURS, '/data/cache');
}

describe('LockFile', () => {
  test('takes a free lock and leaves nothing else behind', () => {
    const world = new LockWorld();
    expect(refusalOf(world)).toBeUndefined();
    expect([...world.files.keys()]).toEqual(['LOCK']);
    expect(decodeLockOwner(world.files.get('LOCK')?.content ?? '')).toEqual(OURS);
  });

  test('refuses a lock whose owner runs: says who it is and what to do', () => {
    const world = new LockWorld();
    world.leave('LOCK', THEIRS.pid);
    const lockFile = new LockFile(world.filesOf(OURS.pid), () => 'running', OURS, '/data/cache');
    expect(() => runSteps(lockFile.take())).toThrow(
      expect.objectContaining({
        code: 'LOCKED',
        message:
          '/data/cache is open for writing by process 2 on host here since 2024-01-01T00:00:00.000Z: close it there, ' +
          'or if you know that it is gone, or that this directory is a copy, call LogCache.unlock(directory)',
      }),
    );
    expect([...world.files.keys()]).toEqual(['LOCK']);
  });

  test('refuses a lock whose owner cannot be judged, and says that', () => {
    const files = filesThat({ link: () => 'taken', read: () => encodeLockOwner(THEIRS) });
    const lockFile = new LockFile(files, () => 'unknown', OURS, '/data/cache');
    expect(() => runSteps(lockFile.take())).toThrow(/cannot find out whether it still runs.*unlock/);
  });

  test('refuses a second opening in the same process without naming a remedy that would not help', () => {
    const files = filesThat({ link: () => 'taken', read: () => encodeLockOwner(OURS) });
    const lockFile = new LockFile(files, () => 'self', THEIRS, '/data/cache');
    expect(() => runSteps(lockFile.take())).toThrow(/^\/data\/cache is already open in this process \(1, since/);
  });

  test('returns the owner it took a stale lock from', () => {
    const world = new LockWorld();
    world.leave('LOCK', DEAD);
    const lockFile = new LockFile(world.filesOf(OURS.pid), () => 'gone', OURS, '/data/cache');
    expect(runSteps(lockFile.take())).toEqual(ownerWithPid(DEAD));
  });

  test('goes through dead guards of dead guards, and removes all of them', () => {
    const world = new LockWorld();
    world.leave('LOCK', DEAD);
    for (let pid = DEAD; pid < DEAD + 20; pid++) world.leave(`LOCK.${nonceOf(pid)}`, pid + 1);
    world.leave(`LOCK.${nonceOf(DEAD)}.new`, DEAD);
    expect(refusalOf(world)).toBeUndefined();
    expect([...world.files.keys()]).toEqual(['LOCK']);
    expect(world.lockedBy()).toBe(OURS.pid);
  });

  test('a stale lock that a living process is taking over is left to that one', () => {
    const world = new LockWorld();
    world.leave('LOCK', DEAD);
    world.leave(`LOCK.${nonceOf(DEAD)}`, THEIRS.pid);
    world.addTaker(THEIRS.pid);
    expect(refusalOf(world)).toMatchObject({
      code: 'LOCKED',
      message: expect.stringContaining('has a stale lock that is being taken over by process 2'),
    });
    expect(world.lockedBy()).toBe(DEAD);
    expect(world.leftovers()).toEqual([`LOCK.${nonceOf(DEAD)}`]);
  });

  /*
   * Where links are unsupported a living process has created its lock and not written it yet: nothing can tell that from
   * one that was killed there. So it is left alone, and the user is told how to end it.
   */
  test.each([
    ['an empty lock', ''],
    ['half a lock', encodeLockOwner(THEIRS).slice(0, 60)],
    ['zeros', '\0'.repeat(200)],
    ['something else', '"hello"'],
    ['a nonce that would lead out of the directory', JSON.stringify({ ...THEIRS, nonce: '../../etc' })],
    ['a pid that would name a group of processes', JSON.stringify({ ...THEIRS, pid: -1 })],
  ])('%s is not taken over', (_name, content) => {
    const world = new LockWorld();
    world.files.set('LOCK', { content });
    expect(refusalOf(world)).toMatchObject({ code: 'LOCKED', message: expect.stringContaining('LogCache.unlock(') });
    expect([...world.files]).toEqual([['LOCK', { content }]]);
  });

  test('a link whose answer was lost is recognised as made', () => {
    const read = (): string => encodeLockOwner(OURS);
    const lockFile = lockFileOver(filesThat({ link: () => 'taken', read }));
    expect(runSteps(lockFile.take())).toBeUndefined();
  });

  test('a leftover that cannot be removed costs nobody the lock', () => {
    const remove = (): never => {
      throw new Error('EPERM');
    };
    const lockFile = lockFileOver(filesThat({ list: () => [`LOCK.${nonceOf(DEAD)}`], remove }));
    expect(runSteps(lockFile.take())).toBeUndefined();
  });

  test('files that are not of the lock are left alone', () => {
    const world = new LockWorld();
    const foreign = ['000001.log', 'LOCK.txt', `LOCK.${nonceOf(1)}.old`, `LOCK.${nonceOf(1).slice(1)}`, 'xLOCK'];
    for (const name of foreign) world.leave(name, DEAD);
    expect(refusalOf(world)).toBeUndefined();
    expect([...world.files.keys()]).toEqual([...foreign, 'LOCK']);
  });

  test.each([
    ['the draft', filesThat({ link: () => 'absent' })],
    ['the lock', filesThat({ link: () => 'taken' })],
  ])('gives up when %s vanishes again and again', (_name, files) => {
    expect(() => runSteps(lockFileOver(files).take())).toThrow(/keep taking and releasing the lock/);
  });

  test('release leaves the lock of another owner where it is', () => {
    const world = new LockWorld();
    world.leave('LOCK', THEIRS.pid);
    runSteps(lockFileOver(world.filesOf(OURS.pid)).release());
    expect(world.lockedBy()).toBe(THEIRS.pid);
  });
});
