import { describe, expect, test } from 'vitest';
import { BodyReader } from '../../src/log/body-reader.ts';
import { FILE_HEADER_BYTES } from '../../src/log/file-header.ts';
import { LOG_BYTES_MAX, LogFile } from '../../src/log/log-file.ts';
import { encodeRecord, putOf } from '../../src/log/record-codec.ts';
import { copyForCaller, PAGE_BYTES, recordMemory } from '../../src/log/record-memory.ts';
import { errnoError } from '../../src/storage/errno-error.ts';
import { cut } from '../store/log-records.ts';
import { appendPut, body, fileOf, key, NAME, newLog, readerOf, reopened } from './log-fixtures.ts';

/** The keys of the records in the file, in order. */
function keysIn(disk: ReturnType<typeof newLog>['disk']): string[] {
  const reader = readerOf(disk);
  const keys: string[] = [];
  for (let at = FILE_HEADER_BYTES; reader.read(at) === 'valid'; at = reader.next) {
    keys.push(new TextDecoder().decode(reader.key()));
  }
  return keys;
}

/** Appends records with all relations to pages: within one, across two, up to the end of one, over several. */
function appendSomeOfEachLength(log: LogFile): number {
  const lengths = [0, 1, 3, 4, 5, 40, 1000, 60_000, 10_000, 70_000, 200_000, 3];
  for (const [number, length] of lengths.entries()) appendPut(log, number, length);
  const room = PAGE_BYTES - (log.end % PAGE_BYTES);
  appendPut(log, lengths.length, room - 24);
  expect(log.end % PAGE_BYTES).toBe(0);
  appendPut(log, lengths.length + 1, 12);
  return lengths.length + 2;
}

