import { describe, expect, test } from 'vitest';
import { BodyReader } from '../../src/log/body-reader.ts';
import { deletionOf } from '../../src/log/record-codec.ts';
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
