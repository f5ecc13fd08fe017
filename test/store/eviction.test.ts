/*
 * A bound on live bytes. More important than which entry is evicted: an evicted entry is never returned again unless it
 * is put again, whatever happens in between, and a call that throws has not replaced anything.
 */
import { describe, expect, test } from 'vitest';
import { recordBytes } from '../../src/log/record-format.ts';
import type { LogStore } from '../../src/store/log-store.ts';
import { breakDisk } from './disk-faults.ts';
import { flip, lastRecordOf } from './log-records.ts';
import { bytes, contentsOf, getBody, openStore, openWithEvents, text } from './store-history.ts';
import { TestDisk } from './test-disk.ts';

const NO_BYTES = new Uint8Array(0);
const BODY = 'x'.repeat(100);
/** The size of an entry whose key has four bytes. */
const ENTRY_BYTES: number = recordBytes(4, BODY.length);

const name = (number: number): string => `k${String(number).padStart(3, '0')}`;
const stored = (key: string, body: string): { key: Uint8Array; value: Uint8Array; trailer: Uint8Array } => ({
  key: bytes(key),
  value: bytes(body),
  trailer: NO_BYTES,
});
const keysOf = (store: LogStore): string[] => [...contentsOf(store).keys()];
const evictionsOf = (store: LogStore): number => store.stats().counters.evictions;

function fill(store: LogStore, from: number, to: number): void {
  for (let i = from; i < to; i += 1) store.writer.put(bytes(name(i)), bytes(`${i}${BODY}`.slice(0, BODY.length)));
}

describe('a bound on live bytes', () => {
  test('holds after every put, to the byte, and counts evictions', () => {
    const store = openStore(undefined, { maxBytes: 10 * ENTRY_BYTES });
    for (let i = 0; i < 100; i += 1) {
      fill(store, i, i + 1);
      expect(store.stats()).toMatchObject({
        entries: Math.min(i + 1, 10),
        counters: { evictions: Math.max(0, i - 9) },
      });
      expect(store.reader.has(bytes(name(i)))).toBe(true);
    }
    expect(store.stats().liveBytes).toBe(10 * ENTRY_BYTES);
  });

  test('keeps entries that get found; neither has nor a scan counts as a use', () => {
    const store = openStore(undefined, { maxBytes: 10 * ENTRY_BYTES });
    fill(store, 0, 10);
    for (const number of [2, 5, 7]) getBody(store, bytes(name(number)));
    for (let round = 0; round < 3; round += 1) {
      for (let i = 0; i < 10; i += 1) store.reader.has(bytes(name(i)));
      contentsOf(store);
    }
    fill(store, 10, 14);
    for (const number of [2, 5, 7]) expect(store.reader.has(bytes(name(number)))).toBe(true);
  });

  test('does not count a replaced entry', () => {
    const store = openStore(undefined, { maxBytes: 3 * ENTRY_BYTES });
    fill(store, 0, 3);
    for (let i = 0; i < 20; i += 1) store.writer.put(bytes(name(i % 3)), bytes(BODY));
    store.writer.putMany([stored(name(0), BODY), stored(name(2), BODY)]);
    expect(keysOf(store)).toEqual([0, 1, 2].map(name));
    expect(evictionsOf(store)).toBe(0);
    // An entry that grows evicts others, not itself.
    store.writer.put(bytes(name(1)), bytes(BODY.repeat(2)));
    expect(store.reader.has(bytes(name(1)))).toBe(true);
    expect(store.stats().liveBytes).toBeLessThanOrEqual(3 * ENTRY_BYTES);
  });

  test('makes room for the whole of a batch', () => {
    const store = openStore(undefined, { maxBytes: 10 * ENTRY_BYTES });
    fill(store, 0, 10);
    const batch = [...[20, 21, 22, 3, 3].map((number) => stored(name(number), BODY))];
    store.writer.putMany(batch);
    for (const number of [20, 21, 22, 3]) expect(store.reader.has(bytes(name(number)))).toBe(true);
    expect(store.stats().liveBytes).toBeLessThanOrEqual(10 * ENTRY_BYTES);
    store.writer.putMany(Array.from({ length: 10 }, (_, i) => stored(name(50 + i), BODY)));
    expect(keysOf(store)).toEqual(Array.from({ length: 10 }, (_, i) => name(50 + i)));
  });

  test('refuses an entry that would not fit into an empty store, and evicts nothing for it', () => {
    const store = openStore(undefined, { maxBytes: 2 * ENTRY_BYTES });
    fill(store, 0, 2);
    const before = store.stats();
    const large = BODY.repeat(4);
    const entry = `an entry that takes ${recordBytes(4, 400)} bytes is too large for \`maxBytes\` ${2 * ENTRY_BYTES}`;
    expect(() => store.writer.put(bytes(name(0)), bytes(large))).toThrow(`${entry}: open the store with more`);
    const batch = [0, 1, 2].map((number) => stored(name(number), BODY));
    expect(() => store.writer.putMany(batch)).toThrow(
      expect.objectContaining({
        code: 'TOO_LARGE',
        message: expect.stringMatching(
          /^a batch of 3 entries that takes \d+ bytes .*: split it or open the store with more$/,
        ),
      }),
    );
    expect(store.stats()).toEqual(before);
  });

  test('holds when a store is opened with a smaller bound', () => {
    const disk = new TestDisk();
    const larger = openStore(disk);
    fill(larger, 0, 50);
    larger.close();
    const store = openStore(disk, { maxBytes: 5 * ENTRY_BYTES });
    expect(store.stats()).toMatchObject({ entries: 5, liveBytes: 5 * ENTRY_BYTES, counters: { evictions: 45 } });
    const left = contentsOf(store);
    store.close();
    expect(contentsOf(openStore(disk))).toEqual(left);
  });

  test('does not apply to a reader', () => {
    const disk = new TestDisk();
    const store = openStore(disk);
    fill(store, 0, 5);
    store.close();
    const reader = openStore(disk, { readOnly: true, maxBytes: ENTRY_BYTES });
    expect(reader.stats()).toMatchObject({ entries: 5, counters: { evictions: 0 } });
  });

  test('holds during automatic compactions, and deletions are counted correctly', () => {
    const store = openStore(undefined, { maxBytes: 2_000_000 });
    for (let i = 0; i < 400; i += 1) {
      store.writer.put(bytes(name(i)), bytes(String(i % 10).repeat(50_000)));
      expect(store.stats().liveBytes).toBeLessThanOrEqual(2_000_000);
    }
    expect(store.stats().counters.compactions).toBeGreaterThan(2);
    for (const [key, body] of contentsOf(store)) expect(body[0]).toBe(key.at(-1));
    const { entries } = store.stats();
    expect(store.writer.deletePrefix(bytes('k'))).toBe(entries);
    expect(store.stats()).toMatchObject({ entries: 0, liveBytes: 0 });
  });
});

