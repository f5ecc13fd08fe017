/*
 * A compaction that meets damage: it forgets exactly the entries whose records are damaged, and reports them. What must
 * not happen: an older record of such a key comes back, or a deletion in a damaged range is lost.
 */
import { describe, expect, test } from 'vitest';
import { FILE_HEADER_BYTES } from '../../src/log/file-header.ts';
import { deletionOf, putOf } from '../../src/log/record-codec.ts';
import { bodyOffset } from '../../src/log/record-format.ts';
import type { Compaction } from '../../src/store/compaction.ts';
import type { DiskVerb } from '../../src/testing/index.ts';
import { CompactedLog, EVERYTHING, keyOf, NEW, OLD } from './compacted-log.ts';
import { breakDisk, fillUp } from './disk-faults.ts';
import { cut, flip } from './log-records.ts';
import { contentsOf, openStore, text } from './store-history.ts';

const VALUE_BYTES = 100;
const RECORD: number = putOf(keyOf(0), new Uint8Array(VALUE_BYTES), new Uint8Array(0)).size;
const DELETION: number = deletionOf(keyOf(0)).size;

/** Where the record of entry `i` begins, if each entry was put once. */
function offsetOf(i: number): number {
  return FILE_HEADER_BYTES + i * RECORD;
}

function damageHeader(log: CompactedLog, i: number): void {
  flip(log.disk, OLD, offsetOf(i));
}

function damageBody(log: CompactedLog, i: number): void {
  flip(log.disk, OLD, offsetOf(i) + bodyOffset(keyOf(i).length));
}

/** A log of ten entries that was written to its file. */
function writtenLog(): CompactedLog {
  const log = new CompactedLog(10, VALUE_BYTES);
  log.log.flush();
  expect(log.log.end).toBe(offsetOf(10));
  return log;
}

function lostBy(compaction: Compaction): [key: string, offset: number][] {
  return compaction.takeLost().map(({ key, offset }) => [text(key), offset]);
}

function finish(compaction: Compaction): void {
  compaction.step(EVERYTHING);
  expect(compaction.isReady).toBe(true);
  compaction.finish();
}

/** The keys in the store that another process finds. */
function keysAfter(log: CompactedLog): string[] {
  return [...contentsOf(openStore(log.disk.afterKill())).keys()];
}

function keysWithout(...missing: number[]): string[] {
  return Array.from({ length: 10 }, (_, i) => i)
    .filter((i) => !missing.includes(i))
    .map((i) => text(keyOf(i)));
}

describe('a damaged body', () => {
  test('costs its entry, and no other', () => {
    const log = writtenLog();
    damageBody(log, 2);
    const compaction = log.begin();
    compaction.step(EVERYTHING);
    expect(log.generationOf(2)).toBe(0);
    expect(lostBy(compaction)).toEqual([[text(keyOf(2)), offsetOf(2)]]);
    expect(lostBy(compaction)).toEqual([]);
    finish(compaction);
    expect(lostBy(compaction)).toEqual([]);
    expect(keysAfter(log)).toEqual(keysWithout(2));
  });

  test('does not bring an older value back', () => {
    const log = writtenLog();
    const compaction = log.begin();
    compaction.step(3 * RECORD);
    expect(log.generationOf(2)).toBe(2);
    log.put(2, 3, VALUE_BYTES);
    log.log.flush();
    damageBody(log, 10);
    finish(compaction);
    expect(lostBy(compaction)).toEqual([[text(keyOf(2)), offsetOf(10)]]);
    expect(keysAfter(log)).toEqual(keysWithout(2));
  });

  test('of a dead record costs nothing', () => {
    const log = writtenLog();
    log.put(0, 1, VALUE_BYTES);
    log.log.flush();
    damageBody(log, 0);
    const compaction = log.begin();
    compaction.step(EVERYTHING);
    expect(compaction.target.end).toBe(offsetOf(10));
    finish(compaction);
    expect(lostBy(compaction)).toEqual([]);
    expect(keysAfter(log)).toEqual(keysWithout());
  });

  test('is followed by a deletion, which the new generation needs', () => {
    const log = writtenLog();
    damageBody(log, 2);
    const compaction = log.begin();
    compaction.step(EVERYTHING);
    expect(compaction.target.end).toBe(offsetOf(9) + DELETION);
  });
});

describe('a damaged header', () => {
  test.each([0, 5, 9])('of record %d costs its entry, and no other', (i) => {
    const log = writtenLog();
    damageHeader(log, i);
    const compaction = log.begin();
    finish(compaction);
    expect(lostBy(compaction)).toEqual([[text(keyOf(i)), offsetOf(i)]]);
    expect(log.generationOf(i)).toBe(0);
    expect(keysAfter(log)).toEqual(keysWithout(i));
  });

  test('before the beginning of the compaction does not matter to later records', () => {
    const log = writtenLog();
    damageHeader(log, 9);
    const compaction = log.begin();
    log.delete(0);
    log.log.flush();
    finish(compaction);
    expect(keysAfter(log)).toEqual(keysWithout(0, 9));
  });

  test('of a record written meanwhile ends the compaction: it may be a deletion of what was copied', () => {
    const log = writtenLog();
    const compaction = log.begin();
    compaction.step(EVERYTHING);
    log.delete(0);
    log.put(11, 12, VALUE_BYTES);
    log.log.flush();
    damageHeader(log, 10);
    expect(() => compaction.step(EVERYTHING)).toThrow(
      expect.objectContaining({ code: 'CORRUPT', message: `the log is damaged at offset ${offsetOf(10)}` }),
    );
    compaction.abandon(new Error('damaged'));
    expect(log.generationOf(1)).toBe(1);
  });
});

