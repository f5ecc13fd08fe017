import { describe, expect, test } from 'vitest';
import { StoreError } from '../../src/base/store-error.ts';
import type { CacheMeta } from '../../src/contract/cache-entry.ts';
import { decodeFromBytes, encodeWithValue } from '../../src/contract/cache-entry-codec.ts';
import { metaBytes } from '../../src/contract/meta-codec.ts';

const meta: CacheMeta = { watermark: 0x0807_0605_0403_0201n, cachedAtUs: -2n };
const encoded = Uint8Array.of(0x61, 1, 2, 3, 4, 5, 6, 7, 8, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);

describe('encodeWithValue', () => {
  test('appends the meta to the value, little-endian', () => {
    expect(encodeWithValue(Uint8Array.of(0x61), meta)).toEqual(encoded);
  });

  test('returns a new plain Uint8Array for every kind of bytes', () => {
    const value = Buffer.from('a');
    const result = encodeWithValue(value, meta);
    expect(Object.getPrototypeOf(result)).toBe(Uint8Array.prototype);
    value.fill(0);
    expect(result).toEqual(encoded);
  });

  test.each([undefined, null, 'a', 7, [1], new ArrayBuffer(1), new DataView(new ArrayBuffer(1)), new Int8Array(1)])(
    'refuses %s as a value',
    (value) => {
      expect(() => encodeWithValue(value as unknown as Uint8Array, meta)).toThrow(TypeError);
      expect(() => encodeWithValue(value as unknown as Uint8Array, meta)).toThrow(/^value must be a Uint8Array; got /);
    },
  );
});

describe('decodeFromBytes', () => {
  test('returns plain objects with own fields', () => {
    const entry = decodeFromBytes(encoded);
    expect(entry).toStrictEqual({ value: Uint8Array.of(0x61), meta: { ...meta } });
    expect(structuredClone(entry)).toEqual(entry);
  });

  // A Buffer's `slice` is a view: a copy made with it would follow every later change of the caller's buffer.
  test('returns a value that shares nothing with the bytes, not even with those of a Buffer', () => {
    const bytes = Buffer.from(encoded);
    const { value } = decodeFromBytes(bytes);
    bytes.fill(0);
    expect(value).toStrictEqual(Uint8Array.of(0x61));
  });

  test('reads from the start of a view, not of its buffer', () => {
    const room = new Uint8Array(encoded.length + 8).fill(0xaa);
    room.set(encoded, 5);
    expect(decodeFromBytes(room.subarray(5, 5 + encoded.length))).toEqual({ value: Uint8Array.of(0x61), meta });
  });

  test('accepts an empty value', () => {
    expect(decodeFromBytes(encoded.subarray(1))).toEqual({ value: new Uint8Array(0), meta });
  });

  test('refuses fewer bytes than a meta has as corrupt', () => {
    for (let length = 0; length < metaBytes; length += 1) {
      const decode = () => decodeFromBytes(encoded.subarray(0, length));
      expect(decode).toThrow(StoreError);
      expect(decode).toThrow(expect.objectContaining({ code: 'CORRUPT' }));
      expect(decode).toThrow(`at least 16 bytes, its watermark and cachedAtUs; got ${length}`);
    }
  });

  test('refuses a value that is not bytes', () => {
    expect(() => decodeFromBytes('0123456789abcdef' as unknown as Uint8Array)).toThrow(
      new TypeError('bytes must be a Uint8Array; got string'),
    );
  });
});
