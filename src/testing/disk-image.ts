/**
 * The contents of a disk: for each directory its files by name. It is never changed; images share the files they have
 * in common.
 */
export type DiskImage = ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>;

/** A disk without directories. */
export const EMPTY_DISK: DiskImage = new Map();

/** The image with one file replaced, or removed if `bytes` is `undefined`. */
export function withFile(image: DiskImage, directory: string, name: string, bytes: Uint8Array | undefined): DiskImage {
  const files = new Map(image.get(directory));
  if (bytes === undefined) files.delete(name);
  else files.set(name, bytes);
  return new Map(image).set(directory, files);
}

const UINT32_VALUES = 2 ** 32;
/** So many bits of the upper half are kept that the digest is an exact number. */
const UPPER_BITS = 21;

/**
 * A 53-bit digest of the names and contents of an image, to count different images: among a million, two different
 * images have the same digest with a probability of one in 18,000.
 */
export function imageDigest(image: DiskImage): number {
  const words: number[] = [];
  for (const directory of [...image.keys()].sort()) {
    words.push(...halves(textDigest(directory)));
    const files = image.get(directory) ?? new Map<string, Uint8Array>();
    for (const name of [...files.keys()].sort()) {
      const bytes = files.get(name);
      if (bytes !== undefined) words.push(...halves(textDigest(name)), ...halves(contentDigest(bytes)));
    }
  }
  return wordsDigest(Int32Array.from(words), 0);
}

/** Most images share most of their files with others, so each content is digested once. */
const contentDigests = new WeakMap<Uint8Array, number>();

function contentDigest(bytes: Uint8Array): number {
  const known = contentDigests.get(bytes);
  if (known !== undefined) return known;
  const digest = bytesDigest(bytes);
  contentDigests.set(bytes, digest);
  return digest;
}

const textDigests = new Map<string, number>();

function textDigest(text: string): number {
  const known = textDigests.get(text);
  if (known !== undefined) return known;
  const digest = bytesDigest(new TextEncoder().encode(text));
  textDigests.set(text, digest);
  return digest;
}

function bytesDigest(bytes: Uint8Array): number {
  const whole = bytes.length >>> 2;
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Int32Array(aligned.buffer, aligned.byteOffset, whole);
  let rest = 0;
  for (let at = whole * 4; at < bytes.length; at += 1) rest = rest * 256 + (bytes[at] as number);
  return wordsDigest(words, rest * 4 + (bytes.length % 4));
}

/**
 * Two hashes by multiplication and rotation. They differ in their constants and in how they mix a word in: two hashes
 * that differed only in their seeds were observed to collide together.
 */
function wordsDigest(words: Int32Array, salt: number): number {
  let lower = salt ^ 0x243f6a88;
  let upper = words.length ^ 0x13198a2e;
  for (let i = 0; i < words.length; i += 1) {
    const word = words[i] as number;
    lower = Math.imul(lower ^ word, 0x9e3779b1);
    lower = (lower << 13) | (lower >>> 19);
    upper = Math.imul((upper + word) | 0, 0x85ebca77);
    upper = (upper << 17) | (upper >>> 15);
  }
  return (finalized(upper ^ salt) >>> (32 - UPPER_BITS)) * UINT32_VALUES + finalized(lower);
}

/** Mixes all bits (the finalizer of MurmurHash3). */
function finalized(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function halves(digest: number): [number, number] {
  return [Math.floor(digest / UINT32_VALUES) | 0, digest | 0];
}
