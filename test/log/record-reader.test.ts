import { describe, expect, test } from 'vitest';
import { FILE_HEADER_BYTES } from '../../src/log/file-header.ts';
import { batchOf, completionOf, deletionOf, markOf, prefixDeletionOf, putOf } from '../../src/log/record-codec.ts';
import { KEY_BYTES_MAX, RECORD_HEADER_BYTES, RecordKind } from '../../src/log/record-format.ts';
import { RecordReader } from '../../src/log/record-reader.ts';
import { flip } from '../store/log-records.ts';
import { appendPut, fileOf, key, NAME, newLog, readerOf } from './log-fixtures.ts';

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
    // Also if its bytes are in memory from a time when the log was longer.
    const before = readerOf(disk);
    expect(before.read(offset)).toBe('valid');
    for (let length = 0; length < size; length += 1) {
      for (const reader of [readerOf(disk), before]) {
        reader.size = offset + length;
        const headerBytes = RECORD_HEADER_BYTES + 8;
        const expected = length < headerBytes ? 'bad-header' : 'bad-body';
        expect(reader.read(offset)).toBe(length === 0 ? 'end' : expected);
      }
    }
  });

  test('reads nothing beyond the log or its memory', () => {
    const { disk, log } = newLog();
    const places = [10, 300_000, 700_000, 10].map((length, number) => appendPut(log, number, length));
    const { end } = log;
    appendPut(log, 9, 100_000);
    log.flush();
    const file = fileOf(disk);
    const read = file.read.bind(file);
    let reads = 0;
    file.read = (target, targetOffset, length, position) => {
      reads += 1;
      expect(targetOffset + length).toBeLessThanOrEqual(target.length);
      expect(position + length).toBeLessThanOrEqual(end);
      return read(target, targetOffset, length, position);
    };
    const reader = new RecordReader({ file, name: NAME, salt: log.salt }, end);
    for (const { offset } of places) expect(reader.read(offset)).toBe('valid');
    expect(reads).toBeGreaterThan(2);
  });

  test('reports a kind that it does not know as damage, even if the checksum is right', () => {
    const { disk, log } = newLog();
    const offset = log.append({ ...deletionOf(key(0)), kind: 9 as RecordKind });
    log.flush();
    expect(readerOf(disk).read(offset)).toBe('bad-header');
    expect(readerOf(disk).nextHeader(offset)).toBeUndefined();
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

  // Memory that was not read into has zeros, like the body.
  test('reports a missing body as damaged also if it was all zeros', () => {
    const { disk, log } = newLog();
    const offset = log.append(putOf(key(0), new Uint8Array(1000), new Uint8Array(0)));
    log.flush();
    const reader = readerOf(disk);
    disk.place(NAME, disk.bytes(NAME).slice(0, offset + 100));
    expect(reader.read(offset)).toBe('bad-body');
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
    expect(() => reader.read(FILE_HEADER_BYTES)).toThrow(
      expect.objectContaining({ code: 'IO', message: expect.stringContaining(`read ${NAME}`) }),
    );
  });
});

/** Places that look like the header of a PUT with the longest key: each costs the search a hash of 64 KiB. */
function apparentHeaders(bytes: number, every: number): Uint8Array {
  const words = new Int32Array(bytes >>> 2);
  for (let word = 0; word < words.length; word += every >>> 2) words[word] = RecordKind.put | (KEY_BYTES_MAX << 16);
  return new Uint8Array(words.buffer);
}

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
    const last = log.append(completionOf());
    log.flush();
    expect(readerOf(disk).nextHeader(second.offset + 8)).toBe(last);
  });

  test('skips bytes that cannot be a header, however many there are', () => {
    const { disk, log } = newLog();
    const before = log.append(putOf(key(0), new Uint8Array(300_000).fill(0xff), new Uint8Array(0)));
    const { offset } = appendPut(log, 1, 3);
    log.flush();
    expect(readerOf(disk).nextHeader(before + 8)).toBe(offset);
  });

  test('finds the next record after some places that look like headers', () => {
    const { disk, log } = newLog();
    // More than the MiB that may always be hashed, less than eight bytes for each byte.
    const before = log.append(putOf(key(0), apparentHeaders(600_000, 20_000), new Uint8Array(0)));
    const { offset } = appendPut(log, 1, 3);
    log.flush();
    expect(readerOf(disk).nextHeader(before + 8)).toBe(offset);
  });

  test('does not accept a record that is incomplete in the file', () => {
    const { disk, log } = newLog();
    const { offset, size } = appendPut(log, 0, 100);
    log.flush();
    const reader = readerOf(disk);
    reader.size = offset + size - 1;
    expect(reader.nextHeader(FILE_HEADER_BYTES)).toBeUndefined();
  });

  test('stops if too many places look like headers', () => {
    const { disk, log } = newLog();
    // The limit depends on the bytes that are searched, not on those before.
    appendPut(log, 0, 1_000_000);
    const before = log.append(putOf(key(1), apparentHeaders(200_000, 2000), new Uint8Array(0)));
    appendPut(log, 2, 3);
    log.flush();
    const reader = readerOf(disk);
    let bytesRead = 0;
    disk.before = ({ verb, length }) => {
      if (verb === 'read') bytesRead += length;
      return undefined;
    };
    expect(reader.nextHeader(before + 8)).toBeUndefined();
    expect(bytesRead).toBeLessThan(8_000_000);
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
