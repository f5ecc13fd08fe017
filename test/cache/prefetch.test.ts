import { describe, expect, onTestFinished, test } from 'vitest';
import { LogCache, type LogCacheOptions } from '../../src/cache/log-cache.ts';
import { FaultStorage, type FaultStorageOptions, faultAt } from '../../src/testing/index.ts';
import { typesInto } from '../store/event-collector.ts';
import { openFor, openInMemory, someMeta, temporaryDirectory, utf8 } from './cache-fixtures.ts';
import { WrappedStorage } from './wrapped-storage.ts';

const DIRECTORY = 'cache';
const PAGES_MIN: LogCacheOptions = { pageCacheBytes: 524_288 };
const VALUE_BYTES = 20_000;

function keyOf(number: number): string {
  return `order:${String(number).padStart(4, '0')}`;
}

function bytesOf(number: number, length: number = VALUE_BYTES): Uint8Array {
  return new Uint8Array(length).map((_, i) => (number * 31 + i * 7 + (i >>> 8)) & 0xff);
}

/**
 * A cache with `count` entries, closed and opened again: entries that are not at the end of the log are only on disk.
 */
function openFilled(
  count: number,
  options: LogCacheOptions = PAGES_MIN,
  faults: FaultStorageOptions = {},
  valueBytes: number = VALUE_BYTES,
): { readonly storage: FaultStorage; readonly cache: LogCache } {
  const storage = new FaultStorage(faults);
  const filling = LogCache.open(DIRECTORY, { storage });
  for (let i = 0; i < count; i += 1) filling.put(keyOf(i), bytesOf(i, valueBytes), someMeta);
  filling.close();
  return { storage, cache: openWhole(storage, options) };
}

/** A cache that has read its index image, so that later reads are those of the log. */
function openWhole(storage: FaultStorage, options: LogCacheOptions): LogCache {
  const cache = openFor(DIRECTORY, { storage, ...options });
  cache.keys().next();
  return cache;
}

function reads({ operations }: FaultStorage): number {
  return operations.filter(({ verb, name }) => verb === 'read' && name.endsWith('.log')).length;
}

/** Lets pending callbacks run for one turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A delay that holds its callers back until it is opened. */
class Gate {
  waiting = 0;
  #open: (() => void) | undefined;
  readonly #opened: Promise<void> = new Promise((resolve) => {
    this.#open = resolve;
  });

  readonly delay = (): Promise<void> => {
    this.waiting += 1;
    return this.#opened;
  };

  async open(): Promise<void> {
    this.#open?.();
    await turn();
  }
}

function expectEntry(cache: LogCache, number: number, length: number = VALUE_BYTES): void {
  const value = cache.get(keyOf(number))?.value;
  expect(value !== undefined && Buffer.compare(value, bytesOf(number, length)) === 0, keyOf(number)).toBe(true);
}

/** The unhandled rejections until the end of the test. */
function unheard(): unknown[] {
  const errors: unknown[] = [];
  const hear = (error: unknown): void => void errors.push(error);
  process.on('unhandledRejection', hear);
  onTestFinished(() => void process.off('unhandledRejection', hear));
  return errors;
}

