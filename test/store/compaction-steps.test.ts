/*
 * A compaction in single steps: how much each copies, when it syncs, and what the last step leaves to `finish`. What
 * must not happen: a step that waits for more than one sync, or a last sync of much more than a buffer.
 */
import { describe, expect, test } from 'vitest';
import { FILE_HEADER_BYTES } from '../../src/log/file-header.ts';
import { batchOf, deletionOf, prefixDeletionOf } from '../../src/log/record-codec.ts';
import { utf8 } from '../key-index/index-fixtures.ts';
import { CompactedLog, EVERYTHING, KIB, keyOf, MIB, NEW, OLD, RECORD } from './compacted-log.ts';
import { breakDisk } from './disk-faults.ts';

describe('a step', () => {
  test('copies the records of as many bytes, and no more', () => {
    const log = new CompactedLog(10);
    const compaction = log.begin();
    compaction.step(2 * RECORD);
    expect(compaction.progress).toEqual({ doneBytes: FILE_HEADER_BYTES + 2 * RECORD, totalBytes: log.log.end });
    compaction.step(1);
    expect(compaction.progress.doneBytes).toBe(FILE_HEADER_BYTES + 3 * RECORD);
    compaction.step(RECORD + 1);
    expect(compaction.progress.doneBytes).toBe(FILE_HEADER_BYTES + 5 * RECORD);
    expect([0, 4, 5].map((i) => log.generationOf(i))).toEqual([2, 2, 1]);
    expect(compaction.target.end).toBe(FILE_HEADER_BYTES + 5 * RECORD);
  });

  test('of no bytes does nothing', () => {
    const compaction = new CompactedLog(10).begin();
    compaction.step(0);
    expect(compaction.progress.doneBytes).toBe(FILE_HEADER_BYTES);
  });

  test('writes what it copies, a buffer at a time', () => {
    const log = new CompactedLog(20);
    const compaction = log.begin();
    compaction.step(3 * RECORD);
    expect(compaction.target.written).toBe(0);
    compaction.step(RECORD);
    expect(compaction.target.unwritten).toBe(0);
    compaction.step(4 * RECORD);
    expect(compaction.target.unwritten).toBe(0);
    expect(compaction.target.durable).toBe(0);
  });

  test('that syncs does nothing else, and the name is made durable after the first sync', () => {
    const log = new CompactedLog(70);
    const compaction = log.begin();
    compaction.step(4 * MIB);
    expect(log.syncs).toEqual([]);
    const { doneBytes } = compaction.progress;
    expect(doneBytes).toBe(FILE_HEADER_BYTES + 4 * MIB);
    compaction.step(4 * MIB);
    expect(log.syncs).toEqual([FILE_HEADER_BYTES + 4 * MIB]);
    compaction.step(4 * MIB);
    expect(log.syncs).toEqual([FILE_HEADER_BYTES + 4 * MIB, 'directory']);
    expect(compaction.progress.doneBytes).toBe(doneBytes);
    compaction.step(1);
    expect(compaction.progress.doneBytes).toBe(doneBytes + RECORD);
  });

  test('of more bytes does more: a sync counts as 4 MiB', () => {
    const log = new CompactedLog(200);
    const compaction = log.begin();
    compaction.step(8 * MIB + 1);
    expect(log.syncs).toEqual([FILE_HEADER_BYTES + 4 * MIB, 'directory']);
    expect(compaction.progress.doneBytes).toBe(FILE_HEADER_BYTES + 4 * MIB);
    compaction.step(4 * MIB + 1);
    expect(compaction.progress.doneBytes).toBe(FILE_HEADER_BYTES + 8 * MIB);
    expect(log.syncs).toHaveLength(3);
  });
});

