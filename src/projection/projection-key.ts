import { assertWellFormed, bytesArgument, kindOf } from '../base/argument.ts';
import { sha256 } from '../base/sha256.ts';

const NUL = '\0';
const VERSION_MAX: number = 2 ** 32 - 1;
const VERSION_BYTES: number = Uint32Array.BYTES_PER_ELEMENT;
const ASCII_MAX = 0x7f;
/** Between the version and the fingerprint. It is not UTF-8, so no key that is text looks like one of a projector. */
const MARK: Uint8Array = Uint8Array.of(0xff, 0x50, 0x43, 0x31);
/** 96 bits of security against an intentional collision: see docs/decisions.md. */
const FINGERPRINT_BYTES = 24;

const encoder = new TextEncoder();
// Keeps a leading byte-order mark: without it, it would be another text.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Returns the prefix that all cache keys of a stream have, and no key of another stream: its UTF-8 and a NUL. Throws
 * `TypeError` for a stream that is not a string, contains a NUL or is not well-formed Unicode.
 */
export function streamPrefix(stream: string): Uint8Array {
  assertName('stream', stream);
  return encoder.encode(stream + NUL);
}

/**
 * Returns the prefix that the cache keys of a projection of a stream have: the prefix of the stream, the name, a NUL and the
 * version as u32, big-endian, so that keys sort by version; default version: 0. Throws `TypeError` for an empty name, for a
 * stream or name that is not a string, contains a NUL or is not well-formed Unicode, and for a version that is not a number;
 * `RangeError` for one that is not an integer from 0 to 2^32 - 1.
 */
export function projectionKey(stream: string, name: string, version = 0): Uint8Array {
  return concatenated(streamPrefix(stream), nameAndVersion(name, version));
}

/** The prefix of the stream and `tail` as one key. Most streams are ASCII: these are copied without an encoder. */
export function joinedKey(stream: string, tail: Uint8Array): Uint8Array {
  if (typeof stream !== 'string') throw notString('stream', stream);
  const key = new Uint8Array(stream.length + 1 + tail.length);
  for (let at = 0; at < stream.length; at += 1) {
    const code = stream.charCodeAt(at);
    if (code === 0 || code > ASCII_MAX) return concatenated(streamPrefix(stream), tail);
    key[at] = code;
  }
  key.set(tail, stream.length + 1);
  return key;
}

/**
 * The part after the prefix of the stream in the keys of a projector: the name, a NUL, the version, a mark and the
 * fingerprint. Throws for an invalid name or version, as `projectionKey` does.
 */
export function keyTail(name: string, version: number, fingerprint: Uint8Array): Uint8Array {
  return concatenated(nameAndVersion(name, version), MARK, fingerprint);
}

function nameAndVersion(name: string, version: number): Uint8Array {
  assertName('name', name);
  if (name === '') throw new TypeError('name of a projection must not be empty');
  if (typeof version !== 'number') throw new TypeError(`version must be a number; got ${kindOf(version)}`);
  if (!Number.isInteger(version) || version < 0 || version > VERSION_MAX) {
    throw new RangeError(`version must be an integer from 0 to ${VERSION_MAX}, not ${String(version)}`);
  }
  return concatenated(encoder.encode(name + NUL), u32(version));
}

/**
 * Identifies the kinds that were folded, as a set, and the event log: the first bytes of the SHA-256 of both. A cryptographic
 * hash, as an attacker may choose identities that collide.
 */
export function fingerprintOf(kinds: readonly string[], identity: string | undefined): Uint8Array {
  const set = [...new Set(kinds)].sort();
  const parts = [...(identity === undefined ? [u32(0)] : [u32(1), measured(identity)]), u32(set.length)];
  return sha256(concatenated(...parts, ...set.map(measured))).slice(0, FINGERPRINT_BYTES);
}

/** The length of a text and its UTF-16, which unlike UTF-8 distinguishes lone surrogates. */
function measured(text: string): Uint8Array {
  const units = new DataView(new ArrayBuffer(text.length * Uint16Array.BYTES_PER_ELEMENT));
  for (let at = 0; at < text.length; at += 1) units.setUint16(at * Uint16Array.BYTES_PER_ELEMENT, text.charCodeAt(at));
  return concatenated(u32(text.length), new Uint8Array(units.buffer));
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(Uint32Array.BYTES_PER_ELEMENT);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** The parts of a cache key of a projector. */
export interface ProjectionKeyParts {
  /** The stream that was projected. */
  readonly stream: string;
  /** The name of the projection. */
  readonly name: string;
  /** The version of the projection; 0 if it has none. */
  readonly version: number;
  /** 24 bytes that identify the kinds of events, as a set, and the identity of the event log. */
  readonly fingerprint: Uint8Array;
}

/**
 * Returns the parts of a cache key that a projector made; `undefined` for any other key, also for the result of
 * `projectionKey`, which is only the beginning of one. Throws `TypeError` for a key that is neither bytes nor a string, and
 * for a string that is not well-formed Unicode.
 */
export function parseProjectionKey(key: Uint8Array | string): ProjectionKeyParts | undefined {
  return parsedKey(bytesArgument(key, 'key'));
}

function parsedKey(key: Uint8Array): ProjectionKeyParts | undefined {
  const streamEnd = key.indexOf(0);
  const nameEnd = key.indexOf(0, streamEnd + 1);
  if (streamEnd < 0 || nameEnd <= streamEnd + 1) return undefined;
  const versionAt = nameEnd + 1;
  const markAt = versionAt + VERSION_BYTES;
  const fingerprintAt = markAt + MARK.length;
  if (key.length !== fingerprintAt + FINGERPRINT_BYTES) return undefined;
  if (MARK.some((byte, at) => key[markAt + at] !== byte)) return undefined;
  try {
    return {
      stream: decoder.decode(key.subarray(0, streamEnd)),
      name: decoder.decode(key.subarray(streamEnd + 1, nameEnd)),
      version: new DataView(key.buffer, key.byteOffset + versionAt, VERSION_BYTES).getUint32(0),
      fingerprint: key.slice(fingerprintAt),
    };
  } catch {
    // Not UTF-8: not a key of a projector.
    return undefined;
  }
}

function concatenated(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function assertName(what: 'stream' | 'name', text: string): void {
  if (typeof text !== 'string') throw notString(what, text);
  if (text.includes(NUL)) throw new TypeError(`${what} must not contain NUL: it ends the ${what} in keys`);
  assertWellFormed(text, what);
}

function notString(what: string, value: unknown): TypeError {
  return new TypeError(`${what} must be a string; got ${kindOf(value)}`);
}