describe('an evicted entry', () => {
  /** A full store whose first entry was evicted; `old` is its value. */
  function evicted(disk: TestDisk, seed: number): { readonly store: LogStore; readonly gone: string } {
    const store = openStore(disk, { maxBytes: 4 * ENTRY_BYTES, seed });
    fill(store, 0, 4);
    store.sync();
    fill(store, 4, 5);
    const gone = [0, 1, 2, 3].map(name).find((key) => !store.reader.has(bytes(key))) as string;
    return { store, gone };
  }

  test.each([1, 2, 3])('does not come back with a reopening, after a kill or a power cut (%i)', (seed) => {
    const disk = new TestDisk();
    const { store, gone } = evicted(disk, seed);
    store.sync();
    const left = contentsOf(store);
    for (const after of [disk.afterKill(), disk.afterCrash(() => 'none')]) {
      expect(contentsOf(openStore(after))).toEqual(left);
    }
    store.close();
    const again = openStore(disk);
    expect(getBody(again, bytes(gone))).toBeUndefined();
  });

  test.each([
    ['delete', (store: LogStore, key: string) => store.writer.delete(bytes(key))],
    ['deletePrefix', (store: LogStore, key: string) => store.writer.deletePrefix(bytes(key))],
  ])('does not come back after a %s that found nothing', (_, remove) => {
    const disk = new TestDisk();
    const { store, gone } = evicted(disk, 4);
    expect(Number(remove(store, gone))).toBe(0);
    store.sync();
    const crashed = disk.afterCrash(() => 'none');
    for (const file of crashed.names) if (/\.index2?$/.test(file)) crashed.take(file);
    expect(openStore(crashed).reader.has(bytes(gone))).toBe(false);
  });

  test('does not come back through a compaction that was running at the eviction', async () => {
    const disk = new TestDisk();
    const store = openStore(disk, { maxBytes: 1_500_000 });
    const body = 'x'.repeat(50_000);
    for (let i = 0; i < 25; i += 1) store.writer.put(bytes(name(i)), bytes(body));
    store.writer.delete(bytes(name(0)));
    const compaction = store.compactAsync();
    for (let i = 25; i < 60; i += 1) store.writer.put(bytes(name(i)), bytes(body));
    await compaction;
    expect(evictionsOf(store)).toBeGreaterThan(20);
    expect(store.stats().generation).toBeGreaterThan(1);
    store.sync();
    const left = contentsOf(store);
    const crashed = disk.afterCrash(() => 'none');
    for (const file of crashed.names) if (/\.index2?$/.test(file)) crashed.take(file);
    expect(contentsOf(openStore(crashed))).toEqual(left);
    expect(store.verify()).toMatchObject({ damaged: [] });
  });

  test('is durably gone with the put that evicted it', () => {
    const disk = new TestDisk();
    const store = openStore(disk, { maxBytes: 4 * ENTRY_BYTES, durability: 'on-put' });
    fill(store, 0, 9);
    expect(contentsOf(openStore(disk.afterCrash(() => 'none')))).toEqual(contentsOf(store));
    expect(store.stats().counters.syncs).toBe(9);
  });
});

