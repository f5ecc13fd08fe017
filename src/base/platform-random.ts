const BUFFER_WORDS = 2048;

/** Uniform, unpredictable integers from 0 to 2^32 - 1. `fill` is the platform's generator; it is asked for many at a time. */
export function platformRandom(fill: (words: Uint32Array<ArrayBuffer>) => void): () => number {
  const buffer = new Uint32Array(BUFFER_WORDS);
  let used = BUFFER_WORDS;
  return () => {
    if (used === BUFFER_WORDS) {
      fill(buffer);
      used = 0;
    }
    const word = buffer[used] as number;
    used += 1;
    return word;
  };
}