describe('a key that was prefetched', () => {
  test.each([
    ['within a page', 5000, 1],
    ['across two pages', VALUE_BYTES * 3, 2],
    ['of several pages', 400_000, 7],
  ])('is found without a read: %s', async (_, valueBytes, readsMax) => {
    const { storage, cache } = openFilled(30, {}, {}, valueBytes);
    const before = reads(storage);
    cache.prefetch(keyOf(1), someMeta);
    await turn();
    const after = reads(storage);
    expect(after).toBeGreaterThan(before);
    expect(after).toBeLessThanOrEqual(before + readsMax);
    expectEntry(cache, 1, valueBytes);
    expect(reads(storage)).toBe(after);
  });

  test('is read from the file without a prefetch', () => {
    const { storage, cache } = openFilled(30);
    const before = reads(storage);
    expectEntry(cache, 1);
    expect(reads(storage)).toBeGreaterThan(before);
  });

  test('is prefetched only up to 1 MiB', async () => {
    const bytes = 3 * 1024 * 1024;
    const { storage, cache } = openFilled(2, {}, {}, bytes);
    cache.prefetch(keyOf(0), someMeta);
    await turn();
    const pages = 17;
    expect(cache.stats().pageBytes).toBeLessThanOrEqual((pages + 1) * 65_536);
    expectEntry(cache, 0, bytes);
    expect(reads(storage)).toBeGreaterThan(pages);
  });

  test('is also found by a read-only cache', async () => {
    const { storage } = openFilled(30);
    const reader = openFor(DIRECTORY, { storage, ...PAGES_MIN, readOnly: true });
    expect(reader.capabilities().supportsPrefetch).toBe(true);
    reader.prefetch(keyOf(3), someMeta);
    await turn();
    const before = reads(storage);
    expectEntry(reader, 3);
    expect(reads(storage)).toBe(before);
  });

  test('is also found in a directory', async () => {
    const directory = temporaryDirectory();
    const filling = openFor(directory);
    for (let i = 0; i < 30; i += 1) filling.put(keyOf(i), bytesOf(i), someMeta);
    filling.close();
    const cache = openFor(directory, PAGES_MIN);
    expect(cache.capabilities()).toEqual({ supportsPrefetch: true, isNoop: false });
    const before = cache.stats().pageBytes;
    for (let i = 0; i < 6; i += 1) cache.prefetch(keyOf(i), someMeta);
    await expect.poll(() => cache.stats().pageBytes).toBeGreaterThan(before);
    for (let i = 0; i < 30; i += 1) expectEntry(cache, i);
    cache.prefetch(keyOf(20), someMeta);
    cache.close();
    expect(cache.capabilities().supportsPrefetch).toBe(true);
  });

  test('is verified like everything read from disk', async () => {
    const { storage, cache } = openFilled(30);
    // The next get detects it: the page arrives unverified.
    const image = storage.image();
    const log = [...(image.get(DIRECTORY)?.keys() ?? [])].find((name) => name.endsWith('.log')) ?? '';
    const bytes = (image.get(DIRECTORY)?.get(log) ?? new Uint8Array(0)).slice();
    bytes[VALUE_BYTES * 4] = (bytes[VALUE_BYTES * 4] as number) ^ 1;
    cache.close();
    const damaged = new FaultStorage({ image: new Map([[DIRECTORY, new Map([...(image.get(DIRECTORY) ?? [])])]]) });
    const file = damaged.openDirectory(DIRECTORY, { create: false }).open(log, 'write');
    const events: string[] = [];
    const opened = openFor(DIRECTORY, { storage: damaged, ...PAGES_MIN, onEvent: typesInto(events) });
    file?.write(bytes, 0, bytes.length, 0);
    for (const number of [3, 4]) opened.prefetch(keyOf(number), someMeta);
    await turn();
    expect([opened.get(keyOf(3)), opened.get(keyOf(4))].filter((entry) => entry === undefined)).toHaveLength(1);
    expect(events).toContain('entry-damaged');
  });
});

describe('a prefetch reads nothing', () => {
  test('of an absent key, of one in memory, and of one whose read is running', async () => {
    const { storage, cache } = openFilled(30);
    cache.put('fresh', utf8('value'), someMeta);
    const opening = reads(storage);
    cache.prefetch(keyOf(2), someMeta);
    cache.prefetch(keyOf(2), someMeta);
    await turn();
    const before = reads(storage);
    for (const key of ['fresh', 'absent', keyOf(2)]) cache.prefetch(key, someMeta);
    await turn();
    expect(reads(storage)).toBe(before);
    expect(before - opening).toBe(1);
  });

  test('beyond a limit, and stays within its memory', async () => {
    const gate = new Gate();
    const { cache } = openFilled(300, PAGES_MIN, { readDelay: gate.delay });
    for (let i = 0; i < 300; i += 1) cache.prefetch(keyOf(i), someMeta);
    expect(gate.waiting).toBe(2);
    expect(cache.stats().pageBytes).toBeLessThanOrEqual(524_288);
    await gate.open();
    const roomy = openFilled(300, {}, { readDelay: new Gate().delay });
    for (let i = 0; i < 300; i += 1) roomy.cache.prefetch(keyOf(i), someMeta);
    expect(roomy.cache.stats().pageBytes).toBe(33 * 65_536);
    for (let i = 0; i < 300; i += 1) expectEntry(cache, i);
  });

  test('if the storage cannot read off the thread', () => {
    expect(openInMemory().capabilities().supportsPrefetch).toBe(false);
    const cache = openFor(DIRECTORY, { storage: new WrappedStorage() });
    expect(cache.capabilities().supportsPrefetch).toBe(false);
    cache.put('order:1', utf8('state'), someMeta);
    cache.prefetch('order:1', someMeta);
  });
});

