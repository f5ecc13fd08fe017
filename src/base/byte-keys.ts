/** Whether `bytes` start with `prefix`. */
export function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return bytes.length >= prefix.length && prefix.every((byte, at) => bytes[at] === byte);
}

/** Identifies a key in a map: one character for each byte. */
export function keyId(key: Uint8Array): string {
  let id = '';
  for (const byte of key) id += String.fromCharCode(byte);
  return id;
}

/** Byte order, negative if `left` comes first; a prefix of a key comes before it. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i += 1) {
    const difference = (left[i] as number) - (right[i] as number);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