describe('a log file', () => {
  test('starts with its header, which is written with the first flush', () => {
    const { disk, log } = newLog();
    expect(disk.bytes(NAME).length).toBe(0);
    expect([log.end, log.written, log.unwritten]).toEqual([FILE_HEADER_BYTES, 0, FILE_HEADER_BYTES]);
    log.flush();
    expect(disk.bytes(NAME).length).toBe(FILE_HEADER_BYTES);
    expect(log.unwritten).toBe(0);
  });

  test('needs a sync before its first record: its header is not durable', () => {
    const { log } = newLog();
    expect(log.needsSync).toBe(true);
    expect(log.lastDataRecord).toEqual({ offset: 0, end: FILE_HEADER_BYTES });
    log.sync();
    expect(log.needsSync).toBe(false);
  });

  test('keeps the page of its end pinned', () => {
    const { log } = newLog();
    appendPut(log, 0, 2 * PAGE_BYTES);
    expect(log.pages.map((page) => page?.pinned)).toEqual([true, true, true]);
    log.flush();
    expect(log.pages.map((page) => page?.pinned)).toEqual([false, false, true]);
  });

  test('accepts records that were encoded for its end', () => {
    const { disk, log } = newLog();
    const memory = recordMemory(100_008);
    // Also in the second page: all that this process wrote is known to be valid.
    for (const number of [0, 1, 2, 3, 4]) {
      const content = putOf(key(number), body(number, number === 2 ? 90_000 : 50), new Uint8Array(0));
      const { end } = log;
      encodeRecord(memory, 8, content, log.salt, end);
      expect(log.appendEncoded(memory.bytes, 8, content.size)).toBe(end);
      expect(log.lastDataRecord).toEqual({ offset: end, end: log.end });
      if (number === 2) continue;
      expect(new BodyReader(log).readResident(end, key(number), copyForCaller)).toEqual(body(number, 50));
    }
    log.flush();
    expect(keysIn(disk)).toEqual(['key 0', 'key 1', 'key 2', 'key 3', 'key 4']);
  });

  test.each([1, 8])('holds records of every length in order, with %i pages of memory', (pages) => {
    const { disk, log, pool } = newLog(pages);
    const count = appendSomeOfEachLength(log);
    log.flush();
    expect(disk.bytes(NAME).length).toBe(log.end);
    expect(keysIn(disk)).toEqual(Array.from({ length: count }, (_, number) => `key ${number}`));
    expect(pool.bytes).toBeLessThanOrEqual((pages + 1) * PAGE_BYTES);
  });

  test('continues at its end when it is opened again', () => {
    const { disk, log } = newLog();
    appendPut(log, 0, 100);
    log.flush();
    const again = reopened(disk);
    appendPut(again, 1, 100_000);
    again.flush();
    const third = reopened(disk);
    appendPut(third, 2, 5);
    third.flush();
    expect(keysIn(disk)).toEqual(['key 0', 'key 1', 'key 2']);
  });

  test('continues at its end also at the end of a page', () => {
    const { disk, log } = newLog();
    appendPut(log, 0, PAGE_BYTES - FILE_HEADER_BYTES - 24);
    log.flush();
    expect(log.end).toBe(PAGE_BYTES);
    const again = reopened(disk);
    appendPut(again, 1, 9);
    again.flush();
    expect(keysIn(disk)).toEqual(['key 0', 'key 1']);
  });

  test('writes the same bytes to the same place after a write that failed halfway', () => {
    const { disk, log } = newLog();
    for (let number = 0; number < 5; number += 1) appendPut(log, number, 50_000);
    const { end } = log;
    let left = 70_001;
    disk.before = ({ verb, name, length }) => {
      if (verb !== 'write') return undefined;
      if (left === 0) throw errnoError('ENOSPC', 'no space left', verb, name);
      const taken = Math.min(left, length);
      left -= taken;
      return taken;
    };
    expect(() => log.flush()).toThrow(expect.objectContaining({ code: 'IO' }));
    expect([log.written, log.end]).toEqual([70_001, end]);
    expect(() => log.flush()).toThrow(/free space and try again/);
    appendPut(log, 5, 8);
    disk.before = () => undefined;
    log.flush();
    expect(keysIn(disk)).toEqual(['key 0', 'key 1', 'key 2', 'key 3', 'key 4', 'key 5']);
  });

  test('tolerates short writes and interruptions, but not a file that accepts no bytes', () => {
    const { disk, log } = newLog();
    appendPut(log, 0, 3000);
    let calls = 0;
    disk.before = ({ verb, name }) => {
      if (verb !== 'write') return undefined;
      calls += 1;
      if (calls % 2 === 0) throw errnoError(calls % 4 === 0 ? 'EINTR' : 'EAGAIN', 'again', verb, name);
      return 1 + (calls % 13);
    };
    log.flush();
    expect(keysIn(disk)).toEqual(['key 0']);
    disk.before = ({ verb }) => (verb === 'write' ? 0 : undefined);
    appendPut(log, 1, 3);
    expect(() => log.flush()).toThrow(/accepts no bytes/);
    disk.before = () => undefined;
    log.flush();
    expect(keysIn(disk)).toEqual(['key 0', 'key 1']);
  });

  test('checks the lock before it writes, and writes nothing if the check throws', () => {
    const { disk, pool } = newLog();
    let allowed = false;
    const log = LogFile.create(disk.create('other.log'), 'other.log', { generation: 2, salt: 0 }, pool, () => {
      if (!allowed) throw new Error('not now');
    });
    expect(() => log.flush()).toThrow('not now');
    expect(disk.bytes('other.log').length).toBe(0);
    allowed = true;
    log.flush();
    expect(disk.bytes('other.log').length).toBe(FILE_HEADER_BYTES);
    // There is nothing to write.
    allowed = false;
    log.flush();
  });

  test('knows what is durable, and needs no sync for a mark', () => {
    const { log } = newLog();
    appendPut(log, 0, 100);
    expect([log.durable, log.needsSync]).toEqual([0, true]);
    log.sync();
    expect([log.durable, log.needsSync]).toEqual([log.end, false]);
    log.appendMark(log.durable);
    expect(log.needsSync).toBe(false);
    expect(log.lastDataRecord.end).toBe(log.durable);
    appendPut(log, 1, 1);
    expect(log.needsSync).toBe(true);
    log.markDurable(0);
    expect(log.durable).toBeGreaterThan(0);
  });

  test('a sync that fails covers nothing', () => {
    const { disk, log } = newLog();
    appendPut(log, 0, 100);
    disk.before = ({ verb, name }) => {
      if (verb === 'sync') throw errnoError('EIO', 'input/output error', verb, name);
      return undefined;
    };
    expect(() => log.sync()).toThrow(expect.objectContaining({ code: 'IO' }));
    expect([log.durable, log.needsSync, log.written]).toEqual([0, true, log.end]);
  });

  test('refuses records that its offsets could not address', () => {
    const { log } = newLog();
    expect(() => log.assertFits(LOG_BYTES_MAX - FILE_HEADER_BYTES)).not.toThrow();
    expect(() => log.assertFits(LOG_BYTES_MAX - FILE_HEADER_BYTES + 1)).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE' }),
    );
  });

  test('releases its pages and closes its file once', () => {
    const { disk, log, pool } = newLog(2);
    appendPut(log, 0, 200_000);
    const held = pool.bytes;
    let closed = 0;
    const close = log.file.close.bind(log.file);
    log.file.close = () => {
      closed += 1;
      close();
    };
    log.close();
    log.close();
    expect([disk.openFiles, closed]).toEqual([0, 1]);
    expect(pool.bytes).toBe(held);
    pool.trim();
    expect(pool.bytes).toBe(2 * PAGE_BYTES);
  });

  test('reports the error of closing its file', () => {
    const { disk, log } = newLog();
    disk.before = ({ verb, name }) => {
      if (verb === 'close') throw errnoError('EIO', 'input/output error', verb, name);
      return undefined;
    };
    expect(() => log.close()).toThrow(/could not close 000001\.log/);
  });
});

