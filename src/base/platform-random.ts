const SEED_WORDS = 4;

/**
 * Uniform integers from 0 to 2^32 - 1, by xoshiro128** (Blackman and Vigna). `fill`, the platform's generator, fills the seed with
 * unpredictable bits; asking it for each word would cost more than the rest of a put. Who sees words can compute the next
 * ones: they are for hash keys, salts and the heights of nodes, not for passwords.
 */
export function platformRandom(fill: (words: Uint32Array<ArrayBuffer>) => void): () => number {
  const seed = new Uint32Array(SEED_WORDS);
  fill(seed);
  let [a, b, c, d] = seed as unknown as readonly [number, number, number, number];
  return () => {
    const scrambled = Math.imul(b, 5);
    const word = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return word;
  };
}
