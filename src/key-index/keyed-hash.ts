const INITIAL_2 = 0x6c796765;
const INITIAL_3 = 0x74656462;

/** What HalfSipHash mixes in before its last rounds. */
const FINALIZATION = 0xff;
const FINALIZATION_ROUNDS = 3;

/**
 * HalfSipHash-1-3 with a 32-bit result (Aumasson and Bernstein, "SipHash: a fast short-input PRF", and the reference
 * code's 32-bit variant), over whole words: the words count as little-endian, the closing word holds the low eight bits
 * of `byteLength` on top and no bytes. So it is exactly HalfSipHash of those words' bytes where `byteLength` is four times
 * `count`, and still tells padded keys of one word count apart, because their lengths differ by less than four.
 *
 * It is keyed because the names of streams, and with them the keys, can be chosen by an attacker. Returns an int32.
 */
export function halfSipHash13(
  words: Int32Array,
  count: number,
  byteLength: number,
  key0: number,
  key1: number,
): number {
  let v0 = key0;
  let v1 = key1;
  let v2 = INITIAL_2 ^ key0;
  let v3 = INITIAL_3 ^ key1;
  for (let i = 0; i <= count; i += 1) {
    const word = i < count ? (words[i] as number) : byteLength << 24;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  v2 ^= FINALIZATION;
  for (let round = 0; round < FINALIZATION_ROUNDS; round += 1) {
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
  }
  return v1 ^ v3;
}