describe('a page of a log', () => {
  test('that cannot be read is returned to the pool', () => {
    const { disk, log, pool } = newLog(2);
    appendPut(log, 0, 300_000);
    log.flush();
    pool.trim();
    const missing = [0, 1, 2, 3].find((number) => log.pages[number] === undefined) ?? 0;
    disk.before = ({ verb, name }) => {
      if (verb === 'read') throw errnoError('EIO', 'input/output error', verb, name);
      return undefined;
    };
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect(() => log.loadPage(missing, 255)).toThrow(/could not read 000001\.log/);
    }
    expect(log.pages[missing]).toBeUndefined();
    // Its memory is free: nothing is evicted for the next page.
    const free = pool.takeForReading(log, 99, 0);
    expect(free).toBeDefined();
    if (free !== undefined) pool.release(free);
    disk.before = () => undefined;
    expect(log.loadPage(missing, 255)?.bytes.slice(40, 80)).toEqual(readBytes(disk, missing * PAGE_BYTES + 40, 40));
    expect(pool.bytes).toBe(2 * PAGE_BYTES);
  });

  test('has zeros where the file ends too early, and is read in one piece', () => {
    const { disk, log } = newLog();
    const { offset, size } = appendPut(log, 0, 40_000);
    appendPut(log, 1, 3 * PAGE_BYTES);
    log.flush();
    const again = reopened(disk, 2);
    const lengths: number[] = [];
    disk.before = ({ verb, length }) => {
      if (verb === 'read') lengths.push(length);
      return undefined;
    };
    const page = again.loadPage(0, 0);
    expect(lengths).toEqual([PAGE_BYTES]);
    expect(page?.bytes.subarray(offset, offset + size)).toEqual(disk.bytes(NAME).subarray(offset, offset + size));
    page?.bytes.fill(7);
    cut(disk, NAME, offset + 100);
    const loaded = again.loadPage(0, 255);
    expect(loaded).toBe(page);
    expect(loaded?.bytes.subarray(offset + 100).every((byte) => byte === 0)).toBe(true);
  });
});

function readBytes(disk: ReturnType<typeof newLog>['disk'], position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  fileOf(disk).read(bytes, 0, length, position);
  return bytes;
}
