import { describe, expect, test } from 'vitest';
import { FILE_HEADER_BYTES } from '../../src/log/file-header.ts';
import { batchOf, completionOf, deletionOf, markOf, prefixDeletionOf } from '../../src/log/record-codec.ts';
import { RECORD_HEADER_BYTES, RecordKind } from '../../src/log/record-format.ts';
import { flip } from '../store/log-records.ts';
import { appendPut, key, NAME, newLog, readerOf } from './log-fixtures.ts';

describe('a reader', () => {
  test('reads the kind and content of each record', () => {
    const { disk, log } = newLog();
    appendPut(log, 0, 5);
    log.append(deletionOf(key(0)));
    log.append(prefixDeletionOf(key(1)));
    log.append(batchOf({ records: 3, bytes: 2 ** 33 }));
    log.appendMark(2 ** 33 + 8);
    log.append(completionOf());
    log.append(markOf(0));
    log.flush();
    const reader = readerOf(disk);
    const kinds: number[] = [];
    for (let at = FILE_HEADER_BYTES; reader.read(at) === 'valid'; at = reader.next) {
      kinds.push(reader.kind);
      if (reader.kind === RecordKind.batch) expect(reader.batchExtent()).toEqual({ records: 3, bytes: 2 ** 33 });
      if (reader.kind === RecordKind.mark && kinds.length < 6) expect(reader.markOffset()).toBe(2 ** 33 + 8);
      expect(reader.next).toBe(at + reader.recordBytes);
    }
    expect(kinds).toEqual([1, 2, 3, 4, 5, 6, 5]);
    expect(reader.read(log.end)).toBe('end');
    expect(reader.read(log.end + 8)).toBe('end');
  });

  test('reads records larger than its chunk, and small ones after them', () => {
    const { disk, log } = newLog();
    const lengths = [10, 700_000, 10, 300_000, 262_144, 1];
    const places = lengths.map((length, number) => appendPut(log, number, length));
    log.flush();
    const reader = readerOf(disk);
    for (const [number, { offset, size }] of places.entries()) {
      expect(reader.read(offset)).toBe('valid');
      expect(reader.recordBytes).toBe(size);
      expect(new TextDecoder().decode(reader.key())).toBe(`key ${number}`);
    }
    // In any order: the chunk in memory moves back and forth.
    for (const { offset } of places.toReversed()) expect(reader.read(offset)).toBe('valid');
  });

  test('finds damage to a body only if asked to verify it, and any damage to a header', () => {
    const { disk, log } = newLog();
    const { offset, size } = appendPut(log, 0, 9);
    log.flush();
    flip(disk, NAME, offset + size - 1);
    expect(readerOf(disk).read(offset, false)).toBe('valid');
    expect(readerOf(disk).read(offset)).toBe('bad-body');
    flip(disk, NAME, offset + RECORD_HEADER_BYTES);
    expect(readerOf(disk).read(offset, false)).toBe('bad-header');
  });

  test('reports an incomplete record as bad, by its header if that is present', () => {
    const { disk, log } = newLog();
    const { offset, size } = appendPut(log, 0, 100);
    log.flush();
    for (let length = 0; length < size; length += 1) {
      const reader = readerOf(disk);
      reader.size = offset + length;
      const headerBytes = RECORD_HEADER_BYTES + 8;
      const expected = length < headerBytes ? 'bad-header' : 'bad-body';
      expect(reader.read(offset)).toBe(length === 0 ? 'end' : expected);
    }
  });

  test('reports a file that is shorter than expected as damaged', () => {
    const { disk, log } = newLog();
    const before = appendPut(log, 6, 100);
    const { offset } = appendPut(log, 7, 400_000);
    log.flush();
    const reader = readerOf(disk);
    expect(reader.read(before.offset)).toBe('valid');
    disk.place(NAME, disk.bytes(NAME).slice(0, offset + 1000));
    expect(reader.read(offset)).toBe('bad-body');
    // The key is still that of the record: the entry that the damage hits must be found.
    expect(new TextDecoder().decode(reader.key())).toBe('key 7');
    expect(reader.nextHeader(offset + 8)).toBeUndefined();
    disk.place(NAME, disk.bytes(NAME).slice(0, offset + 10));
    expect(readerOf(disk).read(offset)).toBe('bad-header');
  });

  test('passes on the error of a read', () => {
    const { disk, log } = newLog();
    log.flush();
    const reader = readerOf(disk);
    reader.size = 100;
    disk.before = ({ verb }) => {
      if (verb === 'read') throw new Error('out of order');
      return undefined;
    };
    expect(() => reader.read(FILE_HEADER_BYTES)).toThrow(expect.objectContaining({ code: 'IO' }));
  });
});

describe('the search for the next header', () => {
  test('finds the next record at any distance', () => {
    const { disk, log } = newLog();
    const first = appendPut(log, 0, 300_000);
    const second = appendPut(log, 1, 3);
    log.flush();
    flip(disk, NAME, first.offset);
    expect(readerOf(disk).nextHeader(first.offset + 8)).toBe(second.offset);
    expect(readerOf(disk).nextHeader(second.offset)).toBe(second.offset);
    expect(readerOf(disk).nextHeader(second.offset + 8)).toBeUndefined();
  });

  test('does not accept a record that is incomplete in the file', () => {
    const { disk, log } = newLog();
    const { offset, size } = appendPut(log, 0, 100);
    log.flush();
    const reader = readerOf(disk);
    reader.size = offset + size - 1;
    expect(reader.nextHeader(FILE_HEADER_BYTES)).toBeUndefined();
  });

  test('stops if bytes look like headers everywhere', () => {
    const { disk, log } = newLog();
    log.flush();
    // A put with the longest key at every possible offset: each costs a hash of 64 KiB.
    const words = new Int32Array(50_000);
    for (let word = 2; word < words.length; word += 2) words[word] = RecordKind.put | (0xffff << 16);
    disk.place(NAME, new Uint8Array([...disk.bytes(NAME), ...new Uint8Array(words.buffer)]));
    const reader = readerOf(disk);
    let bytesRead = 0;
    disk.before = ({ verb, length }) => {
      if (verb === 'read') bytesRead += length;
      return undefined;
    };
    expect(reader.nextHeader(FILE_HEADER_BYTES)).toBeUndefined();
    expect(bytesRead).toBeLessThan(40 * words.byteLength);
  });
});

describe('the search for the next durable offset', () => {
  test('finds every mark and COMPLETE after any bytes', () => {
    const { disk, log } = newLog();
    appendPut(log, 0, 300_000);
    const mark = log.append(markOf(40));
    appendPut(log, 1, 20);
    const complete = log.append(completionOf());
    log.flush();
    flip(disk, NAME, FILE_HEADER_BYTES);
    const reader = readerOf(disk);
    expect(reader.nextMark(FILE_HEADER_BYTES)).toBe(mark);
    expect(reader.markOffset()).toBe(40);
    expect(reader.nextMark(reader.next)).toBe(complete);
    expect(reader.nextMark(reader.next)).toBeUndefined();
  });

  test('accepts a file that is shorter than expected', () => {
    const { disk, log } = newLog();
    log.flush();
    const reader = readerOf(disk);
    reader.size = 1000;
    expect(reader.nextMark(FILE_HEADER_BYTES)).toBeUndefined();
  });
});
