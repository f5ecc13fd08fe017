import { assertBytes } from '../base/argument.ts';

/** A key, a prefix or a bound: bytes, or a string, which is encoded as UTF-8. */
export type KeyInput = Uint8Array | string;

const encoder = new TextEncoder();

/**
 * The bytes of a key. A string must be well-formed Unicode: UTF-8 encodes all lone surrogates as the same replacement
 * character, so two strings would become one key.
 */
export function keyBytes(key: KeyInput, name: string): Uint8Array {
  if (typeof key === 'string') {
    if (!key.isWellFormed()) throw new TypeError(`${name} must be well-formed Unicode; it has a lone surrogate`);
    return encoder.encode(key);
  }
  assertBytes(key, name);
  return key;
}
