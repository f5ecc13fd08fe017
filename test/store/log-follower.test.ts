/*
 * What `refresh` of a read-only store finds, and what it leaves if it fails. `test/crash/follower-sweep.test.ts` lets it look
 * between any two changes of the disk.
 */
import { describe, expect, test } from 'vitest';
import { ALL_KEYS } from '../../src/key-index/index-cursor.ts';
import { PAGE_BYTES } from '../../src/log/record-memory.ts';
import type { LogStore } from '../../src/store/log-store.ts';
import type { StoreEvent } from '../../src/store/store-event.ts';
import { breakDisk, WRITING } from './disk-faults.ts';
import { flip, lastRecordOf } from './log-records.ts';
import { bytes, contentsOf, entriesOf, getBody, openStore, openWithEvents, text } from './store-history.ts';
import { TestDisk } from './test-disk.ts';

interface Pair {
  readonly disk: TestDisk;
  readonly store: LogStore;
  readonly reader: LogStore;
  readonly events: StoreEvent[];
}

/** A writer with entries a and b, synced, and a reader of it. */
function pair(): Pair {
  const disk = new TestDisk();
  const store = openStore(disk);
  put(store, 'a', '1');
  put(store, 'b', '2');
  store.sync();
  const { store: reader, events } = openWithEvents(disk, { readOnly: true });
  return { disk, store, reader, events };
}

function put(store: LogStore, key: string, value: string): void {
  store.writer.put(bytes(key), bytes(value));
}

function keysOf(store: LogStore, reverse = false): Generator<Uint8Array, undefined> {
  return store.reader.keys({ interval: ALL_KEYS, reverse, limit: Number.POSITIVE_INFINITY });
}

/** Overwrites the last entry until the writer has replaced its log, and removed the old one. */
function replaceLog(store: LogStore): void {
  put(store, 'b', 'replaced');
  store.compact();
}

