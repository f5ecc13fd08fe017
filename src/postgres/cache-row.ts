import { assertBytes } from '../base/argument.ts';
import { keyId } from '../base/byte-keys.ts';
import { StoreError } from '../base/store-error.ts';
import type { CacheMeta } from '../contract/cache-entry.ts';
import { encodeWithValue } from '../contract/cache-entry-codec.ts';
import { isNewer } from '../contract/cache-reading.ts';
import type { SqlParameter } from './sql-client.ts';
import { type StoredKey, storedKey } from './stored-key.ts';

const KEY_BYTES_MAX = 65_535;
/** Clients and server exchange `bytea` as hexadecimal text, and a text of JavaScript has at most 2^29 characters. */
const VALUE_BYTES_MAX: number = 2 ** 27;
/** Of all values of one statement: a message of the server has at most 1 GiB. */
export const BATCH_BYTES_MAX: number = 2 ** 27;

/** An entry to be stored, which shares no bytes with the caller. */
export interface CacheRow {
  readonly key: Uint8Array;
  readonly parts: StoredKey;
  readonly meta: CacheMeta;
  readonly payload: Uint8Array;
}

/** A copy of a key. Throws `TypeError` for an invalid one, `TOO_LARGE` for one of more than 65,535 bytes. */
export function keyCopy(key: Uint8Array, name = 'key'): Uint8Array {
  assertBytes(key, name);
  if (key.length <= KEY_BYTES_MAX) return new Uint8Array(key);
  throw new StoreError('TOO_LARGE', `${name} has ${key.length} bytes; the maximum is ${KEY_BYTES_MAX}`);
}

/** Throws `TypeError` or `RangeError` for an invalid argument, `TOO_LARGE` for a value of more than 128 MiB. */
export function cacheRow(key: Uint8Array, value: Uint8Array, meta: CacheMeta): CacheRow {
  const ownKey = keyCopy(key);
  const payload = encodeWithValue(value, meta);
  if (value.length > VALUE_BYTES_MAX) {
    throw new StoreError('TOO_LARGE', `value has ${value.length} bytes; the maximum is ${VALUE_BYTES_MAX}`);
  }
  const { watermark, cachedAtUs } = meta;
  return { key: ownKey, parts: storedKey(ownKey), meta: { watermark, cachedAtUs }, payload };
}

/** The newest row of each key: one statement must not write a row twice. */
export function newestRows(rows: Iterable<CacheRow>): CacheRow[] {
  const newest = new Map<string, CacheRow>();
  for (const row of rows) {
    const id = keyId(row.key);
    const other = newest.get(id);
    if (other === undefined || isNewer(row.meta, other.meta)) newest.set(id, row);
  }
  return [...newest.values()];
}

/** The parameters of one row. */
export function rowParameters({ parts, meta, payload }: CacheRow): SqlParameter[] {
  const { stream, rest, tailDigest, tail } = parts;
  return [stream, rest, tailDigest, tail, `${meta.watermark}`, `${meta.cachedAtUs}`, payload];
}

/** The parameters of many rows: an array for each column. */
export function columnParameters(rows: readonly CacheRow[]): SqlParameter[] {
  const bytes = (of: (row: CacheRow) => Uint8Array): string => bytesArray(rows.map(of));
  return [
    bytes(({ parts }) => parts.stream),
    bytes(({ parts }) => parts.rest),
    bytes(({ parts }) => parts.tailDigest),
    bytes(({ parts }) => parts.tail),
    integerArray(rows.map(({ meta }) => meta.watermark)),
    integerArray(rows.map(({ meta }) => meta.cachedAtUs)),
    bytes(({ payload }) => payload),
  ];
}

/** A `bytea[]` as the server reads it. Clients differ in how they write arrays, and agree on texts. */
export function bytesArray(items: readonly Uint8Array[]): string {
  return `{${items.map((item) => `"\\\\x${hexadecimal(item)}"`).join(',')}}`;
}

export function integerArray(items: readonly bigint[]): string {
  return `{${items.join(',')}}`;
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function hexadecimal(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte];
  return text;
}
