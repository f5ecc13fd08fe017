/*
 * An image that is written in the background covers the log up to the moment at which it was begun, whatever was written since,
 * and counts only after a sync. A process that is killed then replays a bounded tail.
 */
import { describe, expect, test } from 'vitest';
import type { LogStore } from '../../src/store/log-store.ts';
import { laterInto } from './later-into.ts';
import { bytes, contentsOf, getBody, openStore, openWithEvents, text } from './store-history.ts';
import { TestDisk } from './test-disk.ts';

const EVERY = 64 * 1024;
const BODY = 'x'.repeat(1000);

function imagesOf(disk: TestDisk): string[] {
  return disk.names.filter((name) => name.includes('index'));
}

/** Puts until `until` holds, and returns the number of puts. */
function putUntil(store: LogStore, contents: Map<string, string>, until: () => boolean): number {
  for (let i = 0; i < 40_000; i += 1) {
    const key = `key ${i % 300}`;
    const body = `${contents.size}:${i}:${BODY}`;
    store.writer.put(bytes(key), bytes(body));
    contents.set(key, body);
    if (i % 8 === 0) store.sync();
    if (until()) return i + 1;
  }
  throw new Error('it never came to that');
}

describe('an image in the background', () => {
  test('is complete before the next one is begun, and a killed process replays only what is behind it', () => {
    const disk = new TestDisk();
    const store = openStore(disk, { imageEveryBytes: EVERY });
    const contents = new Map<string, string>();
    putUntil(store, contents, () => imagesOf(disk).length === 2);
    // The first image counts while the second one is written.
    const { store: after, events } = openWithEvents(disk.afterKill());
    const { imageUsed, records } = after.stats().recovery;
    expect(imageUsed).toBe(true);
    expect(records).toBeLessThan(600);
    expect(contentsOf(after)).toEqual(contents);
    expect(events.map(({ type }) => type)).not.toContain('housekeeping-failed');
  });

  test('of a moment before later changes gives each key its last value after a kill', () => {
    const disk = new TestDisk();
    const store = openStore(disk, { imageEveryBytes: EVERY });
    const contents = new Map<string, string>();
    putUntil(store, contents, () => imagesOf(disk).length === 2);
    store.writer.delete(bytes('key 1'));
    store.writer.deletePrefix(bytes('key 2'));
    store.writer.put(bytes('key 22'), bytes('again'));
    store.sync();
    for (const key of [...contents.keys()]) if (key === 'key 1' || key.startsWith('key 2')) contents.delete(key);
    contents.set('key 22', 'again');
    const after = openStore(disk.afterKill());
    // Lookups come first: the tail is still beside the index.
    expect(getBody(after, bytes('key 1'))).toBeUndefined();
    expect(getBody(after, bytes('key 21'))).toBeUndefined();
    expect(text(getBody(after, bytes('key 22')) ?? bytes('missed'))).toBe('again');
    expect(text(getBody(after, bytes('key 3')) ?? bytes('missed'))).toBe(contents.get('key 3'));
    expect(after.size).toBe(contents.size);
    expect(contentsOf(after)).toEqual(contents);
  });

  test('is not completed before a sync has covered it', () => {
    const disk = new TestDisk();
    const store = openStore(disk, { imageEveryBytes: EVERY });
    for (let i = 0; i < 3000; i += 1) store.writer.put(bytes(`key ${i % 300}`), bytes(BODY));
    expect(imagesOf(disk)).toHaveLength(1);
    expect(openStore(disk.afterKill()).stats().recovery.imageUsed).toBe(false);
    store.sync();
    for (let i = 0; i < 300; i += 1) store.writer.put(bytes(`key ${i % 300}`), bytes(BODY));
    expect(openStore(disk.afterKill()).stats().recovery.imageUsed).toBe(true);
  });

  test('is written by no store that says no', () => {
    const disk = new TestDisk();
    const store = openStore(disk, { imageEveryBytes: 0 });
    for (let i = 0; i < 3000; i += 1) store.writer.put(bytes(`key ${i % 300}`), bytes(BODY));
    expect(imagesOf(disk)).toEqual([]);
  });

  // 250 keys of 62,000 bytes: an index of 15 MB, which an image every second may not write.
  test('is begun after less growth when the log takes seconds to grow', () => {
    const later: (() => void)[] = [];
    const disk = new TestDisk();
    const store = openStore(disk, { later: laterInto(() => later) });
    let begun = 0;
    disk.before = ({ verb, name }) => {
      if (verb === 'create' && name.includes('index')) begun += 1;
      return undefined;
    };
    let puts = 0;
    const put = (count: number): void => {
      for (const end = puts + count; puts < end; puts += 1) {
        store.writer.put(bytes(`${puts % 250}`.padEnd(62_000, '.')), bytes('1'));
        if (puts % 8 === 0) store.sync();
      }
    };
    put(250);
    while (begun === 0) put(1);
    put(170);
    expect(begun).toBe(1);
    for (let second = 0; second < 4; second += 1) {
      put(1);
      for (const task of later.splice(0)) task();
    }
    put(20);
    expect(begun).toBe(2);
  });

  test('is written while the store is idle, and only then, after less growth', () => {
    const later: (() => void)[] = [];
    const second = (): void => {
      for (const task of later.splice(0)) task();
    };
    const disk = new TestDisk();
    const store = openStore(disk, { later: laterInto(() => later) });
    // 2 MB of log: a store in use writes an image after 8 MiB.
    for (let seconds = 0; seconds < 8; seconds += 1) {
      for (let i = 0; i < 250; i += 1) store.writer.put(bytes(`key ${seconds}:${i}`), bytes(BODY));
      store.sync();
      second();
      expect(imagesOf(disk)).toEqual([]);
    }
    for (let seconds = 0; seconds < 20; seconds += 1) second();
    expect(imagesOf(disk)).toHaveLength(1);
    const after = openStore(disk.afterKill());
    const { imageUsed, records } = after.stats().recovery;
    expect(imageUsed).toBe(true);
    // The mark of the last sync.
    expect(records).toBe(1);
    expect(after.size).toBe(2_000);
    expect(later).toEqual([]);
  });

  test('is abandoned when all entries are removed while it is written, and new ones are there after a kill', () => {
    const disk = new TestDisk();
    const store = openStore(disk, { imageEveryBytes: EVERY });
    const contents = new Map<string, string>();
    putUntil(store, contents, () => imagesOf(disk).length === 1);
    store.writer.deletePrefix(bytes(''));
    for (let i = 0; i < 40; i += 1) store.writer.put(bytes(`new ${i}`), bytes(BODY));
    store.sync();
    for (let i = 0; i < 40; i += 1) store.writer.put(bytes(`new ${i}`), bytes(BODY));
    store.sync();
    const after = openStore(disk.afterKill());
    expect(after.size).toBe(40);
    expect(getBody(after, bytes('key 3'))).toBeUndefined();
  });

  test('that cannot be written is reported and changes nothing', () => {
    const disk = new TestDisk();
    const { store, events } = openWithEvents(disk, { imageEveryBytes: EVERY });
    disk.before = ({ verb, name }) => {
      if (verb === 'write' && name.includes('index')) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      return undefined;
    };
    const contents = new Map<string, string>();
    putUntil(store, contents, () => events.some(({ type }) => type === 'housekeeping-failed'));
    expect(contentsOf(store)).toEqual(contents);
    disk.before = () => undefined;
    store.sync();
    expect(contentsOf(openStore(disk.afterKill()))).toEqual(contents);
    store.close();
    expect(imagesOf(disk)).toEqual(['000001.index']);
  });

  test('is abandoned when the store is closed or emptied, which leaves one image', () => {
    const disk = new TestDisk();
    const store = openStore(disk, { imageEveryBytes: EVERY });
    const contents = new Map<string, string>();
    putUntil(store, contents, () => imagesOf(disk).length === 2);
    store.writer.deletePrefix(bytes(''));
    store.close();
    expect(imagesOf(disk)).toHaveLength(1);
    expect(contentsOf(openStore(disk)).size).toBe(0);
  });
});
