/*
 * `verify` decides whether a store can be trusted. What must not happen: damage that it does not see, an entry counted
 * as damaged whose record is intact, or as intact in one log because of a record at the same offset of another.
 */
import { describe, expect, test } from 'vitest';
import { FILE_HEADER_BYTES } from '../../src/log/file-header.ts';
import { batchOf, deletionOf, putOf } from '../../src/log/record-codec.ts';
import { bodyOffset } from '../../src/log/record-format.ts';
import type { Progress } from '../../src/store/compaction.ts';
import { locationOf } from '../../src/store/generations.ts';
import { type VerifyReport, verifyLogs } from '../../src/store/verification.ts';
import { CompactedLog, keyOf, MIB, OLD, RECORD } from './compacted-log.ts';
import { breakDisk, fillUp } from './disk-faults.ts';
import { cut, flip } from './log-records.ts';

const VALUE_BYTES = 100;
const SMALL: number = putOf(keyOf(0), new Uint8Array(VALUE_BYTES), new Uint8Array(0)).size;

/** Where the record of entry `i` begins, if each entry was put once. */
function offsetOf(i: number): number {
  return FILE_HEADER_BYTES + i * SMALL;
}

/** A log of ten entries that was written to its file. */
function writtenLog(): CompactedLog {
  const log = new CompactedLog(10, VALUE_BYTES);
  log.log.flush();
  return log;
}

function verify(log: CompactedLog): VerifyReport {
  log.log.flush();
  return verifyLogs(log.generations.all, log.index);
}

test('a log without damage is ok: all records are counted, and the entries', () => {
  const log = writtenLog();
  log.put(3, 4, VALUE_BYTES);
  log.delete(4);
  log.log.append(batchOf({ records: 0, bytes: 0 }));
  const report = verify(log);
  expect(report).toEqual({
    records: 13,
    bytes: log.log.end,
    entries: 9,
    entriesDamaged: 0,
    damaged: [],
    ok: true,
  });
});

test('an empty log is ok', () => {
  const log = new CompactedLog(0);
  expect(verify(log)).toEqual({
    records: 0,
    bytes: FILE_HEADER_BYTES,
    entries: 0,
    entriesDamaged: 0,
    damaged: [],
    ok: true,
  });
});

describe('damage', () => {
  const body = (i: number): number => offsetOf(i) + bodyOffset(keyOf(i).length);

  test.each([0, 5, 9])('in the body of record %d is its range, and costs its entry', (i) => {
    const log = writtenLog();
    flip(log.disk, OLD, body(i));
    expect(verify(log)).toMatchObject({
      records: 10,
      entries: 10,
      entriesDamaged: 1,
      damaged: [{ from: offsetOf(i), to: offsetOf(i + 1) }],
      ok: false,
    });
  });

  test.each([0, 5, 9])('in the header of record %d hides it, and costs its entry', (i) => {
    const log = writtenLog();
    flip(log.disk, OLD, offsetOf(i));
    expect(verify(log)).toMatchObject({
      records: 9,
      entries: 10,
      entriesDamaged: 1,
      damaged: [{ from: offsetOf(i), to: offsetOf(i + 1) }],
      ok: false,
    });
  });

  test('in a dead record is reported and costs no entry', () => {
    const log = writtenLog();
    log.put(0, 1, VALUE_BYTES);
    flip(log.disk, OLD, body(0));
    expect(verify(log)).toMatchObject({
      entriesDamaged: 0,
      damaged: [{ from: offsetOf(0), to: offsetOf(1) }],
      ok: false,
    });
  });

  test('of two neighbours is one range if their headers are lost, and two if only their bodies are', () => {
    const headers = writtenLog();
    for (const i of [4, 5]) flip(headers.disk, OLD, offsetOf(i));
    expect(verify(headers)).toMatchObject({ entriesDamaged: 2, damaged: [{ from: offsetOf(4), to: offsetOf(6) }] });
    const bodies = writtenLog();
    for (const i of [4, 5]) flip(bodies.disk, OLD, body(i));
    expect(verify(bodies).damaged).toHaveLength(2);
  });

  test('of the end of the file goes up to what was written', () => {
    const log = writtenLog();
    cut(log.disk, OLD, offsetOf(10) - 8);
    expect(verify(log)).toMatchObject({ entriesDamaged: 1, damaged: [{ from: offsetOf(9), to: offsetOf(10) }] });
  });

  test('that a full disk left is the part of a record that was written', () => {
    const log = writtenLog();
    log.put(10, 11, VALUE_BYTES);
    fillUp(log.disk, SMALL - 16, OLD);
    expect(() => log.log.flush()).toThrow(/no space left/);
    expect(verifyLogs([log.log], log.index)).toMatchObject({
      records: 11,
      bytes: offsetOf(11) - 16,
      entriesDamaged: 1,
      damaged: [{ from: offsetOf(10), to: offsetOf(11) - 16 }],
    });
  });
});

test('an entry without a record is damaged, although no range of the log is', () => {
  const log = writtenLog();
  log.index.relocate(log.index.find(keyOf(2)), log.index.location(log.index.find(keyOf(3))));
  expect(verify(log)).toMatchObject({ entriesDamaged: 1, damaged: [], ok: false });
});

test('a deletion is not a record of its key', () => {
  const log = writtenLog();
  const at = log.log.append(deletionOf(keyOf(2)));
  log.index.relocate(log.index.find(keyOf(2)), locationOf(1, at));
  expect(verify(log)).toMatchObject({ entriesDamaged: 1, damaged: [], ok: false });
});

test('during a compaction both logs are read, and each entry counts where it is', () => {
  const log = writtenLog();
  const compaction = log.begin();
  compaction.step(3 * SMALL);
  expect([0, 2, 3].map((i) => log.generationOf(i))).toEqual([2, 2, 1]);
  compaction.target.flush();
  const bytes = log.log.end + compaction.target.end;
  expect(verify(log)).toMatchObject({ records: 13, bytes, entries: 10, entriesDamaged: 0, ok: true });
  flip(log.disk, OLD, offsetOf(9));
  expect(verify(log)).toMatchObject({ records: 12, entriesDamaged: 1, ok: false });
});

test('a log that cannot be read is reported by its name', () => {
  const log = writtenLog();
  breakDisk(log.disk, { verb: 'read', name: OLD, errno: 'EIO' });
  expect(() => verify(log)).toThrow(/000001\.log.*EIO/);
});

test('progress is reported for each MiB of all logs, and at the end', () => {
  const log = new CompactedLog(40);
  const compaction = log.begin();
  compaction.step(18 * RECORD);
  log.log.flush();
  compaction.target.flush();
  const reports: Progress[] = [];
  verifyLogs(log.generations.all, log.index, (progress) => reports.push(progress));
  const first = log.log.end;
  const totalBytes = first + compaction.target.end;
  expect(reports).toEqual(
    [FILE_HEADER_BYTES + MIB, FILE_HEADER_BYTES + 2 * MIB, first + FILE_HEADER_BYTES + MIB, totalBytes].map(
      (doneBytes) => ({ doneBytes, totalBytes }),
    ),
  );
});
