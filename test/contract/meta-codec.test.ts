import { describe, expect, test } from 'vitest';
import type { CacheMeta } from '../../src/contract/cache-entry.ts';
import { assertMeta, metaBytes, readMeta, writeMeta } from '../../src/contract/meta-codec.ts';

const u64Max = 2n ** 64n - 1n;
const i64Max = 2n ** 63n - 1n;
const i64Min = -(2n ** 63n);

describe('assertMeta', () => {
  test.each([
    [undefined, 'meta must be an object { watermark, cachedAtUs } of bigints; got undefined'],
    [null, 'meta must be an object { watermark, cachedAtUs } of bigints; got null'],
    [507n, 'meta must be an object { watermark, cachedAtUs } of bigints; got bigint'],
    [{}, 'meta.watermark must be a bigint, such as 42n; got undefined'],
    [{ watermark: 507, cachedAtUs: 0n }, 'meta.watermark must be a bigint, such as 42n; got number'],
    [{ watermark: 507n }, 'meta.cachedAtUs must be a bigint, such as 42n; got undefined'],
    [{ watermark: 507n, cachedAtUs: new Date(0) }, 'meta.cachedAtUs must be a bigint, such as 42n; got Date'],
    [{ watermark: Object.create(null), cachedAtUs: 0n }, 'meta.watermark must be a bigint, such as 42n; got object'],
  ])('refuses %o', (meta, message) => {
    expect(() => assertMeta(meta as unknown as CacheMeta)).toThrow(new TypeError(message));
  });

  test.each([
    [-1n, 0n, 'meta.watermark must be within 0 and 18446744073709551615 (u64); got -1'],
    [u64Max + 1n, 0n, 'meta.watermark must be within 0 and 18446744073709551615 (u64); got 18446744073709551616'],
    [
      0n,
      i64Min - 1n,
      'meta.cachedAtUs must be within -9223372036854775808 and 9223372036854775807 (i64); got -9223372036854775809',
    ],
    [
      0n,
      i64Max + 1n,
      'meta.cachedAtUs must be within -9223372036854775808 and 9223372036854775807 (i64); got 9223372036854775808',
    ],
  ])('refuses watermark %s with cachedAtUs %s', (watermark, cachedAtUs, message) => {
    expect(() => assertMeta({ watermark, cachedAtUs })).toThrow(new RangeError(message));
  });

  test('accepts the ends of both ranges', () => {
    expect(() => assertMeta({ watermark: 0n, cachedAtUs: i64Min })).not.toThrow();
    expect(() => assertMeta({ watermark: u64Max, cachedAtUs: i64Max })).not.toThrow();
  });
});

describe('writeMeta and readMeta', () => {
  test('touch only their own bytes', () => {
    const target = new Uint8Array(metaBytes + 6).fill(0xaa);
    writeMeta(target, 3, { watermark: 1n, cachedAtUs: i64Min });
    const expected = [0xaa, 0xaa, 0xaa, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0xaa, 0xaa, 0xaa];
    expect(Array.from(target)).toEqual(expected);
    expect(readMeta(target, 3)).toEqual({ watermark: 1n, cachedAtUs: i64Min });
  });

  // The scratch is shared by all calls; a meta that was read earlier must not change with the next one.
  test('return metas that later calls do not change', () => {
    const target = new Uint8Array(2 * metaBytes);
    writeMeta(target, 0, { watermark: u64Max, cachedAtUs: -1n });
    writeMeta(target, metaBytes, { watermark: 2n, cachedAtUs: 3n });
    const first = readMeta(target, 0);
    const second = readMeta(target, metaBytes);
    expect(first).toEqual({ watermark: u64Max, cachedAtUs: -1n });
    expect(second).toEqual({ watermark: 2n, cachedAtUs: 3n });
  });
});
