import { KEY_BYTES_MAX, KEY_WORD, keyBytesOf, keyWordCount } from './node-layout.ts';

/** An upper bound may be one byte longer than a key: the successor of the longest prefix. */
export const BOUND_BYTES_MAX: number = KEY_BYTES_MAX + 1;

/** Flips the sign bit: the signed order of the results is the unsigned order of the words. Signed arrays are the fastest. */
const SIGN = 0x80000000 | 0;

const INITIAL_WORDS = 16;

const INITIAL_2 = 0x6c796765;
const INITIAL_3 = 0x74656462;

/** HalfSipHash mixes this in before its last rounds. */
const FINALIZATION = 0xff;
const FINALIZATION_ROUNDS = 3;

/**
 * A key in order words: big-endian 32-bit words with the sign bit flipped, the last one padded with zeros. Comparing the
 * words as signed numbers, and then the lengths in bytes, gives the order of the bytes: if two keys agree in all words of
 * the shorter one, that one is a prefix of the other.
 *
 * One object is loaded many times, so that a lookup allocates nothing.
 */
export class KeyWords {
  /** The first `count` are the key's; the others are arbitrary. */
  words: Int32Array = new Int32Array(INITIAL_WORDS);
  count = 0;
  byteLength = 0;

  /** Loads `bytes[start..end)`. Throws `RangeError` for a range outside `bytes` and for more than 65,536 bytes. */
  load(bytes: Uint8Array, start: number, end: number): void {
    if (!(start >= 0 && start <= end && end <= bytes.length)) {
      throw new RangeError(`key range ${start}..${end} is not within the ${bytes.length} bytes`);
    }
    const byteLength = end - start;
    if (byteLength > BOUND_BYTES_MAX)
      throw new RangeError(`a key or bound of ${byteLength} bytes: at most ${BOUND_BYTES_MAX}`);
    const whole = byteLength >>> 2;
    const words = this.#resize(byteLength, (byteLength & 3) === 0 ? whole : whole + 1);
    let at = start;
    for (let i = 0; i < whole; i += 1) {
      const high = ((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16);
      const low = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
      words[i] = (high | low) ^ SIGN;
      at += 4;
    }
    if (at < end) {
      let last = (bytes[at] as number) << 24;
      if (at + 1 < end) last |= (bytes[at + 1] as number) << 16;
      if (at + 2 < end) last |= (bytes[at + 2] as number) << 8;
      words[whole] = last ^ SIGN;
    }
  }

  /** Loads the key of a node. */
  loadNode(nodes: Int32Array, node: number): void {
    const byteLength = keyBytesOf(nodes, node);
    const words = this.#resize(byteLength, keyWordCount(byteLength));
    const from = node + KEY_WORD;
    for (let i = 0; i < this.count; i += 1) words[i] = nodes[from + i] as number;
  }

  /** Writes the key into a node. */
  storeNode(nodes: Int32Array, node: number): void {
    const words = this.words;
    const to = node + KEY_WORD;
    for (let i = 0; i < this.count; i += 1) nodes[to + i] = words[i] as number;
  }

  /** A copy of the key in bytes. */
  toBytes(): Uint8Array {
    const { words, byteLength } = this;
    const bytes = new Uint8Array(byteLength);
    for (let i = 0; i < byteLength; i += 1) {
      bytes[i] = ((words[i >>> 2] as number) ^ SIGN) >>> (24 - ((i & 3) << 3));
    }
    return bytes;
  }

  #resize(byteLength: number, count: number): Int32Array {
    this.byteLength = byteLength;
    this.count = count;
    if (count > this.words.length) this.words = new Int32Array(Math.max(count, this.words.length * 2));
    return this.words;
  }
}

/** Negative, zero or positive if the key of `node` is less than, equal to or greater than `key`. */
export function compareNode(nodes: Int32Array, node: number, key: KeyWords): number {
  const words = key.words;
  const nodeBytes = keyBytesOf(nodes, node);
  const shared = Math.min(keyWordCount(nodeBytes), key.count);
  const at = node + KEY_WORD;
  for (let i = 0; i < shared; i += 1) {
    const mine = nodes[at + i] as number;
    const theirs = words[i] as number;
    if (mine !== theirs) return mine < theirs ? -1 : 1;
  }
  return nodeBytes - key.byteLength;
}

/** Whether `key` is the key of `node`. */
export function nodeHolds(nodes: Int32Array, node: number, key: KeyWords): boolean {
  if (keyBytesOf(nodes, node) !== key.byteLength) return false;
  const words = key.words;
  const count = key.count;
  const at = node + KEY_WORD;
  for (let i = 0; i < count; i += 1) {
    if (nodes[at + i] !== words[i]) return false;
  }
  return true;
}

/**
 * The hash of a key in order words: HalfSipHash-1-3 with a 32-bit result (Aumasson and Bernstein, "SipHash: a fast
 * short-input PRF", and the 32-bit variant of the reference code) over whole words. Words are little-endian; the closing
 * word has the low eight bits of `byteLength` in its top byte and no other bytes. If `byteLength` is four times `count`,
 * the result is HalfSipHash of the bytes of the words. Padded keys with the same words differ in their closing word,
 * because their lengths differ by less than four.
 *
 * It is keyed, because an attacker may choose the names of streams and with them the keys. Returns an int32.
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
