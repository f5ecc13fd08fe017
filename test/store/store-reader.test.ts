/*
 * What reads count, refuse and skip. What must not happen: a damaged entry counted as a hit, or passed to a caller; a
 * hint that reads from the disk for an entry that is not there.
 */
import { describe, expect, test } from 'vitest';
import { KEY_BYTES_MAX } from '../../src/log/record-format.ts';
import { copyForCaller } from '../../src/log/record-memory.ts';
import type { LogStore } from '../../src/store/log-store.ts';
import { flip, lastRecordOf } from './log-records.ts';
import { bytes, contentsOf, entriesOf, getBody, openStore, openWithEvents, text } from './store-history.ts';
import { TestDisk } from './test-disk.ts';

const LOG = '000001.log';
const NAMES = ['a', 'b', 'c', 'd'];

/** A disk with four entries, of which those in `damaged` have a damaged body. No record is in memory yet. */
function diskWith(...damaged: string[]): TestDisk {
  const disk = new TestDisk();
  const store = openStore(disk);
  for (const name of NAMES) store.writer.put(bytes(name), bytes(`value ${name}`));
  // So that the entries are not in the last page, which is always in memory.
  store.writer.put(bytes('z'), new Uint8Array(200_000));
  store.close();
  const offsets = damaged.map((name) => lastRecordOf(disk, LOG, name).bodyOffset);
  for (const offset of offsets) flip(disk, LOG, offset);
  return disk;
}

describe('a read', () => {
  test('counts a hit or a miss', () => {
    const store = openStore(diskWith());
    for (const name of ['a', 'b', 'a', 'nothing']) getBody(store, bytes(name));
    expect(store.stats().counters).toMatchObject({ hits: 3, misses: 1, corruptions: 0 });
  });

  test('of a damaged entry is a miss; the entry is forgotten, reported and counted once', () => {
    const { store, events } = openWithEvents(diskWith('b'));
    const key = bytes('b');
    for (let i = 0; i < 2; i += 1) expect(getBody(store, key)).toBeUndefined();
    expect(store.stats()).toMatchObject({ entries: 4, counters: { hits: 0, misses: 2, corruptions: 1 } });
    // The event has its own copy of the key.
    key.fill(0);
    const offset = expect.any(Number);
    expect(events).toEqual([{ type: 'entry-damaged', key: bytes('b'), generation: 1, offset }]);
  });

  test.each([
    ['read', (store: LogStore, key: Uint8Array) => getBody(store, key)],
    ['has', (store: LogStore, key: Uint8Array) => store.reader.has(key)],
    ['prefetch', (store: LogStore, key: Uint8Array) => store.reader.prefetch(key)],
  ])('by %s refuses a key that is too long, and a closed store', (_name, read) => {
    const store = openStore(diskWith());
    const longest = new Uint8Array(KEY_BYTES_MAX);
    expect(() => read(store, longest)).not.toThrow();
    expect(() => read(store, new Uint8Array(KEY_BYTES_MAX + 1))).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE' }),
    );
    store.close();
    expect(() => read(store, longest)).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  });
});

describe('a hint', () => {
  test('reads the page of an entry ahead, and nothing for a key without an entry', async () => {
    const disk = diskWith();
    const store = openStore(disk);
    let reads = 0;
    disk.before = ({ verb, name }) => {
      if (verb === 'read' && name.endsWith('.log')) reads += 1;
      return undefined;
    };
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    store.reader.prefetch(bytes('nothing'));
    await turn();
    expect(reads).toBe(0);
    store.reader.prefetch(bytes('a'));
    await turn();
    expect(reads).toBe(1);
    expect(getBody(store, bytes('a'))).toEqual(bytes('value a'));
    expect(reads).toBe(1);
  });
});

describe('a scan', () => {
  const scan = (store: LogStore, limit: number): string[] =>
    Array.from(
      store.reader.scan({ interval: { lower: bytes(''), upper: bytes('e') }, reverse: false, limit }, copyForCaller),
      ([key, body]) => `${text(key)}: ${text(body)}`,
    );

  test('skips damaged entries, which do not count', () => {
    const disk = diskWith('a', 'c');
    const { store, events } = openWithEvents(disk);
    expect(scan(store, 2)).toEqual(['b: value b', 'd: value d']);
    expect(events.map(({ type }) => type)).toEqual(['entry-damaged', 'entry-damaged']);
    expect(store.stats()).toMatchObject({ entries: 3, counters: { corruptions: 2 } });
  });

  test('ends after as many entries as its limit, or at once', () => {
    const store = openStore(diskWith());
    expect(scan(store, 0)).toEqual([]);
    expect(scan(store, 1)).toEqual(['a: value a']);
    expect(scan(store, 3)).toHaveLength(3);
    expect(scan(store, Number.POSITIVE_INFINITY)).toHaveLength(4);
    expect([
      ...store.reader.keys({ interval: { lower: bytes(''), upper: undefined }, reverse: true, limit: 2 }),
    ]).toEqual([bytes('z'), bytes('d')]);
  });

  test('ends with an error if the store is closed meanwhile', () => {
    const store = openStore(diskWith());
    const entries = entriesOf(store);
    const keys = store.reader.keys({ interval: { lower: bytes(''), upper: undefined }, reverse: false, limit: 9 });
    for (const iterator of [entries, keys]) expect(iterator.next().done).toBe(false);
    store.close();
    for (const iterator of [entries, keys])
      expect(() => iterator.next()).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  });

  test('reads each of many entries in order, from files and from memory', () => {
    const disk = new TestDisk();
    const first = openStore(disk);
    const expected = new Map<string, string>();
    for (let i = 0; i < 100; i += 1) {
      const key = `key ${String((i * 37) % 100).padStart(3, '0')}`;
      first.writer.put(bytes(key), bytes(String(i).repeat(500)));
      expected.set(key, String(i).repeat(500));
    }
    first.close();
    const store = openStore(disk);
    const sorted = new Map([...expected].sort(([a], [b]) => (a < b ? -1 : 1)));
    for (let i = 0; i < 2; i += 1) expect([...contentsOf(store)]).toEqual([...sorted]);
  });
});
