/*
 * The first puts after an opening do not wait until the whole index has been read from its image: they are kept beside it, and
 * whatever needs the whole index applies them to it.
 */
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { bytes, contentsOf, getBody, type OpenForTest, openStore, text } from './store-history.ts';
import { TestDisk } from './test-disk.ts';

const ENTRIES = 20_000;
/** As many as are kept beside an image. */
const PUTS_MAX = 4096;

const keyOf = (number: number): Uint8Array => bytes(`stream/${number}`);

describe('the first puts after an opening', () => {
  let closed: TestDisk;

  beforeAll(() => {
    closed = new TestDisk();
    const store = openStore(closed);
    for (let i = 0; i < ENTRIES; i += 1) store.writer.put(keyOf(i), bytes(`${i}`));
    store.close();
  });

  function reopened(options: OpenForTest = {}) {
    const disk = closed.afterKill();
    let reads = 0;
    disk.before = ({ verb, name }) => {
      if (verb === 'read' && name.endsWith('.index')) reads += 1;
      return undefined;
    };
    const store = openStore(disk, { imageEveryBytes: 0, ...options });
    const readSince = (): number => reads;
    return { disk, store, readSince };
  }

  const bodyOf = (store: ReturnType<typeof openStore>, number: number): string | undefined => {
    const body = getBody(store, keyOf(number));
    return body === undefined ? undefined : text(body);
  };

  test('read none of the image, and lookups only its pieces', () => {
    const { store, readSince } = reopened();
    const afterOpening = readSince();
    store.writer.put(keyOf(7), bytes('new'));
    store.writer.putMany([
      { key: keyOf(8), value: bytes('8th'), trailer: bytes('') },
      { key: keyOf(ENTRIES), value: bytes('added'), trailer: bytes('') },
    ]);
    expect(readSince()).toBe(afterOpening);
    expect([7, 8, ENTRIES, 9, ENTRIES + 1].map((number) => bodyOf(store, number))).toEqual([
      'new',
      '8th',
      'added',
      '9',
      undefined,
    ]);
    expect(readSince()).toBeLessThan(afterOpening + 12);
  });

  test('are in the index when it is complete, and survive a kill', () => {
    const { disk, store } = reopened();
    const expected = new Map(Array.from({ length: ENTRIES }, (_, i) => [text(keyOf(i)), `${i}`]));
    for (let i = 0; i < 100; i += 1) {
      store.writer.put(keyOf(i * 211), bytes(`again ${i}`));
      expected.set(text(keyOf(i * 211)), `again ${i}`);
    }
    store.sync();
    expect(contentsOf(openStore(disk.afterKill()))).toEqual(expected);
    expect(store.size).toBe(expected.size);
    expect(contentsOf(store)).toEqual(expected);
    store.close();
    expect(contentsOf(openStore(disk))).toEqual(expected);
  });

  test('do not begin an image either, although one is due after a kill', () => {
    const killed = reopened();
    for (let i = 0; i < 300; i += 1) killed.store.writer.put(keyOf(i), bytes('x'.repeat(1000)));
    killed.store.sync();
    const disk = killed.disk.afterKill();
    const store = openStore(disk, { imageEveryBytes: 1000 });
    store.writer.put(keyOf(1), bytes('new'));
    expect(disk.names).not.toContain('000001.index2');
    expect([1, 2].map((number) => bodyOf(store, number))).toEqual(['new', 'x'.repeat(1000)]);
    // A scan completes the index: now one is begun.
    expect(contentsOf(store).size).toBe(ENTRIES);
    store.writer.put(keyOf(1), bytes('x'.repeat(1000)));
    expect(disk.names).toContain('000001.index2');
  });

  test('leave the image as it is when the store is closed, which reads none of it', () => {
    const { disk, store, readSince } = reopened();
    const before = readSince();
    for (let i = 0; i < 10; i += 1) store.writer.put(keyOf(i), bytes('new'));
    store.close();
    expect(readSince()).toBe(before);
    const again = openStore(disk);
    expect([9, 10].map((number) => bodyOf(again, number))).toEqual(['new', '10']);
    expect(again.stats().recovery).toMatchObject({ clean: true, imageUsed: true, records: 12 });
    for (let i = 0; i < 300; i += 1) again.writer.put(keyOf(i), bytes('x'.repeat(1000)));
    again.close();
    expect(openStore(disk).stats().recovery.records).toBeLessThan(2);
  });

  test('are so many at most; then the index is completed, and a compaction may be due', () => {
    const { disk, store } = reopened();
    const body = bytes('x'.repeat(2000));
    for (let i = 0; i < PUTS_MAX; i += 1) store.writer.put(keyOf(i % 50), body);
    expect(disk.names.filter((name) => name.endsWith('.log'))).toEqual(['000001.log']);
    // 8 MB of the log are dead.
    for (let i = 0; i < 2000; i += 1) store.writer.put(keyOf(i % 50), body);
    expect(store.stats().generation).toBeGreaterThan(1);
    expect(store.size).toBe(ENTRIES);
  });

  test('read none of it with a bound on size either, unless the bound may be met', () => {
    const { store, readSince } = reopened({ maxBytes: 8 * 2 ** 20 });
    const before = readSince();
    for (let i = 0; i < 100; i += 1) store.writer.put(keyOf(i), bytes('x'.repeat(1000)));
    expect(readSince()).toBe(before);
    store.sync();
    const live = store.stats().liveBytes;
    const bounded = reopened({ maxBytes: live });
    const reads = bounded.readSince();
    for (let i = 0; i < 1_000; i += 1) {
      bounded.store.writer.put(keyOf(ENTRIES + i), bytes('x'.repeat(1000)));
      if (i % 100 === 0) expect(bounded.store.stats().liveBytes).toBeLessThanOrEqual(live);
    }
    expect(bounded.readSince()).toBeGreaterThan(reads);
    expect(bounded.store.stats().liveBytes).toBeLessThanOrEqual(live);
    expect(bounded.store.stats().counters.evictions).toBeGreaterThan(0);
  });

  test('stay within a bound that they reach beside the image', () => {
    const { store } = reopened();
    const live = store.stats().liveBytes;
    const bounded = reopened({ maxBytes: live + 10_000 });
    const before = bounded.readSince();
    // `stats` would read the rest of the image.
    for (let i = 0; i < 9; i += 1) bounded.store.writer.put(keyOf(ENTRIES + i), bytes('x'.repeat(1000)));
    expect(bounded.readSince()).toBe(before);
    for (let i = 9; i < 100; i += 1) bounded.store.writer.put(keyOf(ENTRIES + i), bytes('x'.repeat(1000)));
    const { liveBytes, counters } = bounded.store.stats();
    expect(liveBytes).toBeLessThanOrEqual(live + 10_000);
    expect(counters.evictions).toBeGreaterThan(0);
  });

  test('read the rest of the image, a share each: none of them waits for all of it', () => {
    const { store, readSince } = reopened();
    const before = readSince();
    const readsOf = (from: number, to: number): number[] => {
      const reads: number[] = [];
      for (let i = from; i < to; i += 1) {
        const earlier = readSince();
        store.writer.put(keyOf(i), bytes('new'));
        reads.push(readSince() - earlier);
      }
      return reads;
    };
    expect(new Set(readsOf(0, PUTS_MAX / 4))).toEqual(new Set([0]));
    expect(new Set(readsOf(PUTS_MAX / 4, PUTS_MAX))).toEqual(new Set([0, 1]));
    expect(readSince()).toBeGreaterThan(before + 20);
    expect(readsOf(PUTS_MAX, PUTS_MAX + 100)).toEqual(Array.from({ length: 100 }, () => 0));
    expect([0, PUTS_MAX, PUTS_MAX + 200].map((number) => bodyOf(store, number))).toEqual([
      'new',
      'new',
      `${PUTS_MAX + 200}`,
    ]);
  });

  test.each([1, PUTS_MAX / 4, PUTS_MAX / 4 + 30])(
    'are applied after a replay if the image fails from put %d on',
    (from) => {
      const { disk, store } = reopened();
      let failures = 0;
      for (let i = 0; i < PUTS_MAX + 100; i += 1) {
        if (i === from) {
          disk.before = ({ verb, name }) => {
            if (verb !== 'read' || !name.endsWith('.index')) return undefined;
            failures += 1;
            throw Object.assign(new Error('gone'), { code: 'EIO' });
          };
        }
        store.writer.put(keyOf(i), bytes(`new ${i}`));
      }
      expect(failures).toBeGreaterThan(0);
      expect([0, 1, 3000, PUTS_MAX + 99, PUTS_MAX + 100].map((number) => bodyOf(store, number))).toEqual([
        'new 0',
        'new 1',
        'new 3000',
        `new ${PUTS_MAX + 99}`,
        `${PUTS_MAX + 100}`,
      ]);
      expect(store.size).toBe(ENTRIES);
    },
  );

  test('need no memory for the whole index, and lookups neither', () => {
    const { store } = reopened();
    const Real = ArrayBuffer;
    vi.stubGlobal(
      'ArrayBuffer',
      class extends Real {
        constructor(length: number, options?: { maxByteLength?: number }) {
          if (length > 200_000) throw new RangeError('Array buffer allocation failed');
          super(length, options);
        }
      },
    );
    try {
      // More than are kept one by one before memory for all is tried.
      for (let i = 0; i < 2_000; i += 1) expect(bodyOf(store, (i * 7) % ENTRIES)).toBe(`${(i * 7) % ENTRIES}`);
      for (let i = 0; i < 2_000; i += 1) store.writer.put(keyOf(i), bytes('new'));
      expect([0, 1999, 2000, ENTRIES - 1].map((number) => bodyOf(store, number))).toEqual([
        'new',
        'new',
        '2000',
        `${ENTRIES - 1}`,
      ]);
    } finally {
      vi.unstubAllGlobals();
    }
    expect(store.size).toBe(ENTRIES);
  });

  test('complete the index before a batch that exceeds that number', () => {
    const { store, readSince } = reopened();
    const before = readSince();
    const puts = Array.from({ length: PUTS_MAX + 1 }, (_, i) => ({
      key: keyOf(i + 1),
      value: bytes('batch'),
      trailer: bytes(''),
    }));
    store.writer.putMany(puts);
    expect(readSince()).toBeGreaterThan(before);
    expect([1, PUTS_MAX + 1, PUTS_MAX + 2].map((number) => bodyOf(store, number))).toEqual([
      'batch',
      'batch',
      `${PUTS_MAX + 2}`,
    ]);
  });

  test('are applied after the log was replayed, if the image proves damaged', () => {
    const { disk, store } = reopened();
    store.writer.put(keyOf(3), bytes('new'));
    disk.before = ({ verb, name }) => {
      if (verb === 'read' && name.endsWith('.index')) throw Object.assign(new Error('gone'), { code: 'EIO' });
      return undefined;
    };
    expect(store.size).toBe(ENTRIES);
    expect([3, 4].map((number) => bodyOf(store, number))).toEqual(['new', '4']);
  });
});
