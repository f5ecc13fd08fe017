/*
 * XXH32 byte by byte, written from the public specification (doc/xxhash_spec.md of the xxHash project) for the tests:
 * with unsigned bigint arithmetic and for any number of bytes, so that it shares no technique with the hash of the
 * store.
 */

const MODULUS = 2n ** 32n;
const PRIME_1 = 0x9e3779b1n;
const PRIME_2 = 0x85ebca77n;
const PRIME_3 = 0xc2b2ae3dn;
const PRIME_4 = 0x27d4eb2fn;
const PRIME_5 = 0x165667b1n;
const STRIPE_BYTES = 16;

function rotated(value: bigint, bits: bigint): bigint {
  return ((value << bits) | (value >> (32n - bits))) % MODULUS;
}

function littleEndian(input: Uint8Array, at: number, count: number): bigint {
  let value = 0n;
  for (let i = count - 1; i >= 0; i -= 1) value = value * 256n + BigInt(input[at + i] as number);
  return value;
}

/** Steps 1 and 2: the stripes, in four accumulators that are merged. */
function stripesHash(input: Uint8Array, seed: bigint, stripesEnd: number): bigint {
  const lanes = [seed + PRIME_1 + PRIME_2, seed + PRIME_2, seed, seed - PRIME_1 + MODULUS].map(
    (lane) => lane % MODULUS,
  );
  for (let at = 0; at < stripesEnd; at += 4) {
    const lane = (at / 4) % 4;
    const sum = ((lanes[lane] as bigint) + littleEndian(input, at, 4) * PRIME_2) % MODULUS;
    lanes[lane] = (rotated(sum, 13n) * PRIME_1) % MODULUS;
  }
  const [first = 0n, second = 0n, third = 0n, fourth = 0n] = lanes;
  return (rotated(first, 1n) + rotated(second, 7n) + rotated(third, 12n) + rotated(fourth, 18n)) % MODULUS;
}

/** The hash of `input` as an unsigned 32-bit number. */
export function xxh32Reference(input: Uint8Array, seed: number): number {
  const start = BigInt(seed >>> 0);
  const stripesEnd = input.length - (input.length % STRIPE_BYTES);
  let hash = input.length >= STRIPE_BYTES ? stripesHash(input, start, stripesEnd) : start + PRIME_5;
  hash = (hash + BigInt(input.length)) % MODULUS;
  let at = stripesEnd;
  for (; at + 4 <= input.length; at += 4) {
    hash = (rotated((hash + littleEndian(input, at, 4) * PRIME_3) % MODULUS, 17n) * PRIME_4) % MODULUS;
  }
  for (; at < input.length; at += 1) {
    hash = (rotated((hash + BigInt(input[at] as number) * PRIME_5) % MODULUS, 11n) * PRIME_1) % MODULUS;
  }
  hash = ((hash ^ (hash >> 15n)) * PRIME_2) % MODULUS;
  hash = ((hash ^ (hash >> 13n)) * PRIME_3) % MODULUS;
  return Number(hash ^ (hash >> 16n));
}
