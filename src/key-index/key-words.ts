import { KEY_BYTES_MAX, KEY_WORD, keyBytesOf, keyWordCount } from './node-layout.ts';

/** An upper bound may be one byte longer than a key: the successor of the longest prefix. */
export const BOUND_BYTES_MAX: number = KEY_BYTES_MAX + 1;

/** Turns an unsigned word into one whose signed order is the same: typed arrays of signed words are the fastest. */
const SIGN = 0x80000000 | 0;

const INITIAL_WORDS = 16;

/**
 * A key in order words: big-endian 32-bit words with the sign bit flipped, the last one padded with zeros. Comparing
 * words as signed numbers, then lengths in bytes, is comparing keys byte by byte: where two keys agree in all words of
 * the shorter one, that one is a prefix of the other.
 *
 * One object is loaded again and again, so that a lookup allocates nothing.
 */
export class KeyWords {
  words: Int32Array = new Int32Array(INITIAL_WORDS);
  count = 0;
  byteLength = 0;

  /** Takes over `bytes[start..end)`. Throws `RangeError` for a range outside of `bytes` and one longer than any bound. */
  load(bytes: Uint8Array, start: number, end: number): void {
    if (!(start >= 0 && start <= end && end <= bytes.length)) {
      throw new RangeError(`key range ${start}..${end} does not lie within the ${bytes.length} bytes given`);
    }
    const byteLength = end - start;
    if (byteLength > BOUND_BYTES_MAX)
      throw new RangeError(`a key or bound of ${byteLength} bytes: at most ${BOUND_BYTES_MAX}`);
    const words = this.#resize(byteLength);
    const whole = byteLength >>> 2;
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

  /** Takes over the key of a node. */
  loadNode(nodes: Int32Array, node: number): void {
    const words = this.#resize(keyBytesOf(nodes, node));
    const from = node + KEY_WORD;
    for (let i = 0; i < this.count; i += 1) words[i] = nodes[from + i] as number;
  }

  /** Writes the words where the key of a node belongs. */
  storeNode(nodes: Int32Array, node: number): void {
    const words = this.words;
    const to = node + KEY_WORD;
    for (let i = 0; i < this.count; i += 1) nodes[to + i] = words[i] as number;
  }

  /** The key as bytes, in memory of its own. */
  toBytes(): Uint8Array {
    const { words, byteLength } = this;
    const bytes = new Uint8Array(byteLength);
    for (let i = 0; i < byteLength; i += 1) {
      bytes[i] = ((words[i >>> 2] as number) ^ SIGN) >>> (24 - ((i & 3) << 3));
    }
    return bytes;
  }

  #resize(byteLength: number): Int32Array {
    this.byteLength = byteLength;
    this.count = keyWordCount(byteLength);
    if (this.count > this.words.length) this.words = new Int32Array(Math.max(this.count, this.words.length * 2));
    return this.words;
  }
}

/** Negative, zero or positive as the key of `node` is less than, equal to or greater than `key`. */
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

/** Whether `node` holds `key`. */
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