describe('a sync', () => {
  test('covers 4 MiB and no more; the last one also less', () => {
    const log = new CompactedLog(3 * 64 + 4);
    const compaction = log.begin();
    compaction.step(EVERYTHING);
    expect(compaction.isReady).toBe(true);
    expect(log.syncs).toEqual([FILE_HEADER_BYTES + 4 * MIB, 'directory', 4 * MIB, 4 * MIB, 256 * KIB]);
  });

  test('is left to the end if it has less than a buffer to cover', () => {
    const log = new CompactedLog(64 + 3);
    const compaction = log.begin();
    compaction.step(EVERYTHING);
    expect(compaction.isReady).toBe(true);
    expect(log.syncs).toEqual([FILE_HEADER_BYTES + 4 * MIB, 'directory']);
    log.syncs.length = 0;
    compaction.finish();
    expect(log.syncs).toEqual([3 * RECORD, expect.any(Number)]);
    expect(log.syncs[1]).toBeLessThan(KIB);
  });

  test('near the end comes once: records written meanwhile do not delay it again', () => {
    const log = new CompactedLog(8);
    const compaction = log.begin();
    compaction.step(8 * RECORD);
    expect(compaction.isReady).toBe(false);
    compaction.step(1);
    expect(log.syncs).toEqual([FILE_HEADER_BYTES + 8 * RECORD]);
    expect(compaction.isReady).toBe(true);
    log.put(8, 24);
    expect(compaction.isReady).toBe(false);
    compaction.step(EVERYTHING);
    expect(compaction.isReady).toBe(true);
    expect(log.syncs).toEqual([FILE_HEADER_BYTES + 8 * RECORD, 'directory']);
    log.put(24, 24 + 64);
    compaction.step(EVERYTHING);
    expect(compaction.isReady).toBe(true);
    expect(log.syncs).toEqual([FILE_HEADER_BYTES + 8 * RECORD, 'directory', 4 * MIB]);
    compaction.finish();
    expect([0, 7, 8, 87].map((i) => log.generationOf(i))).toEqual([2, 2, 2, 2]);
  });
});

describe('the end', () => {
  test('makes the name durable before COMPLETE, also if nothing was synced before', () => {
    const log = new CompactedLog(1);
    const compaction = log.begin();
    compaction.step(EVERYTHING);
    compaction.finish();
    expect(log.syncs).toEqual([FILE_HEADER_BYTES + RECORD, 'directory', expect.any(Number)]);
    expect(log.log.generation).toBe(2);
    expect(log.events).toEqual([]);
  });

  test('syncs nothing twice', () => {
    const log = new CompactedLog(4);
    const compaction = log.begin();
    compaction.step(EVERYTHING);
    expect(log.syncs).toEqual([FILE_HEADER_BYTES + 4 * RECORD]);
    compaction.finish();
    expect(log.syncs).toEqual([FILE_HEADER_BYTES + 4 * RECORD, 'directory', expect.any(Number)]);
  });

  test('writes the mark of the new generation and closes the old one', () => {
    const log = new CompactedLog(1);
    const compaction = log.begin();
    const open = log.disk.openFiles;
    compaction.step(EVERYTHING);
    compaction.finish();
    expect(log.log.unwritten).toBe(0);
    expect(log.log.end).toBeGreaterThan(log.log.durable);
    expect(log.disk.openFiles).toBe(open - 1);
  });
});

test('a compaction does not begin if the log cannot be written', () => {
  const log = new CompactedLog(1);
  breakDisk(log.disk, { verb: 'write', name: OLD, errno: 'ENOSPC' });
  expect(() => log.begin()).toThrow(/ENOSPC/);
  expect(log.disk.names).not.toContain(NEW);
  expect(log.generations.isBuilding).toBe(false);
});

test('deletions before the beginning are not copied, later ones are', () => {
  const log = new CompactedLog(3);
  log.delete(0);
  const compaction = log.begin();
  compaction.step(EVERYTHING);
  const { end } = compaction.target;
  expect(end).toBe(FILE_HEADER_BYTES + 2 * RECORD);
  log.delete(1);
  compaction.step(EVERYTHING);
  const prefix = prefixDeletionOf(utf8('nothing'));
  log.log.append(prefix);
  // Neither of these says anything about the new generation.
  log.log.appendMark(32);
  log.log.append(batchOf({ records: 0, bytes: 0 }));
  compaction.step(EVERYTHING);
  expect(compaction.target.end).toBe(end + deletionOf(keyOf(1)).size + prefix.size);
});
