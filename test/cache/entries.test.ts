import { describe, expect, test } from 'vitest';
import { LogCache } from '../../src/cache/log-cache.ts';
import type { CacheEntry } from '../../src/contract/cache-entry.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { typesInto } from '../store/event-collector.ts';
import { metaAt, openFor, openInMemory, someMeta, utf8, valueText } from './cache-fixtures.ts';

function entryOf(cache: LogCache, key: string): CacheEntry {
  const entry = cache.get(key);
  if (entry === undefined) throw new Error(`${key} is missed`);
  return entry;
}

describe('an entry that get returns', () => {
  test('is a plain object with own properties, and so is its meta', () => {
    const cache = openInMemory();
    cache.put('order:1', utf8('state'), someMeta);
    const entry = entryOf(cache, 'order:1');
    expect(Object.getPrototypeOf(entry)).toBe(Object.prototype);
    expect(Object.getPrototypeOf(entry.meta)).toBe(Object.prototype);
    expect(Object.keys(entry)).toEqual(['value', 'meta']);
    expect(Object.keys(entry.meta)).toEqual(['watermark', 'cachedAtUs']);
    expect(entry.value.constructor).toBe(Uint8Array);
    expect(structuredClone(entry)).toEqual(entry);
    const [fromRange] = cache.entries();
    expect(fromRange).toEqual([utf8('order:1'), entry]);
  });

  // Small values are cut from a shared buffer, large ones are not: in both cases returned values must not overlap.
  test.each([0, 1, 8, 100, 1008, 1009, 5000, 70_000])('of %d bytes shares nothing with the next one', (length) => {
    const cache = openInMemory();
    const value = Uint8Array.from({ length }, (_, i) => i);
    cache.put('order:1', value, someMeta);
    const first = entryOf(cache, 'order:1').value;
    const second = entryOf(cache, 'order:1').value;
    expect(first).toEqual(value);
    first.fill(0xee);
    expect(second).toEqual(value);
    expect(entryOf(cache, 'order:1').value).toEqual(value);
  });

  test('keeps every watermark and time of their ranges', () => {
    const cache = openInMemory();
    const metas = [
      { watermark: 0n, cachedAtUs: -(2n ** 63n) },
      { watermark: 2n ** 64n - 1n, cachedAtUs: 2n ** 63n - 1n },
      { watermark: 2n ** 32n, cachedAtUs: -1n },
    ];
    for (const meta of metas) {
      cache.put('order:1', utf8('state'), meta);
      expect(entryOf(cache, 'order:1').meta).toEqual(meta);
    }
  });

  test('keeps its meta when a later put changes that of the key', () => {
    const cache = openInMemory();
    cache.put('order:1', utf8('one'), metaAt(1));
    cache.put('order:2', utf8('two'), metaAt(2));
    expect(entryOf(cache, 'order:1').meta).toEqual(metaAt(1));
  });
});

describe('keys and values at their limits', () => {
  test('a key of 65,535 bytes is stored, one byte more is refused and nothing changes', () => {
    const cache = openInMemory();
    const longest = new Uint8Array(65_535).fill(7);
    cache.put(longest, utf8('state'), someMeta);
    expect(cache.get(longest)?.value).toEqual(utf8('state'));
    const { logBytes } = cache.stats();
    for (const length of [65_536, 65_537, 100_000]) {
      const tooLong = new Uint8Array(length).fill(7);
      const refusal = expect.objectContaining({
        code: 'TOO_LARGE',
        message: expect.stringMatching(`^a key of ${length} bytes.* 65535 `),
      });
      expect(() => cache.put(tooLong, utf8('x'), someMeta)).toThrow(refusal);
      expect(() => cache.get(tooLong)).toThrow(refusal);
      expect(() => cache.has(tooLong)).toThrow(refusal);
      expect(() => cache.delete(tooLong)).toThrow(refusal);
      // A prefix or a bound may be longer than a key.
      expect(cache.deletePrefix(tooLong)).toBe(0);
      expect([...cache.keys({ prefix: tooLong })]).toEqual([]);
      expect([...cache.keys({ lte: tooLong })]).toEqual([longest]);
    }
    expect(cache.stats().logBytes).toBe(logBytes);
    expect(cache.size).toBe(1);
  });

  test('a string counts by its bytes', () => {
    const cache = openInMemory();
    expect(() => cache.put('ü'.repeat(32_768), utf8('x'), someMeta)).toThrow(/65536 bytes/);
    cache.put('ü'.repeat(32_767), utf8('x'), someMeta);
    expect(cache.has('ü'.repeat(32_767))).toBe(true);
  });

  // Memory that is never touched is never allocated by the system: creating the value costs almost nothing.
  test('a value above 1 GiB is refused before anything is written', () => {
    const cache = openInMemory();
    const { logBytes } = cache.stats();
    const tooLarge = new Uint8Array(2 ** 30 + 1);
    const refusal = expect.objectContaining({
      code: 'TOO_LARGE',
      message: expect.stringMatching(/^a value of 1073741825 bytes.* 1073741824 /),
    });
    expect(() => cache.put('order:1', tooLarge, someMeta)).toThrow(refusal);
    expect(() =>
      cache.putMany([
        ['order:1', utf8('x'), someMeta],
        ['order:2', tooLarge, someMeta],
      ]),
    ).toThrow(refusal);
    expect(cache.size).toBe(0);
    expect(cache.stats().logBytes).toBe(logBytes);
  });

  test('the empty key, the empty value and a key of zeros are ordinary entries', () => {
    const cache = openInMemory();
    cache.put('', utf8('empty key'), metaAt(1));
    cache.put('\0', utf8(''), metaAt(2));
    cache.put('\0\0', utf8('zeros'), metaAt(3));
    expect(cache.size).toBe(3);
    expect(valueText(cache, '')).toBe('empty key');
    expect(valueText(cache, '\0')).toBe('');
    expect(valueText(cache, '\0\0')).toBe('zeros');
    expect(cache.delete('')).toBe(true);
    expect(cache.delete('')).toBe(false);
    expect(cache.size).toBe(2);
  });
});

