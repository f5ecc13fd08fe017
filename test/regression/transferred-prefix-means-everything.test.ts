/*
 * An array whose buffer was transferred to another thread has a length of 0. As a prefix it removed every entry, as a value it was
 * stored empty, and as a key it was the empty key.
 */
import { expect, test } from 'vitest';
import type { LogCache } from '../../src/cache/log-cache.ts';
import { keyTexts, metaAt, openInMemory, utf8 } from '../cache/cache-fixtures.ts';

function transferred(): Uint8Array {
  const bytes = utf8('order:');
  const { buffer } = bytes as Uint8Array<ArrayBuffer>;
  structuredClone(buffer, { transfer: [buffer] });
  return bytes;
}

/** A view beyond the end that its buffer has now. */
function cut(): Uint8Array {
  const buffer = new ArrayBuffer(16, { maxByteLength: 16 });
  const bytes = new Uint8Array(buffer, 8, 4);
  buffer.resize(4);
  return bytes;
}

const calls: readonly [string, (cache: LogCache, lost: Uint8Array) => unknown, string][] = [
  ['deletePrefix', (cache, lost) => cache.deletePrefix(lost), 'prefix'],
  ['delete', (cache, lost) => cache.delete(lost), 'key'],
  ['get', (cache, lost) => cache.get(lost), 'key'],
  ['a key of put', (cache, lost) => cache.put(lost, utf8('x'), metaAt(1)), 'key'],
  ['a value of put', (cache, lost) => cache.put('key', lost, metaAt(1)), 'value'],
  ['a value of putMany', (cache, lost) => cache.putMany([['key', lost, metaAt(1)]]), 'value'],
  ['a prefix of entries', (cache, lost) => [...cache.entries({ prefix: lost })], 'prefix'],
  ['a bound of keys', (cache, lost) => [...cache.keys({ gte: lost })], 'gte'],
];

test.each(calls)('%s refuses memory that is gone, and nothing changes', (_name, call, argument) => {
  const cache = openInMemory();
  for (const key of ['order:1', 'user:1']) cache.put(key, utf8('state'), metaAt(1));
  for (const lost of [transferred(), cut()]) {
    const refusal = new TypeError(`${argument} has lost its buffer`);
    expect(() => call(cache, lost)).toThrow(refusal);
  }
  expect(keyTexts(cache)).toEqual(['order:1', 'user:1']);
  // An array that is empty by itself is what it says.
  expect(cache.deletePrefix(new Uint8Array(0))).toBe(2);
});
