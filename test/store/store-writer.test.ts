/*
 * What a mutation checks before it accepts anything, and what it owes afterwards. What must not happen: a call that
 * throws has changed something, or a mutation leaves its share of a compaction or of a write to others.
 */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { KeyIndex } from '../../src/key-index/key-index.ts';
import { LogFile } from '../../src/log/log-file.ts';
import { deletionOf } from '../../src/log/record-codec.ts';
import { KEY_BYTES_MAX, recordBytes, VALUE_BYTES_MAX } from '../../src/log/record-format.ts';
import { CompactionScheduler } from '../../src/store/compaction-scheduler.ts';
import type { LogStore } from '../../src/store/log-store.ts';
import { breakDisk } from './disk-faults.ts';
import { flip, lastRecordOf } from './log-records.ts';
import { bytes, contentsOf, getBody, openStore, openWithEvents } from './store-history.ts';
import { TestDisk } from './test-disk.ts';

const LOG = '000001.log';
const BODY = 'x'.repeat(100);
const tooLarge = expect.objectContaining({ code: 'TOO_LARGE' });

const stored = (key: string, body: string): { key: Uint8Array; value: Uint8Array; trailer: Uint8Array } => ({
  key: bytes(key),
  value: bytes(body),
  trailer: bytes(''),
});

/** Bytes that need no memory: only their length is looked at. */
const ofLength = (length: number): Uint8Array => ({ length }) as Uint8Array;

function putAll(store: LogStore, ...keys: string[]): void {
  for (const key of keys) store.writer.put(bytes(key), bytes(BODY));
}

/** From now on logs have room for no more than `bytesMax` bytes. */
function limitLogs(bytesMax: number): void {
  const real = LogFile.prototype.assertFits;
  vi.spyOn(LogFile.prototype, 'assertFits').mockImplementation(function (this: LogFile, size: number) {
    real.call(this, this.end + size > bytesMax ? Number.POSITIVE_INFINITY : size);
  });
}

afterEach(() => vi.restoreAllMocks());

describe('sizes', () => {
  test.each([
    ['a put', (store: LogStore, key: Uint8Array, value: Uint8Array) => store.writer.put(key, value)],
    [
      'a batch',
      (store: LogStore, key: Uint8Array, value: Uint8Array) =>
        store.writer.putMany([stored('a', 'b'), { key, value, trailer: bytes('') }]),
    ],
    [
      'a delete',
      (store: LogStore, key: Uint8Array, value: Uint8Array) => store.writer.delete(value.length > 1 ? value : key),
    ],
  ])('are checked by %s, which then changes nothing', (_name, write) => {
    const store = openStore();
    putAll(store, 'a', 'z');
    const before = store.stats();
    expect(() => write(store, ofLength(KEY_BYTES_MAX + 1), bytes('1'))).toThrow(tooLarge);
    expect(() => write(store, bytes('a'), ofLength(VALUE_BYTES_MAX + 1))).toThrow(tooLarge);
    expect(store.stats()).toEqual(before);
  });

  test('of a prefix are not limited: nothing is under a longer one than a key', () => {
    const store = openStore();
    const longest = new Uint8Array(KEY_BYTES_MAX).fill(7);
    store.writer.put(longest, bytes('1'));
    const { logBytes } = store.stats();
    for (const length of [KEY_BYTES_MAX + 1, KEY_BYTES_MAX + 2, 2 * KEY_BYTES_MAX]) {
      expect(store.writer.deletePrefix(new Uint8Array(length).fill(7))).toBe(0);
    }
    expect(store.stats()).toMatchObject({ entries: 1, logBytes });
    expect(store.writer.deletePrefix(longest)).toBe(1);
  });
});