describe('while the read of a page is running', () => {
  test('a get of its entry reads from the file', async () => {
    const gate = new Gate();
    const { storage, cache } = openFilled(30, PAGES_MIN, { readDelay: gate.delay });
    cache.prefetch(keyOf(1), someMeta);
    const before = reads(storage);
    for (let times = 0; times < 3; times += 1) expectEntry(cache, 1);
    expect(reads(storage)).toBeGreaterThan(before);
    await gate.open();
    expectEntry(cache, 1);
  });

  test('the cache can be closed', async () => {
    const errors = unheard();
    const gate = new Gate();
    const { storage, cache } = openFilled(30, PAGES_MIN, { readDelay: gate.delay });
    cache.prefetch(keyOf(1), someMeta);
    cache.close();
    expect(() => cache.prefetch(keyOf(2), someMeta)).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    const again = openWhole(storage, PAGES_MIN);
    await gate.open();
    expect(storage.openFiles).toHaveLength(1);
    for (let i = 0; i < 30; i += 1) expectEntry(again, i);
    expect(errors).toEqual([]);
  });

  // The page belongs to the old generation: its number means another place in the new one.
  test('its generation can be compacted away', async () => {
    const gate = new Gate();
    const { storage, cache } = openFilled(60, PAGES_MIN, { readDelay: gate.delay });
    for (let i = 0; i < 60; i += 2) cache.delete(keyOf(i));
    for (const number of [1, 31]) cache.prefetch(keyOf(number), someMeta);
    expect(gate.waiting).toBe(2);
    cache.compact();
    for (let i = 1; i < 60; i += 2) expectEntry(cache, i);
    await gate.open();
    for (let i = 0; i < 60; i += 2) cache.put(keyOf(i), bytesOf(i), someMeta);
    for (let round = 0; round < 20; round += 1) for (let i = 0; i < 60; i += 1) expectEntry(cache, i);
    expect(storage.openFiles).toHaveLength(1);
    expect(cache.stats().pageBytes).toBeLessThanOrEqual(524_288);
    expect(cache.verify().damaged).toEqual([]);
  });

  test('appends do not wait for it, and do not use its memory', async () => {
    const gate = new Gate();
    const { cache } = openFilled(60, PAGES_MIN, { readDelay: gate.delay });
    for (const number of [1, 31]) cache.prefetch(keyOf(number), someMeta);
    for (let i = 60; i < 160; i += 1) cache.put(keyOf(i), bytesOf(i), someMeta);
    await gate.open();
    for (let i = 0; i < 160; i += 1) expectEntry(cache, i);
    cache.sync();
    expect(cache.stats().pageBytes).toBeLessThanOrEqual(524_288);
  });

  test('the process can be killed', async () => {
    const errors = unheard();
    const { storage, cache } = openFilled(30);
    cache.prefetch(keyOf(1), someMeta);
    storage.killProcess();
    await turn();
    expect(errors).toEqual([]);
  });
});

describe('a read that fails', () => {
  test('is reported by the next get, if that fails too', async () => {
    const errors = unheard();
    const { storage, cache } = openFilled(30, {});
    storage.rule = faultAt({ verb: 'read' }, { fail: 'EIO' });
    cache.prefetch(keyOf(1), someMeta);
    await turn();
    expect(storage.operations.at(-1)?.outcome).toBe('EIO');
    expectEntry(cache, 1);
    storage.rule = faultAt({ verb: 'read', times: Number.POSITIVE_INFINITY }, { fail: 'EIO' });
    cache.prefetch(keyOf(20), someMeta);
    await turn();
    expect(() => cache.get(keyOf(20))).toThrow(expect.objectContaining({ code: 'IO' }));
    storage.rule = undefined;
    expectEntry(cache, 20);
    // Its memory was released: the next prefetches are executed.
    for (const number of [6, 10, 14]) {
      cache.prefetch(keyOf(number), someMeta);
      await turn();
      const before = reads(storage);
      expectEntry(cache, number);
      expect(reads(storage)).toBe(before);
    }
    expect(errors).toEqual([]);
  });

  test.each([
    ['short', { short: 1000 }],
    ['interrupted', { fail: 'EINTR' }],
    ['put off', { fail: 'EAGAIN' }],
  ])('is continued if it was only %s', async (_, fault) => {
    const { storage, cache } = openFilled(30);
    storage.rule = faultAt({ verb: 'read', times: 5 }, fault);
    cache.prefetch(keyOf(4), someMeta);
    await turn();
    const before = reads(storage);
    expectEntry(cache, 4);
    expect(reads(storage)).toBe(before);
  });

  test('is abandoned if it is interrupted again and again', async () => {
    const { storage, cache } = openFilled(30);
    storage.rule = faultAt({ verb: 'read', times: Number.POSITIVE_INFINITY }, { fail: 'EINTR' });
    const before = reads(storage);
    cache.prefetch(keyOf(4), someMeta);
    await turn();
    storage.rule = undefined;
    expect(reads(storage) - before).toBeLessThanOrEqual(300);
    expectEntry(cache, 4);
  });
});
