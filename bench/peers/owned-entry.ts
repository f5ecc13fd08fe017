import type { CacheEntry } from '../../src/index.ts';

const metaBytes = 16;
const slabBytes = 64 * 1024;
let slab: Uint8Array = new Uint8Array(slabBytes);
let view: DataView = new DataView(slab.buffer);
let used = 0;

/** The entry in bytes that the peer created for this call and will not change. */
export function ownedEntry(bytes: Uint8Array): CacheEntry {
  const valueBytes = bytes.length - metaBytes;
  const meta = new DataView(bytes.buffer, bytes.byteOffset + valueBytes, metaBytes);
  return {
    value: bytes.subarray(0, valueBytes),
    meta: { watermark: meta.getBigUint64(0, true), cachedAtUs: meta.getBigInt64(8, true) },
  };
}

/**
 * The entry in bytes that belong to the peer, copied into a shared slab: the cheapest possible copy. The `length` of a
 * buffer of lmdb is the length of the value, while the buffer itself is longer, so that the copy ends there.
 */
export function copiedEntry(bytes: Buffer): CacheEntry {
  const { length } = bytes;
  if (length > slabBytes / 8) return ownedEntry(Uint8Array.prototype.slice.call(bytes, 0, length));
  if (used + length > slabBytes) {
    slab = new Uint8Array(slabBytes);
    view = new DataView(slab.buffer);
    used = 0;
  }
  const start = used;
  bytes.copy(slab, start, 0, length);
  used += length;
  const trailer = start + length - metaBytes;
  return {
    value: new Uint8Array(slab.buffer, start, length - metaBytes),
    meta: { watermark: view.getBigUint64(trailer, true), cachedAtUs: view.getBigInt64(trailer + 8, true) },
  };
}