describe('a log without room', () => {
  test.each([
    ['a put', (store: LogStore) => store.writer.put(bytes('a'), bytes(BODY))],
    ['a batch', (store: LogStore) => store.writer.putMany([stored('a', ''), stored('b', BODY)])],
    ['a delete', (store: LogStore) => store.writer.delete(bytes('a'))],
    ['a deletePrefix', (store: LogStore) => store.writer.deletePrefix(bytes(''))],
  ])('refuses %s, which changes nothing', (_name, write) => {
    const store = openStore();
    putAll(store, 'a', 'z');
    const before = { ...store.stats(), contents: contentsOf(store) };
    limitLogs(store.stats().logBytes + 8);
    expect(() => write(store)).toThrow(tooLarge);
    expect({ ...store.stats(), contents: contentsOf(store) }).toEqual({ ...before, counters: expect.anything() });
  });

  test('accepts a batch that just fits', () => {
    const store = openStore();
    const before = store.stats().logBytes;
    const batch = [stored('a', ''), stored('b', BODY)];
    store.writer.putMany(batch);
    const size = store.stats().logBytes - before;
    limitLogs(store.stats().logBytes + size);
    store.writer.putMany(batch);
    expect(() => store.writer.putMany(batch)).toThrow(tooLarge);
  });

  test('refuses a put whose evictions have used up the room, and writes the evictions soon', () => {
    const deferred: (() => void)[] = [];
    const store = openStore(undefined, {
      maxBytes: 3 * recordBytes(1, BODY.length),
      defer: (task) => deferred.push(task),
    });
    putAll(store, 'a', 'b', 'c');
    for (const task of deferred.splice(0)) task();
    limitLogs(store.stats().logBytes + recordBytes(1, BODY.length) + 8);
    expect(() => putAll(store, 'd')).toThrow(tooLarge);
    expect(store.stats()).toMatchObject({ entries: 2, counters: { evictions: 1 } });
    expect(deferred).toHaveLength(1);
  });
});

test('a refused put that evicts nothing schedules no write, and neither does opening', () => {
  const deferred: (() => void)[] = [];
  const store = openStore(undefined, { maxBytes: 1000, defer: (task) => deferred.push(task) });
  vi.spyOn(KeyIndex.prototype, 'reserve').mockImplementation(() => {
    throw new RangeError('no memory');
  });
  expect(() => putAll(store, 'a')).toThrow(/no memory/);
  expect(deferred).toEqual([]);
});

describe('memory for the index', () => {
  test.each([
    ['a put', (store: LogStore) => store.writer.put(bytes('key'), bytes(BODY)), [3, 1]],
    ['a batch', (store: LogStore) => store.writer.putMany([stored('key', ''), stored('keys', BODY)]), [7, 2]],
  ])('is reserved by %s before it changes anything', (_name, write, reserved) => {
    const store = openStore();
    const before = store.stats();
    const reserve = vi.spyOn(KeyIndex.prototype, 'reserve').mockImplementation(() => {
      throw new RangeError('no memory');
    });
    expect(() => write(store)).toThrow(/no memory/);
    expect(reserve).toHaveBeenCalledWith(...reserved);
    expect(store.stats()).toEqual(before);
  });
});

test('each mutation pays for what it appended, evictions included', () => {
  const store = openStore(undefined, { maxBytes: 4 * recordBytes(1, BODY.length) });
  const advance = vi.spyOn(CompactionScheduler.prototype, 'advance');
  const mutations: (() => unknown)[] = [
    () => putAll(store, 'a'),
    () => store.writer.putMany(['b', 'c', 'd'].map((key) => stored(key, BODY))),
    () => putAll(store, 'e'),
    () => store.writer.putMany(['f', 'g'].map((key) => stored(key, BODY))),
    () => store.writer.delete(bytes('g')),
    () => store.writer.deletePrefix(bytes('')),
  ];
  for (const mutate of mutations) {
    const { logBytes } = store.stats();
    advance.mockClear();
    mutate();
    expect(advance.mock.calls).toEqual([[store.stats().logBytes - logBytes]]);
  }
  expect(store.stats()).toMatchObject({ entries: 0, counters: { evictions: 3 } });
});

