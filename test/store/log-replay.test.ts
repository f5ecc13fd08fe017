/*
 * Why this test: stores write no log that is wrong in exactly one way. These logs are assembled record by record, so
 * that each rule of the replay is tested alone, and at its boundary.
 */
import { describe, expect, test, vi } from 'vitest';
import { FILE_HEADER_BYTES } from '../../src/log/file-header.ts';
import {
  batchOf,
  completionOf,
  deletionOf,
  markOf,
  prefixDeletionOf,
  putOf,
  type RecordContent,
} from '../../src/log/record-codec.ts';
import { bodyOffset, FLAG_BATCH_MEMBER, recordBytes } from '../../src/log/record-format.ts';
import { LogReplay, lastMarkedOffset } from '../../src/store/recovery/log-replay.ts';
import { keysOf, seededIndex } from '../key-index/index-fixtures.ts';
import { NAME, newLog, readerOf } from '../log/log-fixtures.ts';
import { cut, flip } from './log-records.ts';
import { bytes, text } from './store-history.ts';
import type { TestDisk } from './test-disk.ts';

const BODY = '0123456789';
/** The size of each record with a key of one byte. */
const PUT_BYTES: number = recordBytes(1, BODY.length);

function put(key: string, flags = 0): RecordContent {
  return putOf(bytes(key), bytes(BODY), bytes(''), flags);
}

/** The records of a batch of puts; the first record has the given extent. */
function batch(keys: string, extent = { records: keys.length, bytes: keys.length * PUT_BYTES }): RecordContent[] {
  return [batchOf(extent), ...[...keys].map((key) => put(key, FLAG_BATCH_MEMBER))];
}

/** A log file with these records, and the offset of each. */
function logOf(...records: readonly RecordContent[]): { disk: TestDisk; at: readonly number[]; end: number } {
  const { disk, log } = newLog();
  const at = records.map((record) => log.append(record));
  log.sync();
  return { disk, at, end: log.end };
}

function damageHeader(disk: TestDisk, at: number | undefined): void {
  flip(disk, NAME, at ?? 0);
}

function damageBody(disk: TestDisk, at: number | undefined): void {
  flip(disk, NAME, (at ?? 0) + bodyOffset(1));
}

function replayed(disk: TestDisk, durable = 0): LogReplay & { readonly keys: string } {
  const index = seededIndex();
  const replay = new LogReplay(readerOf(disk), index, 1, durable);
  replay.run();
  return Object.assign(replay, { keys: keysOf(index).map(text).join() });
}

describe('a replay', () => {
  test('applies puts, deletions and prefix deletions in order', () => {
    const { disk, end, at } = logOf(
      put('a'),
      put('ab'),
      put('b'),
      put('bc'),
      deletionOf(bytes('a')),
      prefixDeletionOf(bytes('b')),
    );
    expect(replayed(disk)).toMatchObject({ keys: 'ab', records: 6, end, durable: 0, damaged: [], forgotten: false });
    expect(replayed(disk).lastDataRecord).toEqual({ offset: at[5], end });
  });

  test('treats a damaged record that was not durable as the end', () => {
    const { disk, at } = logOf(put('a'), put('b'), put('c'));
    for (const damage of [damageHeader, damageBody]) {
      const damaged = disk.afterKill();
      damage(damaged, at[1]);
      const end = { keys: 'a', end: at[1], damaged: [], forgotten: false, entriesLost: 0 };
      expect(replayed(damaged)).toMatchObject(end);
      // A durable offset before this record does not include it.
      expect(replayed(damaged, at[1])).toMatchObject(end);
    }
  });

  test('forgets everything older than a damaged durable header', () => {
    const { disk, at, end } = logOf(put('a'), put('b'), put('c'));
    damageHeader(disk, at[1]);
    const damage = { keys: 'c', end, damaged: [{ from: at[1], to: at[2] }], forgotten: true };
    expect(replayed(disk, (at[1] ?? 0) + 1)).toMatchObject(damage);
  });

  test('loses the entry of a damaged durable body, and older ones of its key', () => {
    const { disk, at, end } = logOf(put('a'), put('b'), put('b'), put('c'));
    damageBody(disk, at[2]);
    const damaged = [{ from: at[2], to: at[3] }];
    expect(replayed(disk, end)).toMatchObject({
      keys: 'a,c',
      end,
      damaged,
      entriesLost: 1,
      forgotten: false,
      records: 3,
    });
  });

  test('reports damage within the file if a durable body is truncated', () => {
    const { disk, at, end } = logOf(put('a'), put('b'));
    cut(disk, NAME, end - 8);
    expect(replayed(disk, end - 8)).toMatchObject({ keys: 'a', end: end - 8, damaged: [{ from: at[1], to: end - 8 }] });
  });

  test('forgets everything if the log ends below its durable offset', () => {
    const { disk, end } = logOf(put('a'));
    expect(replayed(disk, end)).toMatchObject({ keys: 'a', forgotten: false, damaged: [] });
    expect(replayed(disk, end + 1)).toMatchObject({ keys: '', forgotten: true, damaged: [{ from: end, to: end }] });
  });
});

