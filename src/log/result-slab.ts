import { type RecordMemory, recordMemory } from './record-codec.ts';

const SLAB_BYTES: number = 64 * 1024;
/** Larger results get memory of their own: sharing would keep a whole slab alive for one of them. */
const SHARED_BYTES_MAX = 1024;

let slab: RecordMemory = recordMemory(0);
let used = 0;

/**
 * A copy of `length` bytes of `source` from `start`, a multiple of four, for the caller to keep. Small ones are cut from
 * a shared buffer and copied by words, because a fresh `Uint8Array` of some hundred bytes costs several times its copy.
 * No two results overlap.
 */
export function copyForCaller(source: RecordMemory, start: number, length: number): Uint8Array {
  if (length > SHARED_BYTES_MAX) return source.bytes.slice(start, start + length);
  const padded = (length + 7) & ~7;
  if (used + padded > slab.bytes.length) {
    slab = recordMemory(SLAB_BYTES);
    used = 0;
  }
  const from = start >>> 2;
  const to = used >>> 2;
  const words = (length + 3) >>> 2;
  for (let i = 0; i < words; i += 1) slab.words[to + i] = source.words[from + i] as number;
  const result = slab.bytes.subarray(used, used + length);
  used += padded;
  return result;
}
