// The payload is that of batpak's caches: a value cached there must read the same here, so every vector counts.
import { describe, expect, test } from 'vitest';
import { prefixSuccessor } from '../../src/base/prefix-successor.ts';
import { decodeFromBytes, encodeWithValue } from '../../src/contract/cache-entry-codec.ts';
import { fromHex, goldenVectors, toHex } from './golden-vectors.ts';

describe('the golden vectors', () => {
  test('are all present', () => {
    expect(goldenVectors.encode).toHaveLength(154);
    expect(goldenVectors.prefixSuccessor).toHaveLength(13);
  });

  for (const [index, vector] of goldenVectors.encode.entries()) {
    const value = fromHex(vector.value);
    const meta = { watermark: BigInt(vector.watermark), cachedAtUs: BigInt(vector.cachedAtUs) };
    const title = `${index}: ${value.length} bytes, watermark ${vector.watermark}, cachedAtUs ${vector.cachedAtUs}`;

    test(`encode and decode ${title}`, () => {
      expect(toHex(encodeWithValue(value, meta))).toBe(vector.encoded);
      expect(decodeFromBytes(fromHex(vector.encoded))).toEqual({ value, meta });
    });
  }

  test.each(goldenVectors.prefixSuccessor)('successor of 0x$prefix', ({ prefix, successor }) => {
    const result = prefixSuccessor(fromHex(prefix));
    expect(result === undefined ? null : toHex(result)).toBe(successor);
  });
});
