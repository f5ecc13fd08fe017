const BUFFERED_WORDS = 512;

/** Uniform, unpredictable 32-bit numbers (0 to 2^32 - 1) from the platform's generator, fetched many at a time. */
export function platformRandom(): () => number {
  const buffer = new Uint32Array(BUFFERED_WORDS);
  let used = BUFFERED_WORDS;
  return () => {
    if (used === BUFFERED_WORDS) {
      globalThis.crypto.getRandomValues(buffer);
      used = 0;
    }
    const word = buffer[used] as number;
    used += 1;
    return word;
  };
}
