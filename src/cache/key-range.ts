import { prefixSuccessor } from '../base/prefix-successor.ts';
import type { KeyInterval } from '../key-index/index-cursor.ts';
import { KEY_BYTES_MAX } from '../log/record-format.ts';
import { type KeyInput, keyBytes } from './key-bytes.ts';

/** Which entries to go through, in byte order of their keys. Bounds that are given all hold. */
export interface KeyRange {
  readonly prefix?: KeyInput;
  readonly gte?: KeyInput;
  readonly gt?: KeyInput;
  readonly lte?: KeyInput;
  readonly lt?: KeyInput;
  /** From the last key to the first. */
  readonly reverse?: boolean;
  /** At most this many; a non-negative integer or Infinity. */
  readonly limit?: number;
}

const FIRST_KEY = new Uint8Array(0);
/** No key is as long: what follows in a bound does not change which keys are before it. */
const BOUND_BYTES_MAX: number = KEY_BYTES_MAX + 1;

/** The bounds of a range as one half-open interval. Throws `TypeError` for bounds that are no keys. */
export function intervalOf(range: KeyRange): KeyInterval {
  const bound = (name: 'prefix' | 'gte' | 'gt' | 'lte' | 'lt'): Uint8Array | undefined => {
    const key = range[name];
    // A copy: a range is gone through later, when the caller may have other things in the same memory.
    return key === undefined ? undefined : new Uint8Array(keyBytes(key, name).subarray(0, BOUND_BYTES_MAX));
  };
  const prefix = bound('prefix');
  const gt = bound('gt');
  const lte = bound('lte');
  const lowers = [prefix, bound('gte'), gt && keyAfter(gt)];
  const uppers = [prefix && prefixSuccessor(prefix), bound('lt'), lte && keyAfter(lte)];
  return { lower: lowers.reduce(later, FIRST_KEY) ?? FIRST_KEY, upper: uppers.reduce(earlier, undefined) };
}

/** The limit of a range. Throws `RangeError` for one that counts nothing. */
export function limitOf(range: KeyRange): number {
  const { limit = Number.POSITIVE_INFINITY } = range;
  if (limit !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(limit) && limit >= 0)) {
    throw new RangeError(`limit must be a non-negative integer or Infinity, not ${String(limit)}`);
  }
  return limit;
}

function keyAfter(key: Uint8Array): Uint8Array {
  if (key.length === BOUND_BYTES_MAX) return key;
  const after = new Uint8Array(key.length + 1);
  after.set(key);
  return after;
}

function later(a: Uint8Array | undefined, b: Uint8Array | undefined): Uint8Array | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareBytes(a, b) >= 0 ? a : b;
}

function earlier(a: Uint8Array | undefined, b: Uint8Array | undefined): Uint8Array | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareBytes(a, b) <= 0 ? a : b;
}

/** Byte order, and the shorter first where one begins the other. */
function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
