/*
 * After a compaction the old generation is removed in steps that later writes pay for. What must not happen: that its
 * remains are ever used as the store, that they stay permanently, or that writes fail if their removal is refused.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { LogStore } from '../../src/store/log-store.ts';
import type { StoreEvent } from '../../src/store/store-event.ts';
import { breakDisk } from './disk-faults.ts';
import { flip } from './log-records.ts';
import { bytes, contentsOf, openStore, openWithEvents, text } from './store-history.ts';
import { TestDisk } from './test-disk.ts';

const OLD = '000001.log';
const NEW = '000002.log';
const MIB = 1024 * 1024;

interface Switched {
  readonly disk: TestDisk;
  readonly store: LogStore;
  readonly events: readonly StoreEvent[];
}

/** A store right after the put that completed an automatic compaction. The old generation has more than ten pieces. */
function switched(): Switched {
  const disk = new TestDisk();
  // Without images in the background, whose files and syncs would be under way here.
  const { store, events } = openWithEvents(disk, { imageEveryBytes: 0 });
  for (let i = 0; i < 56; i += 1) store.writer.put(bytes(`key ${i}`), new Uint8Array(100_000).fill(i));
  for (let i = 0; store.stats().generation === 1; i += 1) {
    store.writer.put(bytes(`key ${i % 56}`), new Uint8Array(100_000).fill(i % 7));
  }
  expect(disk.bytes(OLD).length).toBeGreaterThan(10 * MIB);
  return { disk, store, events };
}

function sizeOf(disk: TestDisk, name: string): number {
  return disk.names.includes(name) ? disk.bytes(name).length : 0;
}

/** Many small puts: as many as pay for `bytes` of the old generation. */
function pay(store: LogStore, bytesPaid: number): void {
  for (let paid = 0; paid < bytesPaid; paid += 4096) store.writer.put(bytes('small'), bytes(`value ${paid}`));
}

function failuresAmong(events: readonly StoreEvent[]): number {
  return events.filter(({ type }) => type === 'housekeeping-failed').length;
}

describe('the old generation', () => {
  test('is truncated step by step and removed in the end', () => {
    const { disk, store, events } = switched();
    const sizes = [sizeOf(disk, OLD)];
    while (disk.names.includes(OLD)) {
      pay(store, MIB / 4);
      const size = sizeOf(disk, OLD);
      if (size !== sizes.at(-1)) sizes.push(size);
    }
    expect(sizes.length).toBeGreaterThan(10);
    for (const [i, size] of sizes.entries()) {
      if (i > 0) expect((sizes[i - 1] ?? 0) - size).toBeLessThan(1.1 * MIB);
    }
    expect(disk.names.filter((name) => name.endsWith('.log'))).toEqual([NEW]);
    expect(failuresAmong(events)).toBe(0);
    expect(store.verify()).toMatchObject({ ok: true, entries: 57 });
  });

  test('is paid for by large writes in proportion', () => {
    const { disk, store } = switched();
    const before = sizeOf(disk, OLD);
    store.writer.put(bytes('large'), new Uint8Array(MIB / 2));
    const taken = before - sizeOf(disk, OLD);
    expect(taken).toBeGreaterThan(4 * MIB - 1);
    expect(taken).toBeLessThan(5 * MIB);
  });

  test('is removed with its image, the image first', () => {
    const disk = new TestDisk();
    const first = openStore(disk);
    for (let i = 0; i < 12; i += 1) first.writer.put(bytes(`key ${i}`), new Uint8Array(100_000));
    first.close();
    const store = openStore(disk);
    while (store.stats().generation === 1) store.writer.put(bytes('key 1'), new Uint8Array(100_000));
    expect(disk.names).toContain('000001.index');
    while (disk.names.includes('000001.index')) {
      expect(disk.names).toContain(OLD);
      pay(store, MIB / 4);
    }
    pay(store, 8 * MIB);
    expect(disk.names.filter((name) => name.startsWith('000001'))).toEqual([]);
  });

  test.each<[string, (store: LogStore) => unknown]>([
    ['close', (store) => store.close()],
    ['compact', (store) => store.compact()],
    ['compactAsync', (store) => store.compactAsync()],
  ])('is removed by %s, which leaves no file open', async (_name, end) => {
    const { disk, store, events } = switched();
    pay(store, 3 * MIB);
    expect(disk.names).toContain(OLD);
    const contents = contentsOf(store);
    await end(store);
    const { generation } = openStore(disk.afterKill(), { readOnly: true }).stats();
    expect(disk.names.filter((name) => name.endsWith('.log'))).toEqual([`00000${generation}.log`]);
    store.close();
    expect(disk.openFiles).toBe(0);
    expect(failuresAmong(events)).toBe(0);
    expect(contentsOf(openStore(disk))).toEqual(contents);
  });

  test('is removed in turns by compactAsync, and closing the store removes the rest', async () => {
    const { disk, store, events } = switched();
    const ending = store.compactAsync();
    while (store.stats().generation === 2) await sleep(0);
    await sleep(0);
    expect(disk.names).toContain(OLD);
    store.close();
    await ending.catch(() => {});
    expect(disk.names.filter((name) => name.endsWith('.log'))).toEqual(['000003.log']);
    expect(failuresAmong(events)).toBe(0);
  });

  test('is joined by the next one if that is replaced before it is gone', () => {
    const { disk, store } = switched();
    store.writer.deletePrefix(bytes(''));
    for (let i = 0; store.stats().generation === 2; i += 1) store.writer.put(bytes('one'), new Uint8Array(100).fill(i));
    expect(disk.names.filter((name) => name.endsWith('.log'))).toEqual([OLD, NEW, '000003.log']);
    pay(store, 40 * MIB);
    expect(disk.names.filter((name) => name.endsWith('.log'))).toEqual(['000003.log']);
    expect(store.size).toBe(2);
  });
});

