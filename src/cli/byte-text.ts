import { UsageError } from './exit-codes.ts';
import { isPrintable } from './json-text.ts';

// Keeps a leading byte-order mark: without it, it would be another text.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const HEX_ROW_BYTES = 32;

/** The text of UTF-8 bytes; `undefined` for other bytes and for control characters, which a terminal would obey. */
export function printableText(bytes: Uint8Array): string | undefined {
  try {
    const text = decoder.decode(bytes);
    return isPrintable(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Two lower-case digits a byte. */
export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

/** Rows of 32 bytes. */
export function hexRows(bytes: Uint8Array): string {
  const rows: string[] = [];
  for (let at = 0; at < bytes.length; at += HEX_ROW_BYTES) rows.push(hexOf(bytes.subarray(at, at + HEX_ROW_BYTES)));
  return rows.join('\n');
}

export function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

/** The bytes of a base64 text with its padding; `undefined` for any other text. Node alone would skip what it does not know. */
export function bytesOfBase64(text: string): Uint8Array | undefined {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined;
}

/** The bytes that an argument stands for. Throws `UsageError`. */
export function argumentBytes(text: string, form: 'text' | 'hex' | 'base64', what: string): Uint8Array {
  if (form === 'text') return Buffer.from(text);
  if (form === 'base64') {
    const bytes = bytesOfBase64(text);
    if (bytes === undefined) throw new UsageError(`${what} is not base64 with padding: ${text}`);
    return bytes;
  }
  const digits = text.replace(/^0x/i, '');
  if (!/^(?:[0-9a-f]{2})*$/i.test(digits)) throw new UsageError(`${what} is not pairs of hexadecimal digits: ${text}`);
  return Buffer.from(digits, 'hex');
}
