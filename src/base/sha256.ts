const BLOCK_BYTES = 64;
const BLOCK_WORDS = 16;
const ROUNDS = 64;
/** A block ends in the length of the message, in bits, as two words. */
const LENGTH_BYTES = 8;
const WORD_RANGE: number = 2 ** 32;

/** Section 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
// biome-ignore format: a table
const ROUND_CONSTANTS: Int32Array = Int32Array.of(
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
);

/** Section 5.3.3: the same of the square roots of the first eight primes. */
const INITIAL_HASH = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
] as const;

/**
 * SHA-256 of bytes, as in FIPS 180-4, sections 5 and 6.2; 32 bytes. For a few short texts at a time: a digest in plain
 * JavaScript takes several times as long as a native one.
 */
export function sha256(message: Uint8Array): Uint8Array {
  const blocks = new DataView(padded(message).buffer);
  const hash = Int32Array.from(INITIAL_HASH);
  const schedule = new Int32Array(ROUNDS);
  for (let at = 0; at < blocks.byteLength; at += BLOCK_BYTES) {
    for (let t = 0; t < BLOCK_WORDS; t += 1) schedule[t] = blocks.getInt32(at + t * Int32Array.BYTES_PER_ELEMENT);
    extend(schedule);
    compress(hash, schedule);
  }
  const digest = new DataView(new ArrayBuffer(hash.byteLength));
  hash.forEach((word, i) => {
    digest.setInt32(i * Int32Array.BYTES_PER_ELEMENT, word);
  });
  return new Uint8Array(digest.buffer);
}

/** The message, a bit that is set, zeros up to whole blocks, and its length in bits, big-endian. */
function padded(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const blocks = Math.ceil((message.length + 1 + LENGTH_BYTES) / BLOCK_BYTES);
  const bytes = new Uint8Array(blocks * BLOCK_BYTES);
  bytes.set(message);
  bytes[message.length] = 0x80;
  const bits = message.length * 8;
  const view = new DataView(bytes.buffer, bytes.length - LENGTH_BYTES);
  view.setUint32(0, Math.floor(bits / WORD_RANGE));
  view.setUint32(Int32Array.BYTES_PER_ELEMENT, bits % WORD_RANGE);
  return bytes;
}

/** Fills the words after those of the block from the words before them. */
function extend(schedule: Int32Array): void {
  for (let t = BLOCK_WORDS; t < ROUNDS; t += 1) {
    const [near, far] = [schedule[t - 2] as number, schedule[t - 15] as number];
    const nearMix = rotated(near, 17) ^ rotated(near, 19) ^ (near >>> 10);
    const farMix = rotated(far, 7) ^ rotated(far, 18) ^ (far >>> 3);
    schedule[t] = nearMix + (schedule[t - 7] as number) + farMix + (schedule[t - 16] as number);
  }
}

/** Mixes one block into the hash. The names are those of section 6.2.2. */
function compress(hash: Int32Array, schedule: Int32Array): void {
  let [a, b, c, d, e, f, g, h] = hash as unknown as [number, number, number, number, number, number, number, number];
  for (let t = 0; t < ROUNDS; t += 1) {
    const sumE = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
    const choice = (e & f) ^ (~e & g);
    const t1 = h + sumE + choice + (ROUND_CONSTANTS[t] as number) + (schedule[t] as number);
    const sumA = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + sumA + majority) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => {
    hash[i] = (hash[i] as number) + word;
  });
}

/** `word` rotated to the right. */
function rotated(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}
