/*
 * Damage to an open store: the bytes of its log change while most of them are not in a page. Verified bytes may be
 * served from memory; bytes from the file are verified each time. A lost entry is a miss, is reported, and does not
 * come back as an older value, neither after a compaction nor after reopening.
 */
import { describe, expect, test } from 'vitest';
import type { LogStore } from '../../src/store/log-store.ts';
import type { StoreEvent } from '../../src/store/store-event.ts';
import { flip, lastRecordOf } from '../store/log-records.ts';
import { bytes, contentsOf, getBody, openWithEvents, StoreHistory, text } from '../store/store-history.ts';
import { TestDisk } from '../store/test-disk.ts';

const LOG = '000001.log';
const KEYS = Array.from({ length: 30 }, (_, i) => `key ${i}`);
const BODY_BYTES = 40_000;

function bodyOf(key: string, round: number): string {
  return `${key} in round ${round} `.repeat(Math.ceil(BODY_BYTES / 17)).slice(0, BODY_BYTES);
}

/** A log with two rounds over all keys, twice the size of the page cache. */
function openStoreOverTwoRounds(): { disk: TestDisk; store: LogStore; events: StoreEvent[]; history: StoreHistory } {
  const disk = new TestDisk();
  const { store, events } = openWithEvents(disk);
  const history = new StoreHistory();
  for (const round of [1, 2]) {
    for (const key of KEYS.slice(round === 1 ? 0 : 10)) {
      store.writer.put(bytes(key), bytes(bodyOf(key, round)));
      history.accept((contents) => contents.set(key, bodyOf(key, round)));
    }
  }
  store.sync();
  history.sync();
  return { disk, store, history, events };
}

/** Reads every key, by point reads and by iteration; throws at the first lie. */
function readHonestly(store: LogStore, history: StoreHistory): Map<string, string> {
  const found = new Map<string, string>();
  for (const key of KEYS) {
    const body = getBody(store, bytes(key));
    if (body !== undefined) found.set(key, text(body));
  }
  expect(history.lies(found)).toEqual([]);
  expect(history.lies(contentsOf(store))).toEqual([]);
  return found;
}

const endings: readonly (readonly [string, (store: LogStore, disk: TestDisk) => TestDisk])[] = [
  ['killed', (_store, disk) => disk.afterKill()],
  [
    'compacted and killed',
    (store, disk) => {
      store.compact();
      return disk.afterKill();
    },
  ],
  [
    'closed',
    (store, disk) => {
      store.close();
      return disk;
    },
  ],
];

describe.each(endings)('a store damaged while open and then %s', (_name, end) => {
  test.each(['header', 'key', 'body'] as const)(
    'never returns an older value for a record with a damaged %s',
    (part) => {
      const { disk, store, history } = openStoreOverTwoRounds();
      // All places are located before the first damage, as damage ends a walk through the records.
      const places = KEYS.filter((_, i) => i % 3 === 0).map((key) => {
        const record = lastRecordOf(disk, LOG, key);
        return { header: record.offset + 3, key: record.keyOffset, body: record.bodyOffset + 100 }[part];
      });
      for (const at of places) flip(disk, LOG, at);
      const found = readHonestly(store, history);
      expect(found.size).toBeLessThan(KEYS.length);
      const after = openWithEvents(end(store, disk)).store;
      const left = readHonestly(after, history);
      for (const key of KEYS) if (!found.has(key)) expect(left.has(key)).toBe(false);
      after.writer.put(bytes('key 0'), bytes('again'));
      expect(text(getBody(after, bytes('key 0')) ?? bytes(''))).toBe('again');
    },
  );

  test('survives a log that was truncated', () => {
    const { disk, store, history } = openStoreOverTwoRounds();
    disk.place(LOG, disk.bytes(LOG).slice(0, 700_001));
    readHonestly(store, history);
    // The detected loss is on record, after the gap.
    store.sync();
    readHonestly(openWithEvents(end(store, disk)).store, history);
  });

  test('survives a log whose bytes were all replaced', () => {
    const { disk, store, history } = openStoreOverTwoRounds();
    disk.place(LOG, new Uint8Array(disk.bytes(LOG).length).fill(0x77));
    readHonestly(store, history);
    readHonestly(openWithEvents(end(store, disk)).store, history);
  });
});

test('an older copy does not come back if the newer record is damaged before a compaction copies it', async () => {
  const disk = new TestDisk();
  const { store } = openWithEvents(disk);
  store.writer.put(bytes('a'), bytes('old'));
  for (let i = 0; i < 8; i += 1) store.writer.put(bytes(`big ${i % 7}`), new Uint8Array(100_000));
  const compaction = store.compactAsync();
  store.writer.put(bytes('a'), bytes('new'));
  store.verify();
  flip(disk, LOG, lastRecordOf(disk, LOG, 'a').bodyOffset);
  await compaction;
  expect(getBody(store, bytes('a'))).toBeUndefined();
  const after = disk.afterKill();
  after.take('000002.index');
  expect(getBody(openWithEvents(after).store, bytes('a'))).toBeUndefined();
});

test('a compaction that finds damage which may hide a deletion is abandoned, and the next one starts after it', async () => {
  const disk = new TestDisk();
  const { store, events } = openWithEvents(disk);
  store.writer.put(bytes('a'), bytes('deleted in the middle'));
  for (let i = 0; i < 8; i += 1) store.writer.put(bytes(`big ${i % 7}`), new Uint8Array(100_000));
  const compaction = store.compactAsync();
  store.writer.delete(bytes('a'));
  store.writer.put(bytes('b'), bytes('behind the deletion'));
  store.verify();
  flip(disk, LOG, lastRecordOf(disk, LOG, 'a').offset);
  await expect(compaction).rejects.toMatchObject({ code: 'CORRUPT' });
  expect(events.map(({ type }) => type)).toEqual(['compaction-started', 'compaction-abandoned']);
  expect(store.reader.has(bytes('a'))).toBe(false);
  await store.compactAsync();
  expect([...contentsOf(openWithEvents(disk.afterKill()).store).keys()].filter((key) => key.length === 1)).toEqual([
    'b',
  ]);
});

test('a damaged entry is reported, counted, and then a miss', () => {
  const { disk, store, events } = openStoreOverTwoRounds();
  const record = lastRecordOf(disk, LOG, 'key 0');
  flip(disk, LOG, record.bodyOffset);
  expect(store.reader.has(bytes('key 0'))).toBe(true);
  expect(getBody(store, bytes('key 0'))).toBeUndefined();
  expect(store.reader.has(bytes('key 0'))).toBe(false);
  expect(getBody(store, bytes('key 0'))).toBeUndefined();
  expect(store.stats()).toMatchObject({ entries: KEYS.length - 1, counters: { corruptions: 1, misses: 2 } });
  expect(events).toEqual([{ type: 'entry-damaged', key: bytes('key 0'), generation: 1, offset: record.offset }]);
});
