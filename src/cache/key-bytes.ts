import { assertBytes } from '../base/argument.ts';

/** A key, prefix or bound: bytes, or a string that stands for its UTF-8. */
export type KeyInput = Uint8Array | string;

const encoder = new TextEncoder();

/**
 * The bytes of a key. A string must be well-formed Unicode: lone surrogates all become the same replacement character, so
 * that two strings would be one key.
 */
export function keyBytes(key: KeyInput, name: string): Uint8Array {
  if (typeof key === 'string') {
    if (!key.isWellFormed()) throw new TypeError(`${name} must be well-formed Unicode; it has a lone surrogate`);
    return encoder.encode(key);
  }
  assertBytes(key, name);
  return key;
}
