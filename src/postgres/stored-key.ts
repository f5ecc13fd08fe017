import { prefixSuccessor } from '../base/prefix-successor.ts';
import { sha256 } from '../base/sha256.ts';

/** The parts of a key, as its row has them: the key is `stream`, `rest` and `tail`, one after the other. */
export interface StoredKey {
  readonly stream: Uint8Array;
  readonly rest: Uint8Array;
  readonly tail: Uint8Array;
  /** SHA-256 of the tail; empty for an empty tail. */
  readonly tailDigest: Uint8Array;
}

/** The keys that start with a prefix, as conditions on the parts. */
export interface StoredRange {
  /** Whether all these keys have the same stream. */
  readonly isInStream: boolean;
  /** The stream itself, or the lowest one. */
  readonly stream: Uint8Array;
  /** Above the highest stream. */
  readonly streamEnd: Uint8Array;
  readonly rest: Uint8Array;
  readonly restEnd: Uint8Array;
  readonly tail: Uint8Array;
}

/** An entry of a B-tree of PostgreSQL has at most 2,704 bytes: two parts and a digest fit. */
const PART_BYTES_MAX = 1_024;
/** Greater than every part. A bound in any case keeps the texts of the statements, and their plans, the same. */
const ABOVE_ALL: Uint8Array = new Uint8Array(PART_BYTES_MAX + 1).fill(0xff);
const EMPTY: Uint8Array = new Uint8Array(0);

/**
 * Splits a key.
 *
 * 1. `stream` ends with the first NUL, like `streamPrefix`: a projector's keys of a stream are in one partition. If there is none in the
 *    first 1,024 bytes, it is all of them.
 * 2. `rest` is the next 1,024 bytes, `tail` what remains. Keys of a projector have an empty tail, as a rule.
 * 3. The order of `(stream, rest)` is the order of the keys, except for those that differ in their tails only.
 *
 * The parts are views of `key`.
 */
export function storedKey(key: Uint8Array): StoredKey {
  const stream = key.subarray(0, streamLength(key));
  const rest = key.subarray(stream.length, stream.length + PART_BYTES_MAX);
  const tail = key.subarray(stream.length + rest.length);
  return { stream, rest, tail, tailDigest: tail.length === 0 ? EMPTY : sha256(tail) };
}

/** The keys that start with `prefix`. */
export function storedRange(prefix: Uint8Array): StoredRange {
  const { stream, rest, tail } = storedKey(prefix);
  // A prefix that neither ends its stream nor fills it is the beginning of many streams.
  const isInStream = stream.at(-1) === 0 || stream.length === PART_BYTES_MAX;
  const streamEnd = prefixSuccessor(stream) ?? ABOVE_ALL;
  // Of a full part only the part itself is in the range.
  const restEnd = prefixSuccessor(rest) ?? ABOVE_ALL;
  return { isInStream, stream, streamEnd, rest, restEnd, tail };
}

export function joinedParts(stream: Uint8Array, rest: Uint8Array, tail: Uint8Array): Uint8Array {
  const key = new Uint8Array(stream.length + rest.length + tail.length);
  key.set(stream);
  key.set(rest, stream.length);
  key.set(tail, stream.length + rest.length);
  return key;
}

function streamLength(key: Uint8Array): number {
  const nul = key.subarray(0, PART_BYTES_MAX).indexOf(0);
  return nul < 0 ? Math.min(key.length, PART_BYTES_MAX) : nul + 1;
}