describe('refresh', () => {
  test('of a store that writes does nothing', () => {
    const { store, disk } = pair();
    put(store, 'c', '3');
    disk.before = () => {
      throw new Error('it must not touch the disk');
    };
    expect(store.refresh()).toBe(false);
  });

  test('finds nothing if nothing is new, or not durable yet', () => {
    const { store, reader, events } = pair();
    expect(reader.refresh()).toBe(false);
    put(store, 'c', 'not synced');
    store.verify();
    expect(reader.refresh()).toBe(false);
    expect(contentsOf(reader).size).toBe(2);
    expect(events).toEqual([]);
  });

  test('applies puts, batches, deletions and deletions of prefixes, and changes no byte', () => {
    const { disk, store, reader, events } = pair();
    put(store, 'a', 'changed');
    store.writer.putMany(['c', 'c1', 'c2'].map((key) => ({ key: bytes(key), value: bytes(key), trailer: bytes('') })));
    store.writer.delete(bytes('b'));
    store.writer.deletePrefix(bytes('c'));
    put(store, 'c1', 'again');
    store.sync();
    disk.before = ({ verb, name }) => {
      if (WRITING.has(verb)) throw new Error(`a reader asked for ${verb} ${name}`);
      return undefined;
    };
    expect(reader.refresh()).toBe(true);
    disk.before = () => undefined;
    expect(contentsOf(reader)).toEqual(
      new Map([
        ['a', 'changed'],
        ['c1', 'again'],
      ]),
    );
    expect(events).toEqual([expect.objectContaining({ type: 'refreshed', generation: 1, replaced: false })]);
    expect(reader.refresh()).toBe(false);
    expect(reader.stats()).toMatchObject({ entries: 2, logBytes: store.stats().logBytes - 24, generation: 1 });
  });

  test.each([0, 1, 2, 7])('follows records of any size across pages, step by step (seed %i)', (seed) => {
    const { store, reader } = pair();
    for (let round = 0; round < 30; round += 1) {
      const length = ((round * 7919 + seed * 104_729) % 5) * (PAGE_BYTES / 2) + round;
      store.writer.put(bytes(`k${round % 9}`), new Uint8Array(length).fill(round));
      store.sync();
      if (round % 3 === seed % 3) continue;
      expect(reader.refresh()).toBe(true);
      expect(contentsOf(reader)).toEqual(contentsOf(store));
      expect(reader.verify().ok).toBe(true);
    }
  });

  test('reads only what is new: its reads do not grow with the log', () => {
    const { disk, store, reader } = pair();
    const readBytes = (): number => {
      let read = 0;
      disk.before = ({ verb, length }) => {
        if (verb === 'read') read += length;
        return undefined;
      };
      put(store, 'new', 'entry');
      store.sync();
      read = 0;
      expect(reader.refresh()).toBe(true);
      disk.before = () => undefined;
      return read;
    };
    const small = readBytes();
    for (let i = 0; i < 200; i += 1) store.writer.put(bytes(`k${i}`), new Uint8Array(30_000));
    store.sync();
    reader.refresh();
    // The last record, which is 30,000 bytes, is compared with what is known.
    readBytes();
    expect(readBytes()).toBeLessThan(small + 1000);
  });

  test('opens the new log after a compaction, and forgets what its records cannot prove', () => {
    const { store, reader, events } = pair();
    store.writer.delete(bytes('a'));
    replaceLog(store);
    put(store, 'c', '3');
    store.sync();
    expect(reader.refresh()).toBe(true);
    expect(contentsOf(reader)).toEqual(
      new Map([
        ['b', 'replaced'],
        ['c', '3'],
      ]),
    );
    expect(events).toEqual([expect.objectContaining({ type: 'refreshed', generation: 2, replaced: true })]);
    expect(reader.refresh()).toBe(false);
  });

  test('closes the old file, and all of them at the end', () => {
    const { disk, store, reader } = pair();
    replaceLog(store);
    reader.refresh();
    store.close();
    // Its log, and the image of its index.
    expect(disk.openFiles).toBe(2);
    reader.close();
    expect(disk.openFiles).toBe(0);
    expect(() => reader.refresh()).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  });

  test('uses the new log although the header of the old one could not be erased', () => {
    const { disk, store, reader } = pair();
    store.writer.delete(bytes('a'));
    const old = { name: '000001.log', errno: 'EIO' };
    const broken = breakDisk(disk, { verb: 'open', ...old }, { verb: 'remove', ...old });
    store.compact();
    broken.mend();
    expect(disk.names).toContain('000001.log');
    put(store, 'd', '4');
    store.sync();
    expect(reader.refresh()).toBe(true);
    expect(reader.stats().generation).toBe(2);
    expect(contentsOf(reader)).toEqual(contentsOf(store));
  });

  test('sees the store appear in a directory without one, and finds nothing until then', () => {
    const disk = new TestDisk();
    const { store: reader, events } = openWithEvents(disk, { readOnly: true });
    expect(reader.refresh()).toBe(false);
    const store = openStore(disk);
    put(store, 'a', '1');
    store.sync();
    expect(reader.refresh()).toBe(true);
    expect(contentsOf(reader)).toEqual(new Map([['a', '1']]));
    expect(events).toHaveLength(1);
  });

  test('follows a store that was removed and created again, under the same names', () => {
    const { disk, store, reader } = pair();
    store.close();
    for (const name of disk.names) disk.take(name);
    expect(reader.refresh()).toBe(true);
    expect(reader.size).toBe(0);
    const again = openStore(disk, { seed: 2 });
    put(again, 'x', 'new');
    again.sync();
    expect(reader.refresh()).toBe(true);
    expect(contentsOf(reader)).toEqual(new Map([['x', 'new']]));
  });

  test('follows an older copy of the store that was put back in its place', () => {
    const { disk, store, reader } = pair();
    const copy = disk.bytes('000001.log');
    put(store, 'c', '3');
    store.sync();
    reader.refresh();
    store.close();
    for (const name of disk.names) disk.take(name);
    disk.place('000001.log', copy);
    expect(reader.refresh()).toBe(true);
    expect([...contentsOf(reader).keys()]).toEqual(['a', 'b']);
  });

  test('loses an entry that is damaged, once, and reports it', () => {
    const { disk, store, reader, events } = pair();
    put(store, 'c', 'damaged');
    put(store, 'd', 'sound');
    store.sync();
    flip(disk, '000001.log', lastRecordOf(disk, '000001.log', 'c').bodyOffset);
    expect(reader.refresh()).toBe(true);
    expect([...contentsOf(reader).keys()]).toEqual(['a', 'b', 'd']);
    expect(events.map(({ type }) => type)).toEqual(['recovered', 'refreshed']);
    expect(reader.refresh()).toBe(false);
    expect(reader.stats().counters.corruptions).toBe(1);
  });

  test('that fails at any call leaves a state, and the next one sees everything', () => {
    const expected = new Map([
      ['a', '5'],
      ['b', 'x'.repeat(70_000)],
      ['c', '3'],
    ]);
    const old = new Map([
      ['a', '1'],
      ['b', '2'],
    ]);
    let calls = 0;
    for (const replaced of [false, true]) {
      for (let nth = 0; ; nth += 1) {
        const { disk, store, reader } = pair();
        store.writer.putMany(
          [...expected].map(([key, value]) => ({ key: bytes(key), value: bytes(value), trailer: bytes('') })),
        );
        if (replaced) store.compact();
        else store.sync();
        let seen = 0;
        disk.before = ({ verb }) => (verb !== 'close' && seen++ === nth ? { fail: 'EIO' } : undefined);
        const failed = refreshFails(reader);
        disk.before = () => undefined;
        if (seen <= nth) break;
        calls += 1;
        const contents = contentsOf(reader);
        if (failed) expect([old, new Map()], `call ${nth}`).toContainEqual(contents);
        reader.refresh();
        expect(contentsOf(reader), `call ${nth}`).toEqual(expected);
        reader.close();
        store.close();
        expect(disk.openFiles, `call ${nth}`).toBe(0);
      }
    }
    expect(calls).toBeGreaterThan(20);
  });
});

