import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { prefixSuccessor } from '../src/base/prefix-successor.ts';
import type { CacheMeta } from '../src/contract/cache-entry.ts';
import { decodeFromBytes, encodeWithValue } from '../src/contract/cache-entry-codec.ts';
import { assertMeta, metaBytes, readMeta, writeMeta } from '../src/contract/meta-codec.ts';
import { runs } from './runs.ts';

const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const i64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const metas: fc.Arbitrary<CacheMeta> = fc.record({ watermark: u64, cachedAtUs: i64 }, { noNullPrototype: true });
const values: fc.Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: 100 });
// Few different bytes, so that keys often start with a prefix and 0xFF comes in runs.
const fewBytes: fc.Arbitrary<Uint8Array> = fc
  .array(fc.constantFrom(0, 1, 0xfe, 0xff), { maxLength: 5 })
  .map((bytes) => Uint8Array.from(bytes));

describe('the entry codec', () => {
  test('decodes what it encoded', () => {
    fc.assert(
      fc.property(values, metas, (value, meta) => {
        const encoded = encodeWithValue(value, meta);
        expect(encoded.length).toBe(value.length + metaBytes);
        expect(decodeFromBytes(encoded)).toEqual({ value, meta });
      }),
      { numRuns: runs(100) },
    );
  });

  test('encodes what it decoded, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: metaBytes, maxLength: 100 }), (encoded) => {
        const { value, meta } = decodeFromBytes(encoded);
        expect(encodeWithValue(value, meta)).toEqual(encoded);
      }),
      { numRuns: runs(100) },
    );
  });

  // The reference is the platform's own DataView; the codec avoids it for speed.
  test('agrees with DataView at any offset', () => {
    fc.assert(
      fc.property(metas, fc.nat(20), (meta, offset) => {
        const target = new Uint8Array(offset + metaBytes);
        writeMeta(target, offset, meta);
        const view = new DataView(target.buffer);
        expect(view.getBigUint64(offset, true)).toBe(meta.watermark);
        expect(view.getBigInt64(offset + 8, true)).toBe(meta.cachedAtUs);
        expect(readMeta(target, offset)).toEqual(meta);
      }),
      { numRuns: runs(100) },
    );
  });

  test('accepts a meta exactly if both integers are in range', () => {
    const wide = fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n });
    fc.assert(
      fc.property(wide, wide, (watermark, cachedAtUs) => {
        const fits = watermark === BigInt.asUintN(64, watermark) && cachedAtUs === BigInt.asIntN(64, cachedAtUs);
        const check = () => assertMeta({ watermark, cachedAtUs });
        if (fits) expect(check).not.toThrow();
        else expect(check).toThrow(RangeError);
      }),
      { numRuns: runs(100) },
    );
  });
});

describe('prefixSuccessor', () => {
  test('is the end of exactly the keys that start with the prefix', () => {
    fc.assert(
      fc.property(fewBytes, fewBytes, (prefix, key) => {
        const successor = prefixSuccessor(prefix);
        const startsWithPrefix = prefix.every((byte, index) => key[index] === byte);
        const isInRange =
          Buffer.compare(key, prefix) >= 0 && (successor === undefined || Buffer.compare(key, successor) < 0);
        expect(isInRange).toBe(startsWithPrefix);
      }),
      { numRuns: runs(2_000) },
    );
  });
});