test('a deletion that finds nothing appends nothing', () => {
  const store = openStore();
  putAll(store, 'a');
  const { logBytes } = store.stats();
  expect(store.writer.delete(bytes('b'))).toBe(false);
  expect(store.writer.deletePrefix(bytes('b'))).toBe(0);
  store.writer.putMany([]);
  expect(store.stats().logBytes).toBe(logBytes);
  expect(store.writer.delete(bytes('a'))).toBe(true);
  expect(store.stats().logBytes).toBe(logBytes + deletionOf(bytes('a')).size);
});

test.each([
  ['delete', (store: LogStore) => store.writer.delete(bytes('a'))],
  ['deletePrefix', (store: LogStore) => store.writer.deletePrefix(bytes('a'))],
])('a %s of a durable store is durable when it returns', (_name, remove) => {
  const disk = new TestDisk();
  const store = openStore(disk, { durability: 'on-put' });
  putAll(store, 'a', 'b');
  remove(store);
  expect([...contentsOf(openStore(disk.afterCrash(() => 'none'))).keys()]).toEqual(['b']);
});

test('the buffer is written when it would be exceeded, not when it is full', () => {
  const disk = new TestDisk();
  const store = openStore(disk);
  store.sync();
  let writes = 0;
  disk.before = ({ verb }) => {
    if (verb === 'write') writes += 1;
    return undefined;
  };
  // Four buffers are in the page cache; each record here is 1 KiB.
  const buffer = (8 * 64 * 1024) / 4;
  const { logBytes } = store.stats();
  const body = new Uint8Array(1024 - recordBytes(4, 0));
  const unwritten = logBytes - disk.bytes(LOG).length;
  for (let i = 0; i < (buffer - unwritten) >>> 10; i += 1) store.writer.put(bytes(String(1000 + i)), body);
  const left = buffer - (store.stats().logBytes - disk.bytes(LOG).length);
  expect(writes).toBe(0);
  if (left > 0) store.writer.put(bytes('rest'), new Uint8Array(left - recordBytes(4, 0)));
  expect(writes).toBe(0);
  store.writer.put(bytes('more'), bytes(''));
  expect(writes).toBeGreaterThan(0);
});

describe('an entry that a read finds damaged', () => {
  /** A store whose entry `a` is damaged in its file, under a record with an older value. */
  function damaged(): TestDisk {
    const disk = new TestDisk();
    const store = openStore(disk);
    store.writer.put(bytes('a'), bytes('old'));
    store.writer.put(bytes('a'), bytes('new'));
    putAll(store, 'b');
    store.close();
    flip(disk, LOG, lastRecordOf(disk, LOG, 'a').bodyOffset);
    return disk;
  }

  test('is forgotten durably: its older value does not come back', () => {
    const disk = damaged();
    const deferred: (() => void)[] = [];
    const { store, events } = openWithEvents(disk, { defer: (task) => deferred.push(task) });
    const { logBytes } = store.stats();
    expect(deferred).toEqual([]);
    expect(getBody(store, bytes('a'))).toBeUndefined();
    expect(events.map(({ type }) => type)).toEqual(['entry-damaged']);
    expect(store.stats()).toMatchObject({ entries: 1, logBytes: logBytes + deletionOf(bytes('a')).size });
    expect(deferred).toHaveLength(1);
    for (const task of deferred) task();
    const killed = disk.afterKill();
    killed.take('000001.index');
    expect([...contentsOf(openStore(killed)).keys()]).toEqual(['b']);
  });

  test('is forgotten in memory if the store no longer writes', () => {
    const disk = damaged();
    const store = openStore(disk);
    breakDisk(disk, { verb: 'sync', name: LOG, errno: 'EIO' });
    putAll(store, 'c');
    expect(() => store.sync()).toThrow(expect.objectContaining({ code: 'POISONED' }));
    const { logBytes } = store.stats();
    expect(getBody(store, bytes('a'))).toBeUndefined();
    expect(store.stats()).toMatchObject({ entries: 2, logBytes });
  });
});
