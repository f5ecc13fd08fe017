import { describe, expect, test } from 'vitest';
import { LockFile, type LockFiles, runSteps } from '../../src/storage/lock-file.ts';
import { decodeLockOwner, encodeLockOwner } from '../../src/storage/lock-owner.ts';
import { LockSimulation, nonceOf, ownerWithPid } from './lock-simulation.ts';

const OURS = ownerWithPid(1);
const THEIRS = ownerWithPid(2);
const DEAD = 100;

/** The error of one process that takes the lock, with all its steps at once. */
function refusalOf(simulation: LockSimulation): unknown {
  const taker = simulation.addTaker(OURS.pid);
  while (taker.canStep) taker.step();
  return taker.refusal;
}

/** Lock files with the given results, and by default those of an empty directory. */
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
  test('takes a free lock and leaves no other file', () => {
    const simulation = new LockSimulation();
    expect(refusalOf(simulation)).toBeUndefined();
    expect([...simulation.files.keys()]).toEqual(['LOCK']);
    expect(decodeLockOwner(simulation.files.get('LOCK')?.content ?? '')).toEqual(OURS);
  });

  test('refuses a lock whose owner runs, and names the owner and the remedy', () => {
    const simulation = new LockSimulation();
    simulation.leave('LOCK', THEIRS.pid);
    const lockFile = new LockFile(simulation.filesOf(OURS.pid), () => 'running', OURS, '/data/cache');
    expect(() => runSteps(lockFile.take())).toThrow(
      expect.objectContaining({
        code: 'LOCKED',
        message:
          '/data/cache is open for writing by process 2 on host here since 2024-01-01T00:00:00.000Z: close it there, ' +
          'open it with readOnly: true, or wait for it with waitForLockMs. If you know that it is gone, or that this ' +
          'directory is a copy, run: npx projection-cache unlock /data/cache',
      }),
    );
    expect([...simulation.files.keys()]).toEqual(['LOCK']);
  });

  test.each([
    ['linux', '/data/cache of orders', `'/data/cache of orders'`],
    ['darwin', `/data/o'clock $HOME`, `'/data/o'\\''clock $HOME'`],
    ['linux', '/data/ca-che_1.2@x', '/data/ca-che_1.2@x'],
    ['win32', 'C:\\Program Files\\cache', '"C:\\Program Files\\cache"'],
  ])('quotes the command line for the shell of %s: %s', (platform, directory, quoted) => {
    const files = filesThat({ link: () => 'taken', read: () => encodeLockOwner(THEIRS) });
    const lockFile = new LockFile(files, () => 'running', { ...OURS, platform }, directory);
    expect(() => runSteps(lockFile.take())).toThrow(` run: npx projection-cache unlock ${quoted}`);
  });

  test('refuses a lock with an unknown owner state, and reports that', () => {
    const files = filesThat({ link: () => 'taken', read: () => encodeLockOwner(THEIRS) });
    const lockFile = new LockFile(files, () => 'unknown', OURS, '/data/cache');
    expect(() => runSteps(lockFile.take())).toThrow(/cannot find out whether it still runs.*unlock/);
  });

  test('refuses a second opening in the same process, without a remedy that would not help', () => {
    const files = filesThat({ link: () => 'taken', read: () => encodeLockOwner(OURS) });
    const lockFile = new LockFile(files, () => 'self', THEIRS, '/data/cache');
    expect(() => runSteps(lockFile.take())).toThrow(/^\/data\/cache is already open in this process \(1, since/);
  });

  test('refuses a lock of another thread, with both remedies', () => {
    const files = filesThat({ link: () => 'taken', read: () => encodeLockOwner(OURS) });
    const lockFile = new LockFile(files, () => 'thread', THEIRS, '/data/cache');
    expect(() => runSteps(lockFile.take())).toThrow(
      expect.objectContaining({
        code: 'LOCKED',
        message: expect.stringMatching(/another thread: close it.*LogCache\.unlock\(directory\)$/),
      }),
    );
  });

  test('returns the owner it took a stale lock from', () => {
    const simulation = new LockSimulation();
    simulation.leave('LOCK', DEAD);
    const lockFile = new LockFile(simulation.filesOf(OURS.pid), () => 'gone', OURS, '/data/cache');
    expect(runSteps(lockFile.take())).toEqual(ownerWithPid(DEAD));
  });

  test('takes over dead guards of dead guards, and removes all of them', () => {
    const simulation = new LockSimulation();
    simulation.leave('LOCK', DEAD);
    for (let pid = DEAD; pid < DEAD + 20; pid++) simulation.leave(`LOCK.${nonceOf(pid)}`, pid + 1);
    simulation.leave(`LOCK.${nonceOf(DEAD)}.new`, DEAD);
    expect(refusalOf(simulation)).toBeUndefined();
    expect([...simulation.files.keys()]).toEqual(['LOCK']);
    expect(simulation.lockedBy()).toBe(OURS.pid);
  });

  test('leaves a stale lock to a living process that is taking it over', () => {
    const simulation = new LockSimulation();
    simulation.leave('LOCK', DEAD);
    simulation.leave(`LOCK.${nonceOf(DEAD)}`, THEIRS.pid);
    simulation.addTaker(THEIRS.pid);
    expect(refusalOf(simulation)).toMatchObject({
      code: 'LOCKED',
      message: expect.stringContaining('has a stale lock that is being taken over by process 2'),
    });
    expect(simulation.lockedBy()).toBe(DEAD);
    expect(simulation.guardsAndDrafts()).toEqual([`LOCK.${nonceOf(DEAD)}`]);
  });

  /*
   * Without links, a living process may have created its lock and not written it yet: that is indistinguishable from
   * one that was killed there. So the lock is kept, and the message says how to remove it.
   */
  test.each([
    ['an empty lock', ''],
    ['half a lock', encodeLockOwner(THEIRS).slice(0, 60)],
    ['zeros', '\0'.repeat(200)],
    ['something else', '"hello"'],
    ['a nonce that would lead out of the directory', JSON.stringify({ ...THEIRS, nonce: '../../etc' })],
    ['a pid that would name a group of processes', JSON.stringify({ ...THEIRS, pid: -1 })],
  ])('%s is not taken over', (_name, content) => {
    const simulation = new LockSimulation();
    simulation.files.set('LOCK', { content });
    expect(refusalOf(simulation)).toMatchObject({
      code: 'LOCKED',
      message: expect.stringContaining('run: npx projection-cache unlock'),
    });
    expect([...simulation.files]).toEqual([['LOCK', { content }]]);
  });

  test('recognises a link whose result was lost', () => {
    const read = (): string => encodeLockOwner(OURS);
    const lockFile = lockFileOver(filesThat({ link: () => 'taken', read }));
    expect(runSteps(lockFile.take())).toBeUndefined();
  });

  test('a guard or draft that cannot be removed does not fail the lock', () => {
    const remove = (): never => {
      throw new Error('EPERM');
    };
    const lockFile = lockFileOver(filesThat({ list: () => [`LOCK.${nonceOf(DEAD)}`], remove }));
    expect(lockFile.removalFailed).toBe(false);
    expect(runSteps(lockFile.take())).toBeUndefined();
    expect(lockFile.removalFailed).toBe(true);
  });

  test('knows that it may have left a file if that cannot be read after a link whose result was lost', () => {
    const broken = (): never => {
      throw new Error('EIO');
    };
    const lockFile = lockFileOver(filesThat({ link: broken, read: broken }));
    expect(() => runSteps(lockFile.take())).toThrow('EIO');
    expect(lockFile.removalFailed).toBe(true);
  });

  test('keeps a lock that another process took over before the guard was taken', () => {
    const contents = [DEAD, THEIRS.pid, OURS.pid, THEIRS.pid].map((pid) => encodeLockOwner(ownerWithPid(pid)));
    const removed: string[] = [];
    const files = filesThat({
      link: (_existing, name) => (name === 'LOCK' ? 'taken' : 'linked'),
      read: () => contents.shift(),
      remove: (name) => void removed.push(name),
    });
    const judge = ({ pid }: { readonly pid: number }): 'gone' | 'running' => (pid === DEAD ? 'gone' : 'running');
    expect(() => runSteps(new LockFile(files, judge, OURS, '/data/cache').take())).toThrow(
      expect.objectContaining({ code: 'LOCKED', message: expect.stringContaining('is open for writing by process 2') }),
    );
    expect(removed).not.toContain('LOCK');
    expect(removed).toContain(`LOCK.${nonceOf(DEAD)}`);
  });

  test('keeps files that do not belong to the lock', () => {
    const simulation = new LockSimulation();
    const foreign = ['000001.log', 'LOCK.txt', `LOCK.${nonceOf(1)}.old`, `LOCK.${nonceOf(1).slice(1)}`, 'xLOCK'];
    for (const name of foreign) simulation.leave(name, DEAD);
    expect(refusalOf(simulation)).toBeUndefined();
    expect([...simulation.files.keys()]).toEqual([...foreign, 'LOCK']);
  });

  test.each([
    ['the draft', filesThat({ link: () => 'absent' })],
    ['the lock', filesThat({ link: () => 'taken' })],
  ])('stops retrying when %s vanishes again and again', (_name, files) => {
    expect(() => runSteps(lockFileOver(files).take())).toThrow(
      expect.objectContaining({
        code: 'LOCKED',
        message: expect.stringContaining('keep taking and releasing the lock'),
      }),
    );
  });

  test('release does not remove the lock of another owner', () => {
    const simulation = new LockSimulation();
    simulation.leave('LOCK', THEIRS.pid);
    runSteps(lockFileOver(simulation.filesOf(OURS.pid)).release());
    expect(simulation.lockedBy()).toBe(THEIRS.pid);
    simulation.files.set('LOCK', { content: 'no owner' });
    runSteps(lockFileOver(simulation.filesOf(OURS.pid)).release());
    expect(simulation.files.has('LOCK')).toBe(true);
  });
});