describe('a crash while the old generation is removed', () => {
  test('finds the new one, whatever is left of the old one', () => {
    const { disk, store } = switched();
    while (disk.names.includes(OLD)) {
      pay(store, 4 * MIB);
      store.sync();
      const contents = contentsOf(store);
      for (const luck of ['none', 'all', 'part'] as const) {
        const after = disk.afterCrash(() => luck);
        expect(contentsOf(openStore(after))).toEqual(contents);
        expect(after.names.filter((name) => name.endsWith('.log'))).toEqual([NEW]);
      }
    }
  });

  test('does not use the old one if the new one is then damaged', () => {
    const { disk, store } = switched();
    store.writer.put(bytes('key 1'), bytes('newest'));
    store.writer.delete(bytes('key 2'));
    store.sync();
    const killed = disk.afterKill();
    flip(killed, NEW, 9);
    expect(contentsOf(openStore(killed)).size).toBe(0);
  });
});

describe('a reader', () => {
  test('that opens while the old generation is removed sees the new one', () => {
    const { disk, store } = switched();
    pay(store, 3 * MIB);
    store.sync();
    const { store: reader, events } = openWithEvents(disk, { readOnly: true });
    expect(contentsOf(reader)).toEqual(contentsOf(store));
    expect(events).toEqual([]);
  });

  test('of the old generation reads the new one once a record is truncated, and nothing wrong', () => {
    const disk = new TestDisk();
    const store = openStore(disk);
    for (let i = 0; i < 56; i += 1) store.writer.put(bytes(`key ${i}`), new Uint8Array(100_000).fill(i));
    store.sync();
    const reader = openStore(disk, { readOnly: true });
    const before = contentsOf(reader);
    for (let i = 0; store.stats().generation === 1; i += 1) {
      store.writer.put(bytes(`key ${i % 56}`), new Uint8Array(100_000).fill(255));
    }
    // The end is truncated first, and the reader used the beginning of the log.
    pay(store, 2 * MIB);
    expect(contentsOf(reader)).toEqual(before);
    pay(store, 40 * MIB);
    // The first scan finds a record gone, and continues in the new log.
    for (const [key, body] of contentsOf(reader)) {
      const isNew = body === text(new Uint8Array(100_000).fill(255));
      if (!isNew) expect(body, key).toBe(before.get(key));
    }
    expect(reader.stats()).toMatchObject({ entries: 56, generation: 2, counters: { corruptions: 0 } });
    expect(contentsOf(reader)).toEqual(contentsOf(openStore(disk, { readOnly: true })));
  });
});

describe.each(['EPERM', 'EBUSY'])('if the platform throws %s', (errno) => {
  test.each([
    ['truncation', ['truncate']],
    ['removal', ['remove']],
    ['opening', ['open']],
    ['truncation and removal', ['truncate', 'remove']],
  ] as const)('to %s, that is reported once, and writes still work', (_name, verbs) => {
    const { disk, store, events } = switched();
    const fault = breakDisk(disk, ...verbs.map((verb) => ({ verb, name: OLD, errno })));
    pay(store, 40 * MIB);
    expect(fault.failed).toBeGreaterThan(0);
    expect(fault.failed).toBeLessThan(4);
    expect(failuresAmong(events)).toBe(1);
    const contents = contentsOf(store);
    store.close();
    expect(failuresAmong(events)).toBe(1);
    fault.mend();
    const again = openStore(disk);
    expect(contentsOf(again)).toEqual(contents);
    expect(disk.names.filter((name) => name.endsWith('.log'))).toEqual([NEW]);
  });
});

test('a writer that lost its lock removes nothing more', () => {
  const { disk, store, events } = switched();
  const before = sizeOf(disk, OLD);
  disk.stealLock();
  pay(store, 2 * MIB);
  expect(sizeOf(disk, OLD)).toBe(before);
  expect(failuresAmong(events)).toBe(1);
});
