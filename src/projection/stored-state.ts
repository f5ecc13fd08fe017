/** A cached projection as it lies in a value: one tag byte, then the encoded state where there is one. */
export type StoredState =
  | { readonly kind: 'state'; readonly bytes: Uint8Array }
  /** Events were folded and the result is no state: remembered, so that it is not folded again. */
  | { readonly kind: 'none' };

const Tag = { none: 0, state: 1 } as const;

export function encodeStored(stored: StoredState): Uint8Array {
  if (stored.kind === 'none') return Uint8Array.of(Tag.none);
  const value = new Uint8Array(1 + stored.bytes.length);
  value[0] = Tag.state;
  value.set(stored.bytes, 1);
  return value;
}

/** `undefined` for a value that no projector wrote. */
export function decodeStored(value: Uint8Array): StoredState | undefined {
  if (value[0] === Tag.state) return { kind: 'state', bytes: value.subarray(1) };
  return value[0] === Tag.none && value.length === 1 ? { kind: 'none' } : undefined;
}

/** Whether two stored states are the same, byte for byte. */
export function sameStored(a: StoredState, b: StoredState): boolean {
  if (a.kind === 'none' || b.kind === 'none') return a.kind === b.kind;
  return a.bytes.length === b.bytes.length && a.bytes.every((byte, at) => byte === b.bytes[at]);
}