describe('evictions and failures', () => {
  test('an entry found damaged frees its space, and is not evicted a second time', () => {
    const disk = new TestDisk();
    const first = openStore(disk);
    fill(first, 0, 4);
    first.close();
    flip(disk, '000001.log', lastRecordOf(disk, '000001.log', name(2)).bodyOffset);
    const { store, events } = openWithEvents(disk, { maxBytes: 4 * ENTRY_BYTES });
    expect(getBody(store, bytes(name(2)))).toBeUndefined();
    expect(events.map(({ type }) => type)).toEqual(['entry-damaged']);
    fill(store, 9, 10);
    expect(evictionsOf(store)).toBe(0);
    fill(store, 10, 11);
    expect(evictionsOf(store)).toBe(1);
    expect(store.stats().entries).toBe(4);
  });

  test('a put that the disk refuses replaces nothing; entries evicted for it stay evicted', () => {
    const disk = new TestDisk();
    const store = openStore(disk, { maxBytes: 400_000 });
    const body = 'x'.repeat(60_000);
    for (let i = 0; i < 6; i += 1) store.writer.put(bytes(name(i)), bytes(body));
    getBody(store, bytes(name(0)));
    const before = contentsOf(store);
    const fault = breakDisk(disk, { verb: 'write', errno: 'ENOSPC' });
    const grown = 'y'.repeat(200_000);
    expect(() => store.writer.put(bytes(name(0)), bytes(grown))).toThrow(expect.objectContaining({ code: 'IO' }));
    const left = contentsOf(store);
    expect(left.get(name(0))).toBe(body);
    expect([...before.keys()]).toEqual(expect.arrayContaining([...left.keys()]));
    fault.mend();
    store.writer.put(bytes(name(0)), bytes(grown));
    expect(text(getBody(store, bytes(name(0))) ?? NO_BYTES)).toBe(grown);
    store.sync();
    expect(contentsOf(openStore(disk.afterKill()))).toEqual(contentsOf(store));
  });

  test('a store that cannot shrink when it is opened reports it, and shrinks with the first put', () => {
    const disk = new TestDisk();
    const first = openStore(disk);
    for (let i = 0; i < 5000; i += 1) first.writer.put(bytes(`${'k'.repeat(60)}${i}`), bytes('x'));
    first.close();
    const fault = breakDisk(disk, { verb: 'write', name: '000001.log', errno: 'ENOSPC' });
    const { store, events } = openWithEvents(disk, { maxBytes: 10_000 });
    expect(events.map(({ type }) => type)).toEqual(['housekeeping-failed']);
    expect(store.stats().liveBytes).toBeGreaterThan(10_000);
    expect(() => store.writer.put(bytes('new'), bytes('x'))).toThrow(expect.objectContaining({ code: 'IO' }));
    fault.mend();
    store.writer.put(bytes('new'), bytes('x'));
    expect(store.stats().liveBytes).toBeLessThanOrEqual(10_000);
    expect(store.reader.has(bytes('new'))).toBe(true);
  });
});
