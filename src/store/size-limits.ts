import { StoreError } from '../base/store-error.ts';
import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from '../log/record-format.ts';

/** Throws `TOO_LARGE` for a key that no record can have. */
export function assertKeySize(key: Uint8Array): void {
  if (key.length > KEY_BYTES_MAX) throw tooLarge('key', key.length, KEY_BYTES_MAX);
}

/** Throws `TOO_LARGE` for a value that no record can have. */
export function assertValueSize(value: Uint8Array): void {
  if (value.length > VALUE_BYTES_MAX) throw tooLarge('value', value.length, VALUE_BYTES_MAX);
}

function tooLarge(what: string, bytes: number, bytesMax: number): StoreError {
  return new StoreError('TOO_LARGE', `a ${what} of ${bytes} bytes is too large: at most ${bytesMax} are allowed`);
}
