// Why these tests: numbers of 64 bits and bytes reach the server as texts. A client that is handed a number rounds it.
import { describe, expect, test } from 'vitest';
import { decodeFromBytes } from '../../src/contract/cache-entry-codec.ts';
import {
  bytesArray,
  cacheRow,
  columnParameters,
  integerArray,
  newestRows,
  rowParameters,
} from '../../src/postgres/cache-row.ts';

const U64_MAX = 2n ** 64n - 1n;
const I64_MIN = -(2n ** 63n);
const key = utf8('order:507\0total');

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

test('a row has the parts of its key, its numbers as texts, and the payload of a log', () => {
  const row = cacheRow(key, utf8('state'), { watermark: U64_MAX, cachedAtUs: I64_MIN });
  const [stream, rest, tailDigest, tail, watermark, cachedAtUs, payload] = rowParameters(row);
  expect([stream, rest, tailDigest, tail]).toEqual([utf8('order:507\0'), utf8('total'), utf8(''), utf8('')]);
  expect([watermark, cachedAtUs]).toEqual(['18446744073709551615', '-9223372036854775808']);
  expect(decodeFromBytes(payload as Uint8Array)).toEqual({
    value: utf8('state'),
    meta: { watermark: U64_MAX, cachedAtUs: I64_MIN },
  });
});

test('a row shares no bytes and no meta with the caller', () => {
  const [ownKey, value, meta] = [utf8('key'), utf8('state'), { watermark: 1n, cachedAtUs: 2n }];
  const row = cacheRow(ownKey, value, meta);
  ownKey.fill(0);
  value.fill(0);
  Object.assign(meta, { watermark: 9n });
  expect(row.key).toEqual(utf8('key'));
  expect(row.meta.watermark).toBe(1n);
  expect(decodeFromBytes(row.payload)).toEqual({ value: utf8('state'), meta: { watermark: 1n, cachedAtUs: 2n } });
});

test('of several rows of a key the newest is written', () => {
  const row = (name: string, watermark: bigint, cachedAtUs: bigint) =>
    cacheRow(utf8(name), utf8(`${watermark}`), { watermark, cachedAtUs });
  const rows = [row('a', 5n, 0n), row('a', 7n, 0n), row('b', 1n, 0n), row('a', 7n, 1n), row('a', 6n, 9n)];
  expect(newestRows(rows).map(({ key: of, meta }) => [new TextDecoder().decode(of), meta])).toEqual([
    ['a', { watermark: 7n, cachedAtUs: 1n }],
    ['b', { watermark: 1n, cachedAtUs: 0n }],
  ]);
});

test('many rows are an array of texts for each column', () => {
  const rows = [1n, U64_MAX].map((watermark) => cacheRow(utf8('a\0b'), utf8('"'), { watermark, cachedAtUs: -1n }));
  const columns = columnParameters(rows);
  expect(columns.slice(0, 2)).toEqual(['{"\\\\x6100","\\\\x6100"}', '{"\\\\x62","\\\\x62"}']);
  expect(columns.slice(4, 6)).toEqual(['{1,18446744073709551615}', '{-1,-1}']);
  expect(columns).toHaveLength(7);
});

test('arrays may be empty', () => {
  expect([bytesArray([]), bytesArray([utf8('')]), integerArray([])]).toEqual(['{}', '{"\\\\x"}', '{}']);
});

describe('an entry is refused', () => {
  const meta = { watermark: 1n, cachedAtUs: 0n };
  test.each([
    ['a key that is no bytes', 'key' as unknown as Uint8Array, utf8(''), meta, TypeError, /^key must be/],
    ['a value that is no bytes', key, 5 as unknown as Uint8Array, meta, TypeError, /value/],
    ['a watermark below u64', key, utf8(''), { watermark: -1n, cachedAtUs: 0n }, RangeError, /watermark/],
    ['a watermark above u64', key, utf8(''), { watermark: U64_MAX + 1n, cachedAtUs: 0n }, RangeError, /watermark/],
    ['a long key', new Uint8Array(65_536), utf8(''), meta, Error, /key has 65536 bytes; the maximum is 65535/],
    ['a large value', key, new Uint8Array(2 ** 27 + 1), meta, Error, /value has 134217729 bytes/],
  ])('with %s', (_name, ofKey, value, ofMeta, type, message) => {
    const make = () => cacheRow(ofKey, value, ofMeta);
    expect(make).toThrow(type);
    expect(make).toThrow(message);
  });
});