test('a record that a full disk left in parts is no damage: it is written to its end and copied', () => {
  const log = writtenLog();
  const compaction = log.begin();
  log.put(10, 11, VALUE_BYTES);
  const disk = fillUp(log.disk, RECORD - 16, OLD);
  expect(() => log.log.flush()).toThrow(/no space left/);
  disk.mend();
  finish(compaction);
  expect(lostBy(compaction)).toEqual([]);
  expect(keysAfter(log)).toEqual([...keysWithout(), text(keyOf(10))]);
});

test('a record that the file has lost the end of costs its entry', () => {
  const log = writtenLog();
  cut(log.disk, OLD, offsetOf(10) - 8);
  const compaction = log.begin();
  finish(compaction);
  expect(lostBy(compaction)).toEqual([[text(keyOf(9)), offsetOf(9)]]);
  expect(keysAfter(log)).toEqual(keysWithout(9));
});

test('a log that cannot be read ends the compaction, and the error names its file', () => {
  const log = writtenLog();
  const compaction = log.begin();
  breakDisk(log.disk, { verb: 'read', name: OLD, errno: 'EIO' });
  expect(() => compaction.step(EVERYTHING)).toThrow(/000001\.log.*EIO/);
});

describe('abandoning', () => {
  test('restores all entries and removes the new generation and its name', () => {
    const log = writtenLog();
    const locations = (): number[] =>
      Array.from({ length: 10 }, (_, i) => log.index.location(log.index.find(keyOf(i))));
    const [before, open] = [locations(), log.disk.openFiles];
    const compaction = log.begin();
    compaction.step(EVERYTHING);
    expect(locations()).not.toEqual(before);
    expect(log.disk.names).toEqual([OLD, NEW]);
    compaction.abandon('enough');
    expect(compaction.abandonedFor).toBe('enough');
    expect([log.disk.names, log.disk.openFiles, log.syncs]).toEqual([[OLD], open, ['directory']]);
    expect([locations(), log.generations.isBuilding]).toEqual([before, false]);
  });

  test('empties a file that may be whole, durably, before it removes it', () => {
    const log = writtenLog();
    const compaction = log.begin();
    compaction.step(EVERYTHING);
    const calls: string[] = [];
    log.disk.before = ({ verb, name }) => {
      if (name !== OLD) calls.push(verb);
      return verb === 'sync' && calls.filter((call) => call === 'sync').length === 2 ? { fail: 'EIO' } : undefined;
    };
    expect(() => compaction.finish()).toThrow(/EIO/);
    calls.length = 0;
    compaction.abandon(new Error('EIO'));
    expect(calls).toEqual(['truncate', 'sync', 'close', 'remove', 'sync-directory']);
  });

  /** Runs `atComplete` and fails the sync that covers COMPLETE; afterwards the operation `refused` fails too. */
  function abandonAtComplete(
    log: CompactedLog,
    refused: DiskVerb | 'nothing',
    atComplete: () => void = () => {},
  ): void {
    const compaction = log.begin();
    compaction.step(EVERYTHING);
    let syncs = 0;
    log.disk.before = ({ verb, name }) => {
      if (verb === 'sync' && name === NEW) syncs += 1;
      if (syncs < 2) return undefined;
      if (verb === 'sync') atComplete();
      return verb === 'sync' || verb === refused ? { fail: 'EIO' } : undefined;
    };
    expect(() => compaction.finish()).toThrow(/EIO/);
    compaction.abandon(new Error('EIO'));
  }

  test('keeps a file that may be whole and cannot be emptied: its name could come back', () => {
    const log = writtenLog();
    abandonAtComplete(log, 'truncate');
    expect(log.disk.names).toEqual([OLD, NEW]);
    expect(log.events.map(({ type }) => type)).toEqual(['poisoned']);
    expect(() => log.context.status.assertWritable()).toThrow(/could not empty an abandoned generation.*EIO/);
  });

  test('touches no file after the lock was lost', () => {
    const log = writtenLog();
    abandonAtComplete(log, 'nothing', () => log.disk.stealLock());
    expect(log.disk.bytes(NEW).length).toBeGreaterThan(offsetOf(10));
    expect(log.disk.names).toEqual([OLD, NEW]);
    expect(() => log.context.status.assertWritable()).toThrow(/the lock was taken/);
  });
});
