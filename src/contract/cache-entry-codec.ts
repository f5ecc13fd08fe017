import { assertBytes } from '../base/argument.ts';
import { StoreError } from '../base/store-error.ts';
import type { CacheEntry, CacheMeta } from './cache-entry.ts';
import { assertMeta, metaBytes, readMeta, writeMeta } from './meta-codec.ts';

/*
 * What a cache stores under a key, byte for byte what the Rust crate batpak stores:
 *
 *     value | watermark u64 | cachedAtUs i64
 *
 * The value comes first and has no length of its own: the meta is found from the end.
 */

/**
 * Encodes a value with its meta as new bytes: the value, then 16 bytes of meta. Throws `TypeError` for an invalid value or
 * meta, `RangeError` for a watermark outside u64 or a `cachedAtUs` outside i64.
 */
export function encodeWithValue(value: Uint8Array, meta: CacheMeta): Uint8Array {
  assertBytes(value, 'value');
  assertMeta(meta);
  const encoded = new Uint8Array(value.length + metaBytes);
  encoded.set(value);
  writeMeta(encoded, value.length, meta);
  return encoded;
}

/**
 * Decodes the bytes of `encodeWithValue`. The value is a copy, so that `bytes` can be reused. Throws `TypeError` unless
 * `bytes` is a `Uint8Array`, and `StoreError` `CORRUPT` for fewer than 16 bytes.
 */
export function decodeFromBytes(bytes: Uint8Array): CacheEntry {
  assertBytes(bytes, 'bytes');
  const valueBytes = valueBytesOf(bytes);
  return { value: new Uint8Array(bytes.subarray(0, valueBytes)), meta: readMeta(bytes, valueBytes) };
}

function valueBytesOf(encoded: Uint8Array): number {
  if (encoded.length >= metaBytes) return encoded.length - metaBytes;
  throw new StoreError(
    'CORRUPT',
    `an encoded entry has at least ${metaBytes} bytes, its watermark and cachedAtUs; got ${encoded.length}`,
  );
}