describe('the durable offset', () => {
  test('is that of a mark, which covers neither itself nor later records', () => {
    const { disk, at } = logOf(put('a'), markOf(1_000_000), put('b'));
    expect(replayed(disk)).toMatchObject({ durable: at[1], records: 3 });
    expect(lastMarkedOffset(readerOf(disk), FILE_HEADER_BYTES)).toBe(at[1]);
    damageHeader(disk, at[2]);
    expect(replayed(disk)).toMatchObject({ keys: 'a', end: at[2], forgotten: false });
  });

  test('is not higher than that of the mark', () => {
    const { disk, at } = logOf(put('a'), put('b'), markOf(FILE_HEADER_BYTES + PUT_BYTES));
    expect(lastMarkedOffset(readerOf(disk), FILE_HEADER_BYTES)).toBe(at[1]);
    damageHeader(disk, at[1]);
    expect(replayed(disk)).toMatchObject({ keys: 'a', end: at[1], forgotten: false });
  });

  test('is found in a later mark, the highest of several', () => {
    const { disk, at, end } = logOf(put('a'), put('b'), markOf(FILE_HEADER_BYTES + 2 * PUT_BYTES), markOf(0), put('c'));
    damageHeader(disk, at[1]);
    expect(replayed(disk)).toMatchObject({ keys: 'c', end, forgotten: true, durable: at[2] });
  });

  test('is found behind damaged records too', () => {
    const { disk, at } = logOf(put('a'), put('b'), markOf(0), put('c'), markOf(1_000_000), put('d'));
    damageHeader(disk, at[1]);
    damageHeader(disk, at[3]);
    expect(lastMarkedOffset(readerOf(disk), FILE_HEADER_BYTES)).toBe(at[4]);
  });

  test('is found from record to record: trying every offset is for what follows an invalid header', () => {
    const { disk, at, end } = logOf(put('a'), markOf(0), put('b'), markOf(1_000_000), put('c'));
    const reader = readerOf(disk);
    const search = vi.spyOn(reader, 'nextMark');
    expect(lastMarkedOffset(reader, FILE_HEADER_BYTES)).toBe(at[3]);
    expect(search).not.toHaveBeenCalled();
    damageHeader(disk, at[2]);
    expect(lastMarkedOffset(readerOf(disk), FILE_HEADER_BYTES)).toBe(at[3]);
    expect(lastMarkedOffset(readerOf(disk), end)).toBe(0);
  });

  test('is the offset of COMPLETE', () => {
    const { disk, at, end } = logOf(put('a'), completionOf(), put('b'));
    expect(replayed(disk)).toMatchObject({ durable: at[1], keys: 'a,b' });
    expect(lastMarkedOffset(readerOf(disk), FILE_HEADER_BYTES)).toBe(at[1]);
    damageHeader(disk, at[0]);
    expect(replayed(disk)).toMatchObject({ keys: 'b', end, forgotten: true });
  });
});