test.each([0, 1, 70_000])(
  'a refresh in whose middle the writer replaces the log misses nothing (values of %d bytes)',
  (length) => {
    let interrupted = 0;
    for (let nth = 0; ; nth += 1) {
      const { disk, store, reader } = pair();
      put(store, 'c', 'c'.repeat(length));
      put(store, 'd', 'd');
      store.sync();
      let seen = 0;
      disk.before = () => {
        if (seen++ !== nth) return undefined;
        // From here on the writer works, to the end.
        disk.before = () => undefined;
        replaceLog(store);
        return undefined;
      };
      reader.refresh();
      disk.before = () => undefined;
      if (seen <= nth) break;
      interrupted += 1;
      expect([...contentsOf(reader).keys()], `call ${nth}`).toEqual(['a', 'b', 'c', 'd']);
      store.close();
      reader.close();
      expect(disk.openFiles, `call ${nth}`).toBe(0);
    }
    expect(interrupted).toBeGreaterThan(5);
  },
);

/** Whether a refresh fails. Only `IO` may be thrown. */
function refreshFails(reader: LogStore): boolean {
  try {
    reader.refresh();
    return false;
  } catch (error) {
    expect(error).toMatchObject({ code: 'IO' });
    return true;
  }
}

describe('a scan that was begun before a refresh', () => {
  const keys = Array.from({ length: 40 }, (_, i) => `key ${String(i).padStart(2, '0')}`);

  function filled(): Pair {
    const made = pair();
    for (const key of keys) put(made.store, key, key);
    made.store.sync();
    made.reader.refresh();
    return made;
  }

  test.each([
    ['ascending', false],
    ['descending', true],
  ])('returns each key that was there all the time, once, although the log is replaced twice: %s', (_name, reverse) => {
    const { store, reader } = filled();
    const before = [...keysOf(reader, reverse)].map(text);
    const found: string[] = [];
    let step = 0;
    for (const key of keysOf(reader, reverse)) {
      found.push(text(key));
      step += 1;
      if (step % 13 > 0) continue;
      store.writer.delete(bytes('key 20'));
      put(store, `key ${step}x`, 'new');
      replaceLog(store);
      expect(reader.refresh()).toBe(true);
    }
    expect(new Set(found).size).toBe(found.length);
    expect(found.filter((key) => !key.endsWith('x') && key !== 'key 20')).toEqual(
      before.filter((key) => key !== 'key 20'),
    );
  });

  test('reads the bodies of the log that the store reads then', () => {
    const { store, reader } = filled();
    const bodies = new Map<string, string>();
    for (const [key, body] of entriesOf(reader)) {
      bodies.set(text(key), text(body));
      if (bodies.size !== 10) continue;
      put(store, 'key 30', 'changed');
      replaceLog(store);
      reader.refresh();
    }
    expect(bodies.get('key 30')).toBe('changed');
    expect(bodies.size).toBe(42);
  });
});

describe('a record that can no longer be read, as the writer has replaced the log', () => {
  /** A reader whose old log was cut to nothing. */
  function cut(): Pair {
    const made = pair();
    for (let i = 0; i < 20; i += 1) made.store.writer.put(bytes(`k${i}`), new Uint8Array(100_000).fill(i));
    made.store.sync();
    made.reader.refresh();
    made.events.length = 0;
    replaceLog(made.store);
    return made;
  }

  test('is read from the new log', () => {
    const { reader, events, store } = cut();
    expect(getBody(reader, bytes('k0'))).toEqual(getBody(store, bytes('k0')));
    expect(events.map(({ type }) => type)).toEqual(['refreshed']);
    expect(reader.stats().counters.corruptions).toBe(0);
  });

  test('is a miss if it was removed there', () => {
    const { reader, events, store } = cut();
    store.writer.delete(bytes('k0'));
    store.sync();
    expect(getBody(reader, bytes('k0'))).toBeUndefined();
    expect(events.map(({ type }) => type)).toEqual(['refreshed']);
  });

  test('is a miss and reported if the new log cannot be read either', () => {
    const { disk, reader, events } = cut();
    const fault = breakDisk(disk, { verb: 'list', errno: 'EIO' });
    expect(getBody(reader, bytes('k0'))).toBeUndefined();
    fault.mend();
    expect(events.map(({ type }) => type)).toEqual(['refresh-failed', 'entry-damaged']);
    expect(reader.refresh()).toBe(true);
    expect(getBody(reader, bytes('k0'))?.length).toBe(100_000);
  });
});
