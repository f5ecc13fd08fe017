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
