import { type ProjectionKeyParts, parseProjectionKey, projectionKey } from '../projection/projection-key.ts';
import { hexOf, printableText } from './byte-text.ts';
import { isPrintable, quotedText } from './json-text.ts';

const VERSION_BYTES = 4;
const FINGERPRINT_DIGITS = 8;

/** A key as people read it. The keys of projectors have their stream, name, version and the beginning of a fingerprint. */
export function keyText(key: Uint8Array): string {
  const parts = partsOf(key);
  if (parts === undefined) {
    const text = printableText(key);
    return text === undefined ? `0x${hexOf(key)}` : unambiguous(text);
  }
  const { stream, name, version, fingerprint } = parts;
  const which = fingerprint === undefined ? [] : [hexOf(fingerprint).slice(0, FINGERPRINT_DIGITS)];
  return [unambiguous(stream), unambiguous(name), `v${version}`, ...which].join('  ');
}

/** A key for programs: always its bytes as hexadecimal digits, and what it says, if it says anything. */
export function keyForm(key: Uint8Array): Readonly<Record<string, string | number>> {
  const hex = hexOf(key);
  const parts = partsOf(key);
  if (parts === undefined) {
    const text = printableText(key);
    return text === undefined ? { hex } : { text, hex };
  }
  const { stream, name, version, fingerprint } = parts;
  return { stream, name, version, ...(fingerprint === undefined ? {} : { fingerprint: hexOf(fingerprint) }), hex };
}

type KeyParts = Omit<ProjectionKeyParts, 'fingerprint'> & { readonly fingerprint?: Uint8Array };

/** The parts of a key of a projector, and of a key that is exactly what `projectionKey` returns. */
function partsOf(key: Uint8Array): KeyParts | undefined {
  const parts = parseProjectionKey(key);
  if (parts !== undefined) return parts;
  const versionAt = key.length - VERSION_BYTES;
  if (versionAt < 1 || key[versionAt - 1] !== 0) return undefined;
  const [stream, name, ...others] = (printableOf(key.subarray(0, versionAt - 1)) ?? '').split('\0');
  if (stream === undefined || name === undefined || name === '' || others.length > 0) return undefined;
  const version = new DataView(key.buffer, key.byteOffset + versionAt, VERSION_BYTES).getUint32(0);
  const again = projectionKey(stream, name, version);
  return again.length === key.length ? { stream, name, version } : undefined;
}

/** UTF-8 whose only control characters are NUL. */
function printableOf(bytes: Uint8Array): string | undefined {
  const parts: string[] = [];
  for (let at = 0; at <= bytes.length; ) {
    const nul = bytes.indexOf(0, at);
    const end = nul < 0 ? bytes.length : nul;
    const text = printableText(bytes.subarray(at, end));
    if (text === undefined) return undefined;
    parts.push(text);
    at = end + 1;
  }
  return parts.join('\0');
}

/** Quoted as JSON if the plain text could be mistaken for another key, or for several columns. */
function unambiguous(text: string): string {
  const isPlain = text !== '' && isPrintable(text) && !/^0x|^["\s]|\s$|\s\s|[\n\t]/.test(text);
  return isPlain ? text : quotedText(text);
}
