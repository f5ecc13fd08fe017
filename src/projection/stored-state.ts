declare const checked: unique symbol;

/**
 * A cached projection as its value in the cache: one tag byte, then the encoded state where there is one. Callers share it
 * and it is stored again as it is, so nobody who could write to it is handed it, or a view of it.
 */
export type StoredState = Uint8Array & { readonly [checked]: true };

const Tag = { none: 0, state: 1 } as const;
const TAG_BYTES = 1;

/** Events were folded and the result is no state: remembered, so that it is not folded again. */
export function storedNone(): StoredState {
  return Uint8Array.of(Tag.none) as StoredState;
}

/** A state's bytes, copied: they may be a view of what the encoder writes to next. */
export function storedState(encoded: Uint8Array): StoredState {
  const value = new Uint8Array(TAG_BYTES + encoded.length);
  value[0] = Tag.state;
  value.set(encoded, TAG_BYTES);
  return value as StoredState;
}

/** `undefined` for a value that no projector wrote. */
export function asStored(value: Uint8Array): StoredState | undefined {
  const isOne = value[0] === Tag.state || (value[0] === Tag.none && value.length === TAG_BYTES);
  return isOne ? (value as StoredState) : undefined;
}

export function holdsState(stored: StoredState): boolean {
  return stored[0] === Tag.state;
}

/** The encoded state, for those who only read it. */
export function encodedView(stored: StoredState): Uint8Array {
  return stored.subarray(TAG_BYTES);
}

/** A copy of it at the start of a buffer of its own, as views of other element types need. */
export function encodedCopy(stored: StoredState): Uint8Array {
  const bytes = new Uint8Array(stored.length - TAG_BYTES);
  bytes.set(encodedView(stored));
  return bytes;
}

/** Whether two stored states are the same, byte for byte. */
export function sameStored(a: StoredState, b: StoredState): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
