const SEED_WORDS = 4;

/**
 * Uniform integers from 0 to 2^32 - 1, by xorshift128 (Marsaglia, "Xorshift RNGs", 2003). `fill`, the platform's generator, fills the
 * seed with unpredictable bits; asking it for each word would cost more than the rest of a put. Who sees words can compute
 * the next ones: they are for hash keys, salts and the heights of nodes, not for passwords.
 */
export function platformRandom(fill: (words: Uint32Array<ArrayBuffer>) => void): () => number {
  const seed = new Uint32Array(SEED_WORDS);
  fill(seed);
  let [x, y, z, w] = seed as unknown as readonly [number, number, number, number];
  return () => {
    const t = x ^ (x << 11);
    x = y;
    y = z;
    z = w;
    w ^= (w >>> 19) ^ t ^ (t >>> 8);
    return w >>> 0;
  };
}
