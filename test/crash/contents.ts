import { xxh32 } from '../../src/base/xxh32.ts';
import type { LogStore } from '../../src/store/log-store.ts';
import { entriesOf, getBody } from '../store/store-history.ts';

/** Keys and bodies as strings of one character a byte. */
export type Contents = ReadonlyMap<string, string>;

/** The keys of workloads: prefixes of one another, bytes of 0xFF, the empty key. */
export const KEYS: readonly string[] = ['', 'a', 'ab', 'abc', 'abd', 'b', 'ba', 'k\xff', 'k\xff\xff', '\xff'];
export const PREFIXES: readonly string[] = ['', 'a', 'ab', 'b', 'k\xff', '\xff', 'none'];

const LONG_BYTES = 64;
const SHOWN_BYTES = 16;

export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** A body that no other operation writes: the number of the operation, then filler up to `length` bytes. */
export function bodyOf(operation: number, length: number): string {
  return `${operation}:`.padEnd(length, String.fromCharCode(0x61 + (operation % 26))).slice(0, length);
}

/** Contents as one text, to compare and to print; long bodies by their start, length and checksum. */
export function summaryOf(contents: Iterable<readonly [string, string]>): string {
  const entries = [...contents].sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([key, body]) => `${JSON.stringify(key)}=${shortened(body)}`).join(' ');
}

function shortened(body: string): string {
  if (body.length <= LONG_BYTES) return body;
  const words = new Int32Array(Math.ceil(body.length / 4));
  new Uint8Array(words.buffer).set(bytesOf(body));
  return `${body.slice(0, SHOWN_BYTES)}..(${body.length} bytes, ${xxh32(words, 0, words.length, 0)})`;
}

const KEYS_AS_BYTES: readonly (readonly [string, Uint8Array])[] = KEYS.map((key) => [key, bytesOf(key)]);

/** Everything in a store, by `get` and its size. */
export function contentsByGet(store: LogStore): Map<string, string> {
  const contents = entriesByGet(store);
  if (store.size !== contents.size) throw new Error(`size is ${store.size}, get found ${contents.size} entries`);
  return contents;
}

/** Everything in a store, by `get` alone: of an index that is not read yet, this reads only some pieces. */
export function entriesByGet(store: LogStore): Map<string, string> {
  const contents = new Map<string, string>();
  for (const [key, bytes] of KEYS_AS_BYTES) {
    const body = getBody(store, bytes);
    if (body !== undefined) contents.set(key, textOf(body));
    if (store.reader.has(bytes) !== contents.has(key)) throw new Error(`has(${JSON.stringify(key)}) disagrees`);
  }
  return contents;
}

/** Everything in a store, by scan. Throws if `get`, `has` or `size` disagree with it. */
export function contentsOf(store: LogStore): Map<string, string> {
  const contents = new Map<string, string>();
  for (const [key, body] of entriesOf(store)) contents.set(textOf(key), textOf(body));
  if (store.size !== contents.size) throw new Error(`size is ${store.size}, a scan found ${contents.size} entries`);
  for (const [key, bytes] of KEYS_AS_BYTES) {
    const body = getBody(store, bytes);
    const found = body === undefined ? undefined : textOf(body);
    if (found !== contents.get(key)) throw new Error(`get(${JSON.stringify(key)}) disagrees with the scan`);
    if (store.reader.has(bytes) !== contents.has(key)) throw new Error(`has(${JSON.stringify(key)}) disagrees`);
  }
  return contents;
}