describe('a batch', () => {
  test('is applied if it is complete', () => {
    const { disk, end } = logOf(put('a'), ...batch('bc'), put('d'));
    expect(replayed(disk)).toMatchObject({ keys: 'a,b,c,d', end, records: 4, damaged: [] });
  });

  test('is applied if it is the end of the log', () => {
    const { disk, end } = logOf(put('a'), ...batch('bc'));
    expect(replayed(disk)).toMatchObject({ keys: 'a,b,c', end, records: 3, damaged: [] });
  });

  test.each([
    ['states more records than it has', batch('bc', { records: 3, bytes: 2 * PUT_BYTES })],
    ['states fewer records than it has', batch('bc', { records: 1, bytes: 2 * PUT_BYTES })],
    ['ends within a record', batch('bc', { records: 2, bytes: 2 * PUT_BYTES - 8 })],
    [
      'has a record that is not a member',
      [batchOf({ records: 2, bytes: 2 * PUT_BYTES }), put('b', FLAG_BATCH_MEMBER), put('c')],
    ],
    [
      'contains a deletion',
      [
        batchOf({ records: 2, bytes: PUT_BYTES + recordBytes(1, 0) }),
        put('b', FLAG_BATCH_MEMBER),
        { ...deletionOf(bytes('a')), flags: FLAG_BATCH_MEMBER },
      ],
    ],
  ])('that %s is a torn tail, or damage if it was durable', (_wrong, records) => {
    const { disk, at, end } = logOf(put('a'), ...records, put('d'));
    expect(replayed(disk)).toMatchObject({ keys: 'a', end: at[1], forgotten: false, damaged: [] });
    expect(replayed(disk, end)).toMatchObject({ end, forgotten: true, damaged: [{ from: at[1] }] });
  });

  test('with a damaged member is a torn tail', () => {
    const { disk, at } = logOf(put('a'), ...batch('bc'), put('d'));
    for (const damage of [damageHeader, damageBody]) {
      const damaged = disk.afterKill();
      damage(damaged, at[3]);
      expect(replayed(damaged)).toMatchObject({ keys: 'a', end: at[1], forgotten: false, entriesLost: 0 });
    }
  });

  test('that was durable loses the members whose bodies are damaged', () => {
    const { disk, at, end } = logOf(put('a'), put('b'), ...batch('bc'), put('d'));
    damageBody(disk, at[3]);
    const damaged = [{ from: at[3], to: at[4] }];
    expect(replayed(disk, end)).toMatchObject({ keys: 'a,c,d', end, damaged, entriesLost: 1, forgotten: false });
  });

  test('that was durable hides an unknown operation if the header of a member is damaged', () => {
    const { disk, at, end } = logOf(put('a'), ...batch('bcd'), put('e'));
    damageBody(disk, at[2]);
    damageHeader(disk, at[3]);
    // The replay continues after the batch: none of its members is applied.
    const damaged = [{ from: at[1], to: at[5] }];
    expect(replayed(disk, end)).toMatchObject({ keys: 'e', end, damaged, forgotten: true, entriesLost: 0 });
  });

  test('whose first record is lost is lost as a whole', () => {
    const { disk, at, end } = logOf(put('a'), ...batch('bc'), put('d'));
    damageHeader(disk, at[1]);
    expect(replayed(disk, end)).toMatchObject({ keys: 'd', end, damaged: [{ from: at[1], to: at[2] }] });
  });

  test('whose last member is truncated is a torn tail, or lost if it was durable', () => {
    const { disk, at, end } = logOf(put('a'), ...batch('bc'));
    cut(disk, NAME, end - 8);
    expect(replayed(disk)).toMatchObject({ keys: 'a', end: at[1], damaged: [] });
    expect(replayed(disk, end - 8)).toMatchObject({ forgotten: true, damaged: [{ from: at[1], to: end - 8 }] });
  });
});
