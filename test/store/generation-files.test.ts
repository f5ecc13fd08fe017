/*
 * The names of the store's files and the numbers of new generations. What must not happen: a foreign file counts as a
 * generation, or a new generation takes the name of a file that is there.
 */
import { describe, expect, test } from 'vitest';
import { FILE_HEADER_BYTES } from '../../src/log/file-header.ts';
import { completionOf } from '../../src/log/record-codec.ts';
import { RecordKind } from '../../src/log/record-format.ts';
import {
  completeLog,
  createLog,
  GENERATION_MAX,
  generationAfter,
  imageNames,
  listGenerations,
  logName,
  syncDirectory,
  UNFINISHED_BACKUP,
} from '../../src/store/generation-files.ts';
import { breakDisk } from './disk-faults.ts';
import { recordsOf } from './log-records.ts';
import { contextOn } from './test-context.ts';
import { TestDisk } from './test-disk.ts';

const FOREIGN = 2 ** 31;

function diskWith(...names: string[]): TestDisk {
  const disk = new TestDisk();
  for (const name of names) disk.place(name, new Uint8Array(1));
  return disk;
}

test('names have at least six digits, and more if the number has', () => {
  expect([1, 123_456, 1_234_567].map(logName)).toEqual(['000001.log', '123456.log', '1234567.log']);
  expect([1, 1_234_567].flatMap(imageNames)).toEqual([
    '000001.index',
    '000001.index2',
    '1234567.index',
    '1234567.index2',
  ]);
});

describe('the generations of a directory', () => {
  test('are no store while a backup marks the directory', () => {
    expect(listGenerations(diskWith(logName(1), UNFINISHED_BACKUP)).isUnfinishedBackup).toBe(true);
    expect(listGenerations(diskWith(logName(1))).isUnfinishedBackup).toBe(false);
  });

  test('are those of logs and of images, ascending', () => {
    const disk = diskWith('1000000.log', '000010.log', '000002.log', '000010.index', '000003.index');
    expect(listGenerations(disk)).toMatchObject({ logs: [2, 10, 1_000_000], images: [3, 10], foreign: [] });
  });

  test('are in the names that the store writes, and in no other', () => {
    const foreign = [
      '1.log',
      '0000001.log',
      '000000.log',
      'x000001.log',
      '000001.log.old',
      '000001.logs',
      '-000001.log',
      '00000a.log',
      '000001.lock',
      '000001xlog',
      `${2 ** 32}.log`,
      `${2 ** 32}.index`,
    ];
    const nothing = { logs: [], images: [], imageFiles: new Map(), foreign: [] };
    expect(listGenerations(diskWith(...foreign))).toMatchObject(nothing);
    expect(listGenerations(diskWith(logName(GENERATION_MAX)))).toMatchObject({
      logs: [GENERATION_MAX],
      images: [],
      foreign: [],
    });
  });

  test('are not in names of another case, which no new log takes', () => {
    const disk = diskWith('000001.LOG', '000002.Index', '000003.INDEX2', '000001.LOG.old');
    expect(listGenerations(disk)).toMatchObject({ logs: [], images: [], foreign: [1, 2, 3] });
    expect(generationAfter(0, listGenerations(disk))).toBe(5);
  });

  test('are unknown if the directory cannot be listed', () => {
    const disk = new TestDisk();
    breakDisk(disk, { verb: 'list', errno: 'EIO' });
    expect(() => listGenerations(disk)).toThrow(/could not list the directory.*EIO/);
  });
});

describe('the number after a generation', () => {
  const next = (generation: number, logs: number[], images: number[] = []): number =>
    generationAfter(generation, { logs, images, foreign: [] });

  test('is the next one, if there is no file above', () => {
    expect(next(1, [])).toBe(2);
    expect(next(5, [1, 2, 5], [3, 5])).toBe(6);
  });

  test('is above all files, and of the other parity', () => {
    expect(next(1, [1, 2])).toBe(4);
    expect(next(1, [1, 3])).toBe(4);
    expect(next(2, [2, 3])).toBe(5);
    expect(next(2, [2, 7, 12])).toBe(13);
    expect(next(1, [1], [2])).toBe(4);
    expect(next(1, [1, 2], [6])).toBe(8);
  });

  test('ignores numbers that no store reaches, but does not take them', () => {
    expect(next(1, [1, FOREIGN, GENERATION_MAX])).toBe(2);
    expect(next(1, [1, FOREIGN - 1])).toBe(FOREIGN);
    expect(next(1, [1, FOREIGN - 1, FOREIGN])).toBe(FOREIGN + 2);
    expect(next(FOREIGN - 1, [FOREIGN], [FOREIGN + 2])).toBe(FOREIGN + 4);
  });

  test('ends at 2^32 - 1', () => {
    expect(next(GENERATION_MAX - 1, [])).toBe(GENERATION_MAX);
    expect(() => next(GENERATION_MAX, [])).toThrow(new RangeError('generations are numbered up to 4294967295'));
    expect(() => next(GENERATION_MAX - 1, [GENERATION_MAX])).toThrow(RangeError);
  });
});

describe('a new log', () => {
  test('takes the next number, and an empty file', () => {
    const disk = diskWith('000001.log', '000004.index');
    const log = createLog(contextOn(disk).context, 1);
    expect([log.generation, log.written]).toEqual([6, 0]);
    expect(disk.bytes('000006.log')).toHaveLength(0);
  });

  test('is not created without the lock, nor if the platform refuses', () => {
    const disk = new TestDisk();
    const { context } = contextOn(disk);
    const fault = breakDisk(disk, { verb: 'create', errno: 'EMFILE' });
    expect(() => createLog(context, 1)).toThrow(/could not create 000002\.log.*EMFILE/);
    fault.mend();
    disk.stealLock();
    expect(() => createLog(context, 1)).toThrow(expect.objectContaining({ code: 'POISONED' }));
    expect(disk.names).toEqual([]);
  });
});

test('a log is complete when COMPLETE is in it, durably', () => {
  const disk = new TestDisk();
  const log = createLog(contextOn(disk).context, 0);
  completeLog(log);
  expect([log.durable, log.unwritten]).toEqual([FILE_HEADER_BYTES + completionOf().size, 0]);
  expect(recordsOf(disk, '000001.log').map(({ kind }) => kind)).toEqual([RecordKind.complete]);
});

test('a directory that cannot be synced is reported as such', () => {
  const disk = new TestDisk();
  breakDisk(disk, { verb: 'sync-directory', errno: 'EIO' });
  expect(() => syncDirectory(disk)).toThrow(/could not sync the directory.*EIO/);
});
