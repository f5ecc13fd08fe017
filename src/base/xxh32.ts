const PRIME_1 = 0x9e3779b1 | 0;
const PRIME_2 = 0x85ebca77 | 0;
const PRIME_3 = 0xc2b2ae3d | 0;
const PRIME_4 = 0x27d4eb2f | 0;
const PRIME_5 = 0x165667b1 | 0;

/** Words of a stripe, one for each of the four lanes. */
const STRIPE_WORDS = 4;

/**
 * XXH32 of `count` words from `start`, as in the public xxHash specification (doc/xxhash_spec.md, section "XXH32"): equal to
 * XXH32 of their bytes in little-endian order. The store pads everything that it checksums to whole words, because hashing
 * words takes about a quarter of the time of hashing bytes. Returns an int32.
 */
export function xxh32(words: Int32Array, start: number, count: number, seed: number): number {
  const end = start + count;
  let at = start;
  let hash: number;
  if (count >= STRIPE_WORDS) {
    let lane1 = (seed + PRIME_1 + PRIME_2) | 0;
    let lane2 = (seed + PRIME_2) | 0;
    let lane3 = seed | 0;
    let lane4 = (seed - PRIME_1) | 0;
    const stripesEnd = end - (STRIPE_WORDS - 1);
    while (at < stripesEnd) {
      lane1 = (lane1 + Math.imul(words[at] as number, PRIME_2)) | 0;
      lane2 = (lane2 + Math.imul(words[at + 1] as number, PRIME_2)) | 0;
      lane3 = (lane3 + Math.imul(words[at + 2] as number, PRIME_2)) | 0;
      lane4 = (lane4 + Math.imul(words[at + 3] as number, PRIME_2)) | 0;
      lane1 = Math.imul((lane1 << 13) | (lane1 >>> 19), PRIME_1);
      lane2 = Math.imul((lane2 << 13) | (lane2 >>> 19), PRIME_1);
      lane3 = Math.imul((lane3 << 13) | (lane3 >>> 19), PRIME_1);
      lane4 = Math.imul((lane4 << 13) | (lane4 >>> 19), PRIME_1);
      at += STRIPE_WORDS;
    }
    hash =
      (((lane1 << 1) | (lane1 >>> 31)) +
        ((lane2 << 7) | (lane2 >>> 25)) +
        ((lane3 << 12) | (lane3 >>> 20)) +
        ((lane4 << 18) | (lane4 >>> 14))) |
      0;
  } else {
    hash = (seed + PRIME_5) | 0;
  }
  hash = (hash + count * 4) | 0;
  while (at < end) {
    hash = (hash + Math.imul(words[at] as number, PRIME_3)) | 0;
    hash = Math.imul((hash << 17) | (hash >>> 15), PRIME_4);
    at += 1;
  }
  hash = Math.imul(hash ^ (hash >>> 15), PRIME_2);
  hash = Math.imul(hash ^ (hash >>> 13), PRIME_3);
  return hash ^ (hash >>> 16);
}
