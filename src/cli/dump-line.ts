import type { CacheMeta } from '../contract/cache-entry.ts';
import { assertMeta } from '../contract/meta-codec.ts';
import { base64Of, bytesOfBase64 } from './byte-text.ts';

/** A line with a larger value would not fit into a string of the engine. */
export const VALUE_BYTES_MAX_OF_LINE: number = 256 * 1024 * 1024;
/** The longest line that `load` reads: the largest value and key with room for the rest. */
export const LINE_BYTES_MAX: number = Math.ceil((VALUE_BYTES_MAX_OF_LINE * 4) / 3) + 128 * 1024;

/** An entry of a dump. */
export interface DumpEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly meta: CacheMeta;
}

/** The line of an entry, with its line end. */
export function dumpLine(key: Uint8Array, value: Uint8Array, { watermark, cachedAtUs }: CacheMeta): string {
  // All four texts consist of characters that JSON need not escape.
  return `{"key":"${base64Of(key)}","value":"${base64Of(value)}","watermark":"${watermark}","cachedAtUs":"${cachedAtUs}"}\n`;
}

/** The entry of a line. Throws an `Error` whose message says what is wrong with the line. */
export function parseDumpLine(line: string): DumpEntry {
  const fields = objectOf(line);
  const meta = { watermark: integerOf(fields, 'watermark'), cachedAtUs: integerOf(fields, 'cachedAtUs') };
  assertMeta(meta);
  return { key: bytesOf(fields, 'key'), value: bytesOf(fields, 'value'), meta };
}

function objectOf(line: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new Error(line.endsWith('}') ? 'it is not JSON' : 'it is not JSON, or it was cut off', { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('it is not a JSON object');
  return value as Readonly<Record<string, unknown>>;
}

function bytesOf(fields: Readonly<Record<string, unknown>>, name: string): Uint8Array {
  const text = fields[name];
  const bytes = typeof text === 'string' ? bytesOfBase64(text) : undefined;
  if (bytes === undefined) throw new Error(`its "${name}" is ${text === undefined ? 'missing' : 'not base64 text'}`);
  return bytes;
}

function integerOf(fields: Readonly<Record<string, unknown>>, name: string): bigint {
  const text = fields[name];
  if (typeof text === 'string' && /^-?\d{1,20}$/.test(text)) return BigInt(text);
  throw new Error(`its "${name}" is ${text === undefined ? 'missing' : 'not an integer as text, such as "507"'}`);
}
