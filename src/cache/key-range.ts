import { bytesArgument, isBytes } from '../base/argument.ts';
import { compareBytes } from '../base/byte-keys.ts';
import { assertOptions } from '../base/options.ts';
import { prefixSuccessor } from '../base/prefix-successor.ts';
import type { KeyInterval } from '../key-index/index-cursor.ts';
import { KEY_BYTES_MAX } from '../log/record-format.ts';

/** A key, a prefix or a bound: bytes, or a string, which is encoded as UTF-8. */
export type KeyInput = Uint8Array | string;

/** A range of keys in byte order. A key is in it if it satisfies every bound that is given; without bounds, all are. */
export interface KeyRange {
  /** Only keys that start with these bytes. Default: any key. */
  readonly prefix?: KeyInput;
  /** Only this key and those after it. Default: from the first key. */
  readonly gte?: KeyInput;
  /** Only keys after this one. Default: from the first key. */
  readonly gt?: KeyInput;
  /** Only this key and those before it. Default: to the last key. */
  readonly lte?: KeyInput;
  /** Only keys before this one. Default: to the last key. */
  readonly lt?: KeyInput;
  /** Whether to go from the last key to the first. Default: `false`. */
  readonly reverse?: boolean;
  /** The largest number of keys to return: a non-negative integer or `Infinity`. Default: `Infinity`. */
  readonly limit?: number;
}

const FIRST_KEY = new Uint8Array(0);
/** No key is this long, so bytes of a bound beyond it make no difference. */
const BOUND_BYTES_MAX: number = KEY_BYTES_MAX + 1;

/** The bounds of a range as one half-open interval. Throws `TypeError` for an invalid bound. */
export function intervalOf(range: KeyRange): KeyInterval {
  if (typeof range === 'string' || isBytes(range))
    throw new TypeError('a range is an object: pass a prefix as { prefix }');
  assertOptions(range, 'ranges', ['prefix', 'gte', 'gt', 'lte', 'lt', 'reverse', 'limit']);
  const bound = (name: 'prefix' | 'gte' | 'gt' | 'lte' | 'lt'): Uint8Array | undefined => {
    const key = range[name];
    // A copy: the range is used later, when the caller may have overwritten the memory.
    return key === undefined ? undefined : new Uint8Array(bytesArgument(key, name).subarray(0, BOUND_BYTES_MAX));
  };
  const prefix = bound('prefix');
  const gt = bound('gt');
  const lte = bound('lte');
  const lowers = [prefix, bound('gte'), gt && keyAfter(gt)];
  const uppers = [prefix && prefixSuccessor(prefix), bound('lt'), lte && keyAfter(lte)];
  return { lower: lowers.reduce(later, FIRST_KEY) ?? FIRST_KEY, upper: uppers.reduce(earlier, undefined) };
}

/** The limit of a range, whose type was checked. Throws `RangeError` for an invalid one. */
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
