import { describe, expect, test } from 'vitest';
import { Dataset, keyForms } from '../../../bench/peers/dataset.ts';
import { copiedEntry, ownedEntry } from '../../../bench/peers/owned-entry.ts';
import { encodeWithValue } from '../../../src/index.ts';

const entries = 2000;
const strings = new Dataset(entries, 64, keyForms.string);
const buffers = new Dataset(entries, 64, keyForms.bytes);

describe('Dataset', () => {
  test('has the same keys in both forms, 32 bytes each, each entry once', () => {
    const { keys, order } = strings.puts(0, 5);
    expect(buffers.puts(0, 5).keys.map((key) => key.toString('latin1'))).toEqual(keys);
    expect(new Set(keys.map((key) => key.length))).toEqual(new Set([32]));
    expect(new Set(keys).size).toBe(entries);
    expect([...order].toSorted((a, b) => a - b)).toEqual(Array.from({ length: entries }, (_, i) => i));
  });

  test('has bodies whose bytes are the value and the meta, and versions that differ', () => {
    for (const index of [0, 1, 1999]) {
      const { value, meta, bytes } = buffers.body(index, 0);
      expect(Uint8Array.from(bytes)).toEqual(encodeWithValue(value, meta));
      for (const version of [1, 2, 3]) expect(buffers.body(index, version).bytes).not.toEqual(bytes);
    }
  });

  test('has absent keys that differ from all stored keys', () => {
    const stored = new Set(strings.puts(0, 5).keys);
    const absent = strings.absentKeys(6);
    expect(absent.length).toBe(entries);
    expect(absent.filter((key) => stored.has(key))).toEqual([]);
  });

  test('has runs of 100 keys each, and no key twice', () => {
    const { keys } = strings.puts(0, 5);
    const held = strings.runs(10, 7).flatMap(({ start, end }) => {
      const inRange = keys.filter((key) => key >= start && key < end);
      expect(inRange).toEqual(keys.filter((key) => key.startsWith(start)));
      expect(inRange.length).toBe(100);
      return inRange;
    });
    expect(new Set(held).size).toBe(1000);
  });

  test('mixes 5 % puts into gets with some hot keys', () => {
    const { keys, bodies, isPut } = strings.mixed(1, 9);
    expect([keys.length, bodies.length, isPut.length]).toEqual([entries, entries, entries]);
    const puts = isPut.reduce((sum, put) => sum + put, 0);
    expect(puts).toBeGreaterThan(entries * 0.03);
    expect(puts).toBeLessThan(entries * 0.07);
    const counts = new Map<string, number>();
    for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
    expect(Math.max(...counts.values())).toBeGreaterThan(entries / 20);
    expect(strings.mixed(1, 9).keys).toEqual(keys);
  });
});

describe.each([
  ['ownedEntry', ownedEntry],
  ['copiedEntry', copiedEntry],
])('%s', (_, decode) => {
  test.each([0, 4, 64, 8192, 100_000])('separates a value of %i bytes from its meta', (valueBytes) => {
    const meta = { watermark: 2n ** 64n - 1n, cachedAtUs: -(2n ** 63n) };
    const value = Uint8Array.from({ length: valueBytes }, (_unused, i) => i);
    const entry = decode(Buffer.from(encodeWithValue(value, meta)));
    expect(entry.meta).toEqual(meta);
    expect(Uint8Array.from(entry.value)).toEqual(value);
  });
});

test('copiedEntry does not change with its source, and uses its length', () => {
  const source = Buffer.concat([
    encodeWithValue(Uint8Array.of(1, 2), { watermark: 3n, cachedAtUs: 4n }),
    Buffer.alloc(9),
  ]);
  // As lmdb does with the buffer that it reads into.
  Object.defineProperty(source, 'length', { value: 18 });
  const entry = copiedEntry(source);
  source.fill(0xff);
  expect(entry.meta).toEqual({ watermark: 3n, cachedAtUs: 4n });
  expect([...entry.value]).toEqual([1, 2]);
});
