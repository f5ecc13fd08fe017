import { describe, expect, test } from 'vitest';
import { BodyReader } from '../../src/log/body-reader.ts';
import { deletionOf, putOf } from '../../src/log/record-codec.ts';
import { RECORD_HEADER_BYTES } from '../../src/log/record-format.ts';
import { copyForCaller, PAGE_BYTES } from '../../src/log/record-memory.ts';
import { flip } from '../store/log-records.ts';
import { appendPut, body, key, NAME, newLog, reopened } from './log-fixtures.ts';

/** Compared at once: a matcher compares large arrays byte by byte. */
function expectBody(found: Uint8Array | undefined, number: number, length: number): void {
  if (found === undefined || Buffer.compare(found, body(number, length)) !== 0) {
    expect.fail(`body ${number} of ${length} bytes was ${found === undefined ? 'missed' : 'wrong'}`);
  }
}

const LENGTHS = [0, 1, 2, 3, 4, 5, 90, 1023, 1024, 1025, 60_000, 10_000, 70_000, 200_000, 40_000, 3];

describe('a point read', () => {
  test.each([1, 3, 40])('returns every body, before and after it is in the file, with %i pages', (pages) => {
    const { disk, log } = newLog(pages);
    const places = LENGTHS.map((length, number) => ({ number, length, ...appendPut(log, number, length) }));
    const readAll = (bodies: BodyReader): void => {
      for (const { number, length, offset, size } of [...places, ...places.toReversed()]) {
        expectBody(bodies.read(offset, size, key(number), copyForCaller), number, length);
      }
    };
    readAll(new BodyReader(log));
    log.flush();
    readAll(new BodyReader(log));
    readAll(new BodyReader(reopened(disk, pages)));
  });

  test('returns a body that is half in the file and half in memory', () => {
    const { disk, log } = newLog(1);
    const { offset, size } = appendPut(log, 0, 150_000);
    disk.before = ({ verb, position }) => {
      if (verb !== 'write') return undefined;
      return position < 66_000 ? 1000 : 0;
    };
    expect(() => log.flush()).toThrow(/accepts no bytes/);
    expect(log.written).toBeGreaterThan(PAGE_BYTES);
    expectBody(new BodyReader(log).read(offset, size, key(0), copyForCaller), 0, 150_000);
  });

  test('misses a record other than the expected one', () => {
    const { disk, log } = newLog();
    const first = appendPut(log, 1, 40);
    const second = appendPut(log, 2, 40);
    const deletion = log.append(deletionOf(key(1)));
    log.flush();
    // Records that were written or verified in memory are found by their offset alone: the index has compared the key.
    const bodies = new BodyReader(reopened(disk));
    expect(bodies.read(first.offset, first.size + 8, key(1), copyForCaller)).toBeUndefined();
    expect(bodies.read(first.offset + 8, first.size, key(1), copyForCaller)).toBeUndefined();
    expect(bodies.read(log.end - 8, first.size, key(1), copyForCaller)).toBeUndefined();
    expect(bodies.read(deletion, log.end - deletion, key(1), copyForCaller)).toBeUndefined();
    expect(bodies.read(second.offset, second.size, key(1), copyForCaller)).toBeUndefined();
    expect(bodies.read(second.offset, second.size, new Uint8Array(3), copyForCaller)).toBeUndefined();
    expectBody(bodies.read(first.offset, first.size, key(1), copyForCaller), 1, 40);
  });

  test.each([40, 100_000])('misses a damaged record of %i bytes, whichever byte it is', (length) => {
    const { disk, log } = newLog(1);
    const { offset, size } = appendPut(log, 1, length);
    log.flush();
    const whole = disk.bytes(NAME);
    const step = Math.max(1, Math.floor(size / 80));
    for (let at = offset; at < offset + size; at += step) {
      flip(disk, NAME, at);
      expect(new BodyReader(reopened(disk, 1)).read(offset, size, key(1), copyForCaller)).toBeUndefined();
      disk.place(NAME, whole);
    }
    expectBody(new BodyReader(reopened(disk, 1)).read(offset, size, key(1), copyForCaller), 1, length);
  });

  test('misses a record that is no longer in the file', () => {
    const { disk, log } = newLog(1);
    const places = [appendPut(log, 0, 200_000), appendPut(log, 1, 100), appendPut(log, 2, 200_000)];
    log.flush();
    disk.place(NAME, disk.bytes(NAME).slice(0, 70_000));
    const bodies = new BodyReader(log);
    const found = places.map(({ offset, size }, number) => bodies.read(offset, size, key(number), copyForCaller));
    expect(found).toEqual([undefined, undefined, undefined]);
  });

  test('verifies a page again after it was read again', () => {
    const { disk, log } = newLog(2);
    const { offset, size } = appendPut(log, 1, 40);
    appendPut(log, 2, 200_000);
    log.flush();
    const bodies = new BodyReader(log);
    expectBody(bodies.read(offset, size, key(1), copyForCaller), 1, 40);
    const held = log.pages[0];
    if (held !== undefined) {
      // The pool gives the page to another log.
      log.dropPage(0);
    }
    flip(disk, NAME, offset + size - 1);
    expect(bodies.read(offset, size, key(1), copyForCaller)).toBeUndefined();
  });

  test('reads single records if no page is granted', () => {
    const { disk, log } = newLog(8);
    const places = Array.from({ length: 40 }, (_, number) => appendPut(log, number, 30_000));
    log.flush();
    const small = reopened(disk, 2);
    const bodies = new BodyReader(small);
    let reads = 0;
    disk.before = ({ verb, length }) => {
      if (verb === 'read' && length < PAGE_BYTES) reads += 1;
      return undefined;
    };
    for (let round = 0; round < 3; round += 1) {
      for (const [number, { offset, size }] of places.entries()) {
        expectBody(bodies.read(offset, size, key(number), copyForCaller), number, 30_000);
      }
    }
    expect(reads).toBeGreaterThan(0);
  });
});

