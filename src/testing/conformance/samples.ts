import type { CacheMeta } from '../../contract/cache-entry.ts';

export const someMeta: CacheMeta = { watermark: 507n, cachedAtUs: 1_700_000_000_000_000n };

const u64Max = 2n ** 64n - 1n;
const i64Min = -(2n ** 63n);
const i64Max = 2n ** 63n - 1n;

/** Metas at the ends of their ranges, and those that a double, a signed integer or 32 bits would change. */
export const extremeMetas: readonly CacheMeta[] = [
  { watermark: 0n, cachedAtUs: 0n },
  { watermark: u64Max, cachedAtUs: i64Min },
  { watermark: u64Max, cachedAtUs: i64Max },
  { watermark: 2n ** 63n, cachedAtUs: 1n },
  { watermark: 2n ** 32n, cachedAtUs: -1n },
  // A double rounds integers beyond 2 ** 53.
  { watermark: 2n ** 53n + 1n, cachedAtUs: -(2n ** 53n) - 1n },
];

/** A text as UTF-8 bytes. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/**
 * `length` bytes without repetition that do not compress, the same in every call: a misplaced page shows, and a size
 * limit counts every byte.
 */
export function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 0x9e3779b9;
  for (let index = 0; index < length; index += 1) {
    // xorshift32 of Marsaglia, "Xorshift RNGs" (2003).
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state;
  }
  return bytes;
}

/** How a table of a case writes bytes: as text (in UTF-8), or as bytes. */
export type BytesSource = string | readonly number[] | Uint8Array;

export function bytesFrom(source: BytesSource): Uint8Array {
  return typeof source === 'string' ? utf8(source) : Uint8Array.from(source);
}
