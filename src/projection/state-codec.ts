import { kindOf } from '../base/argument.ts';
import { StoreError } from '../base/store-error.ts';

/**
 * Turns states into bytes and back. What comes back must fold on like what went in: `apply` sees the one after a replay
 * and the other after a hit. What `decode` throws makes a cached state unusable: it is folded again.
 */
export interface StateCodec<State> {
  /** What it throws reaches the caller as `STATE_CODEC`; nothing is cached. */
  encode(state: State): Uint8Array;
  /** The bytes are the decoder's own: the state may keep them. */
  decode(bytes: Uint8Array): State;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * The codec of projections that name none. It takes what JSON gives back as it was: plain objects, arrays, strings, finite
 * numbers (-0 as 0), booleans and null; a property that is `undefined` is dropped. Anything else it refuses with `STATE_CODEC`
 * (bigint, NaN, `Date`, `Map`, bytes, instances of classes): `apply` would find a string or an empty object in its place,
 * and only on the day the state comes from the cache.
 */
export const jsonCodec: StateCodec<unknown> = {
  encode(state) {
    const text = JSON.stringify(state, refuseUnfaithful);
    if (text === undefined) throw unfit('', state);
    return encoder.encode(text);
  },
  decode(bytes) {
    return JSON.parse(decoder.decode(bytes)) as unknown;
  },
};

/** A replacer: `this` holds the property, which shows the value as it was before a `toJSON` of its own changed it. */
function refuseUnfaithful(this: unknown, key: string, converted: unknown): unknown {
  const holder = this as Readonly<Record<string, unknown>>;
  const value = holder[key];
  // In an array, `undefined` would become null.
  const isFaithful = value === undefined ? !Array.isArray(holder) : value === converted && comesBack(value);
  if (!isFaithful) throw unfit(key, value);
  return value;
}

function comesBack(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object':
      return value === null || Array.isArray(value) || isPlain(value);
    default:
      return false;
  }
}

function unfit(key: string, value: unknown): StoreError {
  const what = typeof value === 'number' ? String(value) : kindOf(value);
  const where = key === '' ? 'the state' : `the property '${key}'`;
  return new StoreError('STATE_CODEC', `JSON cannot hold ${where} (${what}): give the projection a codec that can`);
}

/** Whether an object is a literal's: of no class, in whatever realm it was made. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