describe('a point read of pages', () => {
  test('counts a hit of the page, also for the last record of a page', () => {
    const { disk, log } = newLog();
    appendPut(log, 0, PAGE_BYTES);
    const inner = appendPut(log, 1, 40);
    const lengthOfLast = PAGE_BYTES - (log.end % PAGE_BYTES) - 24;
    const last = appendPut(log, 2, lengthOfLast);
    expect(log.end % PAGE_BYTES).toBe(0);
    log.flush();
    for (const each of [log, reopened(disk)]) {
      const bodies = new BodyReader(each);
      bodies.read(inner.offset, inner.size, key(1), copyForCaller);
      const score = each.pages[1]?.score ?? 0;
      expectBody(bodies.read(inner.offset, inner.size, key(1), copyForCaller), 1, 40);
      expectBody(bodies.read(last.offset, last.size, key(2), copyForCaller), 2, lengthOfLast);
      expect(each.pages[1]?.score).toBe(score + 2);
    }
  });

  test('finds nothing at or across the end of the log, whatever the memory holds', () => {
    const { log } = newLog();
    const { offset, size } = appendPut(log, 0, 40);
    const bodies = new BodyReader(log);
    expect(bodies.read(log.end, size, new Uint8Array(0), copyForCaller)).toBeUndefined();
    expect(bodies.read(offset, size + 8, key(0), copyForCaller)).toBeUndefined();
  });

  test('verifies a record only once while it stays in memory', () => {
    const { disk, log } = newLog();
    const { offset, size } = appendPut(log, 0, 40);
    log.flush();
    const again = reopened(disk);
    const bodies = new BodyReader(again);
    expect(bodies.readResident(offset, key(0), copyForCaller)).toBeUndefined();
    bodies.read(offset, size, key(0), copyForCaller);
    expect(bodies.readResident(offset, key(0), copyForCaller)).toBeDefined();
    // A change of memory, which cannot happen, shows that no checksum is computed.
    const bytes = again.pages[0]?.bytes ?? new Uint8Array(0);
    bytes[offset + size - 1] = 1;
    expect(bodies.read(offset, size, key(0), copyForCaller)).toBeDefined();
  });

  test('misses a record that was removed from the file, also if its bytes are in memory from before', () => {
    const { disk, log } = newLog(1);
    const within = appendPut(log, 0, 40_000);
    const across = appendPut(log, 1, 50_000);
    appendPut(log, 2, 100_000);
    log.flush();
    const whole = disk.bytes(NAME);
    // No page is free: each read uses memory that is reused for the next.
    const bodies = new BodyReader(reopened(disk, 1));
    for (const [number, { offset, size }] of [within, across].entries()) {
      expect(bodies.read(offset, size, key(number), copyForCaller)).toBeDefined();
      disk.place(NAME, whole.slice(0, offset + 100));
      expect(bodies.read(offset, size, key(number), copyForCaller)).toBeUndefined();
      disk.place(NAME, whole);
    }
  });

  test('compares every byte of the key, and its length', () => {
    const { disk, log } = newLog();
    const name = new TextEncoder().encode('eleven byte');
    const offset = log.append(putOf(name, body(1, 40), new Uint8Array(0)));
    const size = log.end - offset;
    log.flush();
    const bodies = new BodyReader(reopened(disk));
    for (let at = 0; at < name.length; at += 1) {
      expect(bodies.read(offset, size, name.with(at, 0), copyForCaller)).toBeUndefined();
    }
    // Both take as much room in a record.
    expect(bodies.read(offset, size, name.subarray(0, -1), copyForCaller)).toBeUndefined();
    expectBody(bodies.read(offset, size, name, copyForCaller), 1, 40);
    for (let at = 0; at < name.length; at += 1) {
      expect(bodies.readResident(offset, name.with(at, 0), copyForCaller)).toBeUndefined();
    }
    expect(bodies.readResident(offset, name.subarray(0, -1), copyForCaller)).toBeUndefined();
    expectBody(bodies.readResident(offset, name, copyForCaller), 1, 40);
  });

  test('loads a page again only after as many misses as the first time', () => {
    const { disk, log } = newLog();
    const first = appendPut(log, 0, 30_000);
    appendPut(log, 1, PAGE_BYTES);
    const second = appendPut(log, 2, 30_000);
    appendPut(log, 3, PAGE_BYTES);
    log.flush();
    const bodies = new BodyReader(reopened(disk, 2));
    let loads = 0;
    disk.before = ({ verb, length }) => {
      if (verb === 'read' && length === PAGE_BYTES) loads += 1;
      return undefined;
    };
    // Both are within one page; the pool has room for one of them.
    for (let round = 0; round < 200; round += 1) {
      expectBody(bodies.read(first.offset, first.size, key(0), copyForCaller), 0, 30_000);
      expectBody(bodies.read(second.offset, second.size, key(2), copyForCaller), 2, 30_000);
    }
    expect(loads).toBeGreaterThan(1);
    expect(loads).toBeLessThan(20);
  });
});

