/*
 * Why this test: which generation is the store decides about everything in it, and stores leave only a few of the
 * directories that are possible. These directories are assembled log by log.
 */
import { describe, expect, test } from 'vitest';
import { encodeFileHeader, FILE_HEADER_BYTES } from '../../src/log/file-header.ts';
import { completionOf, markOf, putOf, type RecordContent } from '../../src/log/record-codec.ts';
import { RECORD_HEADER_BYTES } from '../../src/log/record-format.ts';
import { logName } from '../../src/store/generation-files.ts';
import { chooseGeneration } from '../../src/store/recovery/generation-choice.ts';
import type { DiskVerb } from '../../src/testing/index.ts';
import { breakDisk } from './disk-faults.ts';
import { cut, diskWithLogs, flip } from './log-records.ts';
import { bytes } from './store-history.ts';
import { TestDisk } from './test-disk.ts';

const PUT: RecordContent = putOf(bytes('key'), bytes('value'), bytes(''));
const WHOLE: readonly RecordContent[] = [PUT, completionOf()];
/** The size of a log that was created and holds no entry. */
const BEGINNING_BYTES: number = FILE_HEADER_BYTES + RECORD_HEADER_BYTES;

/** The generation that is chosen, or the logs that cannot be read; no file stays open besides the chosen log. */
function choiceIn(disk: TestDisk): number | readonly string[] {
  const { chosen, unreadable } = chooseGeneration(disk, 'write');
  expect(disk.openFiles).toBe(chosen === undefined ? 0 : 1);
  if (chosen === undefined) return unreadable;
  expect(unreadable).toEqual([]);
  expect(chosen.name).toBe(logName(chosen.header.generation));
  chosen.file.close();
  expect(disk.openFiles).toBe(0);
  return chosen.header.generation;
}

describe('the store is', () => {
  test('the highest of several whole generations', () => {
    expect(choiceIn(diskWithLogs({ 1: WHOLE, 2: WHOLE, 3: WHOLE }))).toBe(3);
  });

  test('not a higher generation that is not whole', () => {
    expect(choiceIn(diskWithLogs({ 1: WHOLE, 2: [PUT, PUT] }))).toBe(1);
  });

  test('a generation that only a MARK proves to be whole', () => {
    expect(choiceIn(diskWithLogs({ 1: WHOLE, 2: [PUT, markOf(FILE_HEADER_BYTES + PUT.size)] }))).toBe(2);
  });

  test('not a generation whose MARK states that nothing was durable', () => {
    expect(choiceIn(diskWithLogs({ 1: WHOLE, 2: [PUT, markOf(0)] }))).toBe(1);
  });

  test('not a generation whose header is damaged', () => {
    const disk = diskWithLogs({ 1: WHOLE, 2: WHOLE });
    flip(disk, logName(2), 9);
    expect(choiceIn(disk)).toBe(1);
  });

  test('not a file that was renamed: its records may be older or newer than the name says', () => {
    const disk = diskWithLogs({ 1: WHOLE, 2: WHOLE });
    disk.place(logName(7), disk.bytes(logName(2)));
    disk.take(logName(2));
    expect(choiceIn(disk)).toBe(1);
  });

  test('the only generation, whether it is whole or not: the replay shows that', () => {
    expect(choiceIn(diskWithLogs({ 4: [PUT] }))).toBe(4);
  });

  test('the only generation with contents beside an empty file', () => {
    const disk = diskWithLogs({ 4: [PUT] });
    for (const generation of [3, 5]) disk.place(logName(generation), new Uint8Array(0));
    expect(choiceIn(disk)).toBe(4);
  });
});

describe('there is no store', () => {
  test('in a directory without logs, or with empty ones', () => {
    const disk = new TestDisk();
    expect(choiceIn(disk)).toEqual([]);
    disk.place(logName(1), new Uint8Array(0));
    expect(choiceIn(disk)).toEqual([]);
  });

  test('if none of several generations is whole, and all their contents are lost', () => {
    expect(choiceIn(diskWithLogs({ 1: [PUT], 2: [PUT, PUT] }))).toEqual([logName(1), logName(2)]);
  });

  test('if the only log is damaged in its header', () => {
    const disk = diskWithLogs({ 1: WHOLE });
    flip(disk, logName(1), 9);
    expect(choiceIn(disk)).toEqual([logName(1)]);
  });

  test('and nothing is lost if creating one was cut off', () => {
    const disk = diskWithLogs({ 1: WHOLE });
    flip(disk, logName(1), 9);
    cut(disk, logName(1), BEGINNING_BYTES + 1);
    expect(choiceIn(disk)).toEqual([logName(1)]);
    cut(disk, logName(1), BEGINNING_BYTES);
    expect(choiceIn(disk)).toEqual([]);
  });
});

describe('a log', () => {
  test('that is removed after the directory was listed is left out', () => {
    const disk = diskWithLogs({ 1: WHOLE, 2: WHOLE });
    disk.before = ({ verb, name }) => {
      if (verb === 'open' && name === logName(2) && disk.names.includes(name)) disk.take(name);
      return undefined;
    };
    expect(choiceIn(disk)).toBe(1);
  });

  test('of a newer format is refused, with the versions, and no file stays open', () => {
    const disk = diskWithLogs({ 1: WHOLE });
    disk.place(logName(2), encodeFileHeader({ version: 2, generation: 2, salt: 2 }));
    expect(() => chooseGeneration(disk, 'read')).toThrow(
      expect.objectContaining({
        code: 'INCOMPATIBLE',
        message: expect.stringContaining('000002.log has format version 2, this package reads up to 1'),
      }),
    );
    expect(disk.openFiles).toBe(0);
  });

  test.each<[DiskVerb, number]>([
    ['open', 1],
    ['size', 1],
    ['read', 1],
    // The search for a MARK, after all logs are open.
    ['read', 2],
    ['read', 3],
  ])('that fails at %s, after %i of them, closes all files', (verb, after) => {
    const disk = diskWithLogs({ 1: [PUT], 2: [PUT] });
    breakDisk(disk, { verb, errno: 'EIO', after });
    expect(() => chooseGeneration(disk, 'read')).toThrow(expect.objectContaining({ code: 'IO' }));
    expect(disk.openFiles).toBe(0);
  });
});