describe('the capabilities of a LogCache', () => {
  test('are a new object each time, without other fields', () => {
    const cache = openInMemory();
    expect(cache.capabilities()).toEqual({ supportsPrefetch: false, isNoop: false });
    expect(cache.capabilities()).not.toBe(cache.capabilities());
  });

  test('prefetch in memory only checks its arguments', () => {
    const cache = openInMemory();
    cache.put('order:1', utf8('state'), someMeta);
    const before = cache.stats();
    expect(cache.prefetch('order:1', someMeta)).toBeUndefined();
    expect(cache.prefetch(utf8('absent'), someMeta)).toBeUndefined();
    expect(cache.stats()).toEqual(before);
    expect(() => cache.prefetch(7 as unknown as string, someMeta)).toThrow(TypeError);
    expect(() => cache.prefetch('order:1', { watermark: -1n, cachedAtUs: 0n })).toThrow(RangeError);
  });
});

describe('stats', () => {
  test('has this shape, and counts', () => {
    const cache = openInMemory();
    expect(cache.stats()).toEqual({
      entries: 0,
      liveBytes: 0,
      deadBytes: 0,
      logBytes: expect.any(Number),
      indexBytes: expect.any(Number),
      pageBytes: expect.any(Number),
      generation: 1,
      counters: { hits: 0, misses: 0, evictions: 0, corruptions: 0, recoveries: 0, compactions: 0, syncs: 0 },
      recovery: {
        generation: 0,
        imageUsed: false,
        records: 0,
        tornBytes: 0,
        damaged: [],
        entriesLost: 0,
        forgotten: false,
        clean: true,
      },
    });
    cache.put('order:1', utf8('state'), someMeta);
    cache.put('order:2', utf8('state'), someMeta);
    cache.get('order:1');
    cache.get('absent');
    cache.has('order:1');
    cache.sync();
    cache.delete('order:2');
    const { entries, liveBytes, deadBytes, logBytes, counters } = cache.stats();
    expect({ entries, counters }).toMatchObject({ entries: 1, counters: { hits: 1, misses: 1, syncs: 1 } });
    // Header 16, key 7 padded to 8, body 5 + 16 padded to 24.
    expect(liveBytes).toBe(48);
    expect(deadBytes).toBeGreaterThanOrEqual(48);
    expect(liveBytes + deadBytes).toBeLessThan(logBytes);
  });

  test('is a snapshot', () => {
    const cache = openInMemory();
    const before = cache.stats();
    cache.put('order:1', utf8('state'), someMeta);
    expect(before.entries).toBe(0);
  });

  test('reports what recovery found if the last writer did not close', () => {
    const storage = new MemoryStorage();
    const abandoned = LogCache.open('cache', { storage });
    for (let i = 0; i < 10; i += 1) abandoned.put(`order:${i}`, utf8('state'), metaAt(i));
    abandoned.sync();
    const types: string[] = [];
    const reader = openFor('cache', { storage, readOnly: true, onEvent: typesInto(types) });
    expect(reader.stats().recovery).toMatchObject({ generation: 1, imageUsed: false, damaged: [], entriesLost: 0 });
    expect(reader.stats().recovery.records).toBeGreaterThanOrEqual(10);
    abandoned.close();
  });
});

describe('verify', () => {
  test('reads every record and finds no damage in an intact cache', () => {
    const cache = openInMemory();
    for (let i = 0; i < 5000; i += 1) cache.put(`order:${i}`, new Uint8Array(500), metaAt(i));
    cache.delete('order:1');
    const seen: number[] = [];
    const report = cache.verify({
      onProgress: ({ doneBytes, totalBytes }) => seen.push(doneBytes / totalBytes),
    });
    expect(report).toMatchObject({ ok: true, damaged: [], entries: 4999, entriesDamaged: 0 });
    expect(report.records).toBeGreaterThanOrEqual(5001);
    expect(report.bytes).toBe(cache.stats().logBytes);
    expect(seen.length).toBeGreaterThan(2);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);
  });

  test('reports a damaged entry, which is then a miss, and does not throw', () => {
    const storage = new MemoryStorage();
    const cache = openFor('cache', { storage });
    for (let i = 0; i < 10; i += 1) cache.put(`order:${i}`, utf8(`state ${i} of the order`), metaAt(i));
    cache.sync();
    const damaged = flipByteOf(storage, utf8('state 5'));
    const report = cache.verify();
    expect(report).toMatchObject({ ok: false, entries: 10, entriesDamaged: 1 });
    expect(report.damaged).toHaveLength(1);
    expect(report.damaged[0]?.from).toBeLessThan(damaged);
    expect(report.damaged[0]?.to).toBeGreaterThan(damaged);
    // Verifying changes nothing.
    expect(cache.size).toBe(10);
  });
});

/** Damages the first place in the log that holds `bytes`; returns its offset. */
function flipByteOf(storage: MemoryStorage, bytes: Uint8Array): number {
  const file = storage.openDirectory('cache', { create: false }).open('000001.log', 'write');
  if (file === undefined) throw new Error('there is no log');
  const content = new Uint8Array(file.size());
  file.read(content, 0, content.length, 0);
  const at = Buffer.from(content.buffer).indexOf(bytes);
  content[at] = (content[at] as number) ^ 1;
  file.write(content, at, 1, at);
  file.close();
  return at;
}
