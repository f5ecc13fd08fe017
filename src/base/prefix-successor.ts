import { assertBytes } from './argument.ts';

const byteMax = 0xff;

/**
 * The smallest key that is greater than every key that starts with `prefix`: the keys with the prefix are exactly those in
 * `[prefix, successor)`. `undefined` if there is no such key: for an empty prefix and for 0xFF bytes only. The result is a
 * new array. Throws `TypeError` if `prefix` is not a `Uint8Array`.
 */
export function prefixSuccessor(prefix: Uint8Array): Uint8Array | undefined {
  assertBytes(prefix, 'prefix');
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] === byteMax) length -= 1;
  if (length === 0) return undefined;
  // Not `prefix.slice(...)`: on a Buffer that is a view, and the increment below would change the caller's bytes.
  const successor = new Uint8Array(prefix.subarray(0, length));
  successor[length - 1] = (successor[length - 1] as number) + 1;
  return successor;
}
