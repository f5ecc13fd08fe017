import { kindOf } from '../base/argument.ts';
import { xxh32 } from '../base/xxh32.ts';

const NUL = '\0';
const VERSION_MAX: number = 2 ** 32 - 1;
const VERSION_BYTES = 4;
const ASCII_MAX = 0x7f;
const FINGERPRINT_WORDS = 4;
const FINGERPRINT_BYTES: number = FINGERPRINT_WORDS * Int32Array.BYTES_PER_ELEMENT;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * The prefix of every key of a stream and of no other stream's keys: its UTF-8 and a NUL. Throws `TypeError` for a stream
 * that is no string, holds a NUL or is not well-formed Unicode.
 */
export function streamPrefix(stream: string): Uint8Array {
  assertName('stream', stream);
  return encoder.encode(stream + NUL);
}

/**
 * What every key of a projection of a stream starts with: the stream's prefix, the name, a NUL and the version as u32,
 * big-endian, so that versions sort by number. Throws `TypeError` for names as `streamPrefix` does, `RangeError` for a
 * version that is no integer from 0 to 2^32 - 1.
 */
export function projectionKey(stream: string, name: string, version = 0): Uint8Array {
  return concatenated(streamPrefix(stream), keyTail(name, version));
}

/** The stream's prefix and `tail` as one key. Plain ASCII, which most streams are, is copied without an encoder. */
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

/** What follows the stream's prefix in the keys of a projection, but for the fingerprint. */
export function keyTail(name: string, version: number): Uint8Array {
  assertName('name', name);
  if (name === '') throw new TypeError('name of a projection must not be empty');
  if (!Number.isInteger(version) || version < 0 || version > VERSION_MAX) {
    throw new RangeError(`version must be an integer from 0 to ${VERSION_MAX}, not ${String(version)}`);
  }
  const versionBytes = new Uint8Array(VERSION_BYTES);
  new DataView(versionBytes.buffer).setUint32(0, version);
  return concatenated(encoder.encode(name + NUL), versionBytes);
}

/**
 * What a cached state stands for besides stream, name and version: which kinds were folded, as a set, and of which event
 * log. 128 bits, so that two differ wherever what they stand for differs.
 */
export function fingerprintOf(kinds: readonly string[], identity: string | undefined): Uint8Array {
  const set = [...new Set(kinds)].sort();
  const text = encoder.encode(JSON.stringify([identity ?? null, set]));
  const words = new Int32Array((text.length + 3) >>> 2);
  new Uint8Array(words.buffer).set(text);
  const fingerprint = new Int32Array(FINGERPRINT_WORDS);
  // The text's length is part of the seed, as its last word is filled up.
  for (let i = 0; i < FINGERPRINT_WORDS; i += 1) fingerprint[i] = xxh32(words, 0, words.length, text.length * 4 + i);
  return new Uint8Array(fingerprint.buffer);
}

/** The parts of a key that `projectionKey` and a fingerprint made. */
export interface ProjectionKeyParts {
  readonly stream: string;
  readonly name: string;
  readonly version: number;
  readonly fingerprint: Uint8Array;
}

/** The parts of a cache key, `undefined` for a key that is none of a projection. */
export function parseKey(key: Uint8Array): ProjectionKeyParts | undefined {
  const streamEnd = key.indexOf(0);
  const nameEnd = key.indexOf(0, streamEnd + 1);
  if (streamEnd < 0 || nameEnd <= streamEnd + 1) return undefined;
  const versionAt = nameEnd + 1;
  const fingerprintAt = versionAt + VERSION_BYTES;
  if (key.length !== fingerprintAt + FINGERPRINT_BYTES) return undefined;
  try {
    return {
      stream: decoder.decode(key.subarray(0, streamEnd)),
      name: decoder.decode(key.subarray(streamEnd + 1, nameEnd)),
      version: new DataView(key.buffer, key.byteOffset + versionAt, VERSION_BYTES).getUint32(0),
      fingerprint: key.slice(fingerprintAt),
    };
  } catch {
    // Not UTF-8: somebody else's key.
    return undefined;
  }
}

export function concatenated(...parts: readonly Uint8Array[]): Uint8Array {
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
  if (!text.isWellFormed()) throw new TypeError(`${what} must be well-formed Unicode; it has a lone surrogate`);
}

function notString(what: string, value: unknown): TypeError {
  return new TypeError(`${what} must be a string; got ${kindOf(value)}`);
}
