import { describe, expect, test } from 'vitest';
import {
  type CrashState,
  crashStates,
  type Fault,
  FaultStorage,
  faultAt,
  firstFault,
  seededRandom,
  withFile,
} from '../../src/testing/index.ts';
import { describeStorage } from '../storage/storage-suite.ts';
import { bytes, DIRECTORY, type Disk, diskWith, emptyDisk, opened, read, write } from './fault-fixtures.ts';

describeStorage('FaultStorage', () => ({ storage: new FaultStorage(), path: 'store' }));

/** The errno of the error that a task throws. */
function errnoOf(task: () => unknown): string | undefined {
  try {
    task();
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return undefined;
}

function failing(disk: Disk, fault: Fault): void {
  disk.storage.rule = () => fault;
}

describe('the record', () => {
  test('lists every call in order, with its outcome and the number of changes', () => {
    const disk = emptyDisk();
    const { storage, directory } = disk;
    const file = directory.create('f');
    write(file, 0, 'abc');
    storage.rule = faultAt({ verb: 'write' }, { short: 1 });
    write(file, 3, 'def');
    storage.rule = () => ({ fail: 'ENOSPC' });
    expect(errnoOf(() => write(file, 4, 'ef'))).toBe('ENOSPC');
    storage.rule = undefined;
    file.sync();
    const calls = storage.operations.map(({ verb, name, position, length, outcome, changes }) =>
      [verb, name, position, length, outcome, changes].join(' '),
    );
    expect(calls).toEqual([
      'open-directory  0 0 done 1',
      'create f 0 0 done 2',
      'write f 0 3 done 3',
      'write f 3 3 short 4',
      'write f 4 2 ENOSPC 4',
      'sync f 0 0 done 5',
    ]);
    expect(storage.operations.map(({ number }) => number)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(storage.journal.changes.map(({ kind }) => kind)).toEqual([
      'make-directory',
      'create',
      'write',
      'write',
      'sync',
    ]);
  });

  test('records errors of the storage itself', () => {
    const { storage, directory } = diskWith({ f: '' });
    expect(errnoOf(() => directory.create('f'))).toBe('EEXIST');
    expect(errnoOf(() => storage.openDirectory('other', { create: false }))).toBe('ENOENT');
    const lock = directory.lock();
    expect(() => directory.lock()).toThrow(/already open in this FaultStorage/);
    lock.release();
    const outcomes = storage.operations.map(({ verb, outcome }) => `${verb} ${outcome}`);
    expect(outcomes).toEqual([
      'open-directory done',
      'create EEXIST',
      'open-directory ENOENT',
      'lock done',
      'lock LOCKED',
      'unlock done',
    ]);
  });

  test('is the same for the same calls', () => {
    const run = (): unknown => {
      const disk = emptyDisk({ rule: faultAt({ verb: 'write', nth: 1 }, { short: 2 }) });
      const file = disk.directory.create('f');
      for (const text of ['abc', 'def', 'ghi']) write(file, 0, text);
      const { operations, journal } = disk.storage;
      return { operations, journal, states: [...crashStates(journal)].map((state: CrashState) => state.image) };
    };
    expect(run()).toEqual(run());
  });
});

describe('a fault', () => {
  test('fails a call before it took effect', () => {
    const disk = diskWith({ f: 'abc' });
    const file = opened(disk, 'f');
    failing(disk, { fail: 'EIO' });
    const tasks = [
      () => disk.storage.openDirectory(DIRECTORY, { create: true }),
      () => disk.directory.list(),
      () => disk.directory.open('f', 'read'),
      () => disk.directory.create('g'),
      () => disk.directory.remove('f'),
      () => disk.directory.sync(),
      () => disk.directory.lock(),
      () => read(file),
      () => write(file, 0, 'x'),
      () => file.truncate(0),
      () => file.size(),
      () => file.sync(),
    ];
    for (const task of tasks) expect(errnoOf(task)).toBe('EIO');
    disk.storage.rule = undefined;
    expect(disk.storage.journal.changes).toEqual([]);
    expect(disk.storage.openFiles).toEqual(['store/f']);
    expect(disk.storage.isLocked(DIRECTORY)).toBe(false);
    expect(read(file)).toBe('abc');
  });

  test('names the failed call in its error', () => {
    const disk = diskWith({ f: '' });
    failing(disk, { fail: 'EIO' });
    expect(() => disk.directory.open('f', 'read')).toThrow("EIO: injected, open 'store/f'");
    expect(() => disk.directory.sync()).toThrow("EIO: injected, sync-directory 'store'");
  });

  test('fails a call after it took effect, and its caller gets no result', () => {
    const disk = emptyDisk();
    const file = disk.directory.create('f');
    failing(disk, { fail: 'EIO', done: 'all' });
    expect(errnoOf(() => disk.directory.create('g'))).toBe('EIO');
    expect(errnoOf(() => disk.directory.open('f', 'read'))).toBe('EIO');
    expect(errnoOf(() => disk.directory.open('absent', 'read'))).toBe('EIO');
    expect(errnoOf(() => write(file, 0, 'abc'))).toBe('EIO');
    expect(errnoOf(() => disk.directory.lock())).toBe('EIO');
    expect(errnoOf(() => file.sync())).toBe('EIO');
    disk.storage.rule = undefined;
    expect(disk.directory.list()).toEqual(['f', 'g']);
    expect(read(file)).toBe('abc');
    expect(disk.storage.openFiles).toEqual(['store/f']);
    expect(disk.storage.isLocked(DIRECTORY)).toBe(false);
    expect(disk.storage.journal.changes.at(-1)).toMatchObject({ kind: 'sync' });
  });

  test('fails a write after a part of it took effect', () => {
    const disk = emptyDisk();
    const file = disk.directory.create('f');
    failing(disk, { fail: 'ENOSPC', done: 2 });
    expect(errnoOf(() => write(file, 0, 'abc'))).toBe('ENOSPC');
    failing(disk, { fail: 'ENOSPC', done: 9 });
    expect(errnoOf(() => write(file, 2, 'z'))).toBe('ENOSPC');
    disk.storage.rule = undefined;
    expect(read(file)).toBe('abz');
  });

  test('makes transfers short, and does not affect other calls', () => {
    const disk = diskWith({ f: 'abc' });
    const file = opened(disk, 'f');
    failing(disk, { short: 1 });
    expect(read(file)).toBe('a');
    expect(write(file, 0, 'xyz')).toBe(1);
    failing(disk, { short: 0 });
    expect(write(file, 0, 'xyz')).toBe(0);
    file.sync();
    file.close();
    expect(disk.directory.list()).toEqual(['f']);
    expect(disk.storage.journal.changes).toHaveLength(2);
  });

  test('of closing leaves the file closed nevertheless', () => {
    const disk = diskWith({ f: '' });
    const file = opened(disk, 'f');
    failing(disk, { fail: 'EIO' });
    expect(errnoOf(() => file.close())).toBe('EIO');
    disk.storage.rule = undefined;
    file.close();
    expect(disk.storage.openFiles).toEqual([]);
    expect(errnoOf(() => read(file))).toBe('EBADF');
  });

  test('of the lock is reported by the check and the release, and a failed release still releases the lock', () => {
    const disk = emptyDisk();
    const lock = disk.directory.lock();
    failing(disk, { fail: 'EIO' });
    expect(errnoOf(() => lock.isHeld())).toBe('EIO');
    expect(errnoOf(() => lock.release())).toBe('EIO');
    disk.storage.rule = undefined;
    expect(disk.storage.isLocked(DIRECTORY)).toBe(false);
    lock.release();
    disk.directory.lock();
    expect(disk.storage.isLocked(DIRECTORY)).toBe(true);
  });

  test('hits an asynchronous sync when it ends', async () => {
    let end: () => void = () => {};
    const disk = diskWith({ f: '' }, { syncDelay: () => new Promise((resolve) => (end = resolve)) });
    const file = opened(disk, 'f');
    const done = file.syncAsync?.();
    // Closed meanwhile: the file is released when the sync has ended.
    file.close();
    expect(disk.storage.operations.at(-1)?.verb).not.toBe('close');
    failing(disk, { fail: 'EIO', loss: 'marked-clean' });
    end();
    await expect(done).rejects.toMatchObject({ code: 'EIO' });
    expect(disk.storage.operations.at(-1)?.verb).toBe('close');
    expect(disk.storage.openFiles).toEqual([]);
    await expect(file.syncAsync?.()).rejects.toMatchObject({ code: 'EBADF' });
  });
});

describe('an asynchronous read', () => {
  test('is recorded and hit when it ends, like other reads', async () => {
    let end = (): void => {};
    const disk = diskWith({ f: 'hello' }, { readDelay: () => new Promise((resolve) => (end = resolve)) });
    const file = opened(disk, 'f');
    const target = new Uint8Array(5);
    const whole = file.readAsync?.(target, 0, 5, 0);
    expect(disk.storage.operations.at(-1)?.verb).toBe('open');
    end();
    expect(await whole).toBe(5);
    expect(disk.storage.operations.at(-1)).toMatchObject({ verb: 'read', name: 'f', length: 5, outcome: 'done' });
    const short = file.readAsync?.(target, 0, 5, 0);
    disk.storage.rule = faultAt({ verb: 'read' }, { short: 2 });
    end();
    expect(await short).toBe(2);
    const failing = file.readAsync?.(target, 0, 5, 0);
    disk.storage.rule = faultAt({ verb: 'read' }, { fail: 'EIO' });
    file.close();
    expect(disk.storage.operations.at(-1)?.verb).toBe('read');
    end();
    await expect(failing).rejects.toMatchObject({ code: 'EIO' });
    expect(disk.storage.operations.at(-1)?.verb).toBe('close');
    expect(disk.storage.openFiles).toEqual([]);
  });

  test('of a process that was killed throws', async () => {
    const disk = diskWith({ f: 'hello' });
    const reading = opened(disk, 'f').readAsync?.(new Uint8Array(5), 0, 5, 0);
    disk.storage.killProcess();
    await expect(reading).rejects.toThrow(/killed/);
  });
});

describe('faultAt', () => {
  const call = (verb: 'read' | 'write' | 'sync', name: string) =>
    ({ number: 0, verb, directory: DIRECTORY, name, position: 0, length: 1 }) as const;
  const fault = { fail: 'EIO' };

  test('counts the matching calls', () => {
    const rule = faultAt({ verb: ['read', 'write'], name: 'f', nth: 1, times: 2 }, fault);
    const calls = [call('read', 'f'), call('sync', 'f'), call('read', 'g'), call('write', 'f'), call('read', 'f')];
    expect([...calls, call('read', 'f')].map(rule)).toEqual([undefined, undefined, undefined, fault, fault, undefined]);
  });

  test('hits one call of any kind by default', () => {
    const rule = faultAt({}, fault);
    expect([call('sync', 'f'), call('sync', 'f')].map(rule)).toEqual([fault, undefined]);
  });

  test('accepts a pattern for the name, and can hit every call', () => {
    const rule = faultAt({ name: /\.log$/, times: Number.POSITIVE_INFINITY }, fault);
    expect(['a.log', 'a.index', 'b.log'].map((name) => rule(call('read', name)))).toEqual([fault, undefined, fault]);
  });

  test('is joined with others by firstFault, each of which counts every call', () => {
    const other = { fail: 'EPERM' };
    const rule = firstFault(faultAt({ nth: 1 }, fault), faultAt({ times: 3 }, other));
    expect([1, 2, 3, 4].map(() => rule(call('read', 'f')))).toEqual([other, fault, other, undefined]);
  });
});

describe('a process that is killed', () => {
  test('leaves its writes, a free lock and no open file', async () => {
    const disk = emptyDisk({ syncDelay: () => Promise.resolve() });
    const { storage, directory } = disk;
    const lock = directory.lock();
    const file = directory.create('f');
    write(file, 0, 'abc');
    const done = file.syncAsync?.();
    storage.killProcess();
    await expect(done).rejects.toThrow(/killed/);
    expect(storage.openFiles).toEqual([]);
    expect(storage.isLocked(DIRECTORY)).toBe(false);
    for (const late of [() => write(file, 0, 'x'), () => file.close(), () => directory.list(), () => lock.isHeld()]) {
      expect(late).toThrow(/killed/);
    }
    lock.release();
    const next = storage.openDirectory(DIRECTORY, { create: false });
    expect(next.lock().isHeld()).toBe(true);
    expect(read(opened({ storage, directory: next }, 'f'))).toBe('abc');
  });

  test('is not the only one that may lose the lock', () => {
    const { storage, directory } = emptyDisk();
    const lock = directory.lock();
    storage.takeLockAway(DIRECTORY);
    storage.takeLockAway('elsewhere');
    expect(lock.isHeld()).toBe(false);
    lock.release();
    expect(storage.isLocked(DIRECTORY)).toBe(true);
    expect(storage.isLocked('elsewhere')).toBe(false);
  });
});

describe('an image', () => {
  test('does not change with later writes', () => {
    const disk = diskWith({ f: 'abc' });
    const start = disk.storage.journal.start;
    const file = opened(disk, 'f');
    write(file, 0, 'x');
    const image = disk.storage.image();
    write(file, 1, 'y');
    file.truncate(2);
    write(file, 6, 'far beyond what was there');
    const text = (of: typeof image) => Buffer.from(of.get(DIRECTORY)?.get('f') ?? []).toString();
    expect([text(start), text(image)]).toEqual(['abc', 'xbc']);
    const copy = new FaultStorage({ image });
    write(opened({ storage: copy, directory: copy.openDirectory(DIRECTORY, { create: true }) }, 'f'), 0, 'z');
    expect([text(image), text(copy.image())]).toEqual(['xbc', 'zbc']);
  });

  test('gets another file from withFile, which does not change the first one', () => {
    const image = withFile(withFile(new Map(), DIRECTORY, 'f', bytes('1')), DIRECTORY, 'g', bytes('2'));
    expect([...(image.get(DIRECTORY)?.keys() ?? [])]).toEqual(['f', 'g']);
    const without = withFile(image, DIRECTORY, 'f', undefined);
    expect([...(without.get(DIRECTORY)?.keys() ?? [])]).toEqual(['g']);
    expect(image.get(DIRECTORY)?.has('f')).toBe(true);
  });
});

test('seededRandom returns 32 bits that look random, the same for the same seed', () => {
  const [one, same, other] = [seededRandom(1), seededRandom(1), seededRandom(2)];
  const numbers = Array.from({ length: 4096 }, () => one());
  expect(numbers.slice(0, 100)).toEqual(Array.from({ length: 100 }, () => same()));
  expect(numbers[0]).not.toBe(other());
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(numbers.every((number) => Number.isInteger(number) && number >= 0 && number < 2 ** 32)).toBe(true);
  const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  expect(Math.abs(mean / 2 ** 32 - 0.5)).toBeLessThan(0.03);
});