describe('a body or record in memory', () => {
  test('is passed without a read, if all of it is in one page', () => {
    const { log } = newLog(40);
    const places = LENGTHS.map((length, number) => ({ number, length, ...appendPut(log, number, length) }));
    const rest = PAGE_BYTES - (log.end % PAGE_BYTES) - 24;
    places.push({ number: LENGTHS.length, length: rest, ...appendPut(log, LENGTHS.length, rest) });
    expect(log.end % PAGE_BYTES).toBe(0);
    const bodies = new BodyReader(log);
    let within = 0;
    for (const { number, length, offset, size } of places) {
      const place = bodies.lendResident(offset, size, (memory, at) => ({ memory, at }));
      const found = bodies.readResident(offset, key(number), copyForCaller);
      if ((offset % PAGE_BYTES) + size > PAGE_BYTES) {
        expect([place, found]).toEqual([undefined, undefined]);
        continue;
      }
      within += 1;
      expectBody(found, number, length);
      expect(place?.at).toBe(offset % PAGE_BYTES);
      expect(place?.memory.bytes.subarray(offset % PAGE_BYTES).subarray(16, 16 + 5)).toEqual(
        key(number).subarray(0, 5),
      );
    }
    expect(within).toBeGreaterThan(10);
  });

  test('counts a hit of its page', () => {
    const { log } = newLog();
    const { offset, size } = appendPut(log, 0, 40);
    const bodies = new BodyReader(log);
    const score = log.pages[0]?.score ?? 0;
    bodies.readResident(offset, key(0), copyForCaller);
    bodies.lendResident(offset, size, () => true);
    expect(log.pages[0]?.score).toBe(score + 2);
  });

  test('may be the smallest record at the end of a page', () => {
    const { log } = newLog();
    const empty = new Uint8Array(0);
    appendPut(log, 0, PAGE_BYTES - log.end - 24 - RECORD_HEADER_BYTES);
    const offset = log.append(putOf(empty, empty, empty));
    expect(log.end).toBe(PAGE_BYTES);
    expect(new BodyReader(log).readResident(offset, empty, copyForCaller)).toEqual(empty);
  });

  test('is not passed before it was verified', () => {
    const { disk, log } = newLog();
    const [first, second] = [appendPut(log, 0, 40), appendPut(log, 1, 40)];
    log.flush();
    const again = reopened(disk);
    const bodies = new BodyReader(again);
    bodies.read(first.offset, first.size, key(0), copyForCaller);
    expect(bodies.lendResident(first.offset, first.size, () => true)).toBe(true);
    expect(bodies.lendResident(second.offset, second.size, () => true)).toBeUndefined();
    expect(bodies.readResident(second.offset, key(1), copyForCaller)).toBeUndefined();
    // What this process appends needs no verification.
    const third = appendPut(again, 2, 40);
    expectBody(bodies.readResident(third.offset, key(2), copyForCaller), 2, 40);
  });

  test('is not passed if its page is not in memory', () => {
    const { disk, log } = newLog();
    const { offset, size } = appendPut(log, 0, 40);
    appendPut(log, 1, PAGE_BYTES);
    log.flush();
    const bodies = new BodyReader(reopened(disk));
    expect(bodies.readResident(offset, key(0), copyForCaller)).toBeUndefined();
    expect(bodies.lendResident(offset, size, () => true)).toBeUndefined();
  });
});

describe('results', () => {
  test('belong to the caller: none overlaps another or the log', () => {
    const { log } = newLog();
    const places = LENGTHS.map((length, number) => ({ number, length, ...appendPut(log, number, length) }));
    const bodies = new BodyReader(log);
    const results = places.map(({ number, offset, size }) => bodies.read(offset, size, key(number), copyForCaller));
    for (const result of results) result?.fill(0xee);
    for (const { number, length, offset, size } of places) {
      expectBody(bodies.read(offset, size, key(number), copyForCaller), number, length);
    }
    const kept = Array.from({ length: 500 }, () =>
      bodies.read(places[6]?.offset ?? 0, places[6]?.size ?? 0, key(6), copyForCaller),
    );
    for (const [i, result] of kept.entries()) result?.fill(i & 0xff);
    for (const [i, result] of kept.entries()) expect(result?.every((byte) => byte === (i & 0xff))).toBe(true);
  });
});
