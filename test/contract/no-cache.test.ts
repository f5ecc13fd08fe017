import { expect, test } from 'vitest';
import { NoCache } from '../../src/contract/no-cache.ts';

const key = new TextEncoder().encode('order:507');
const meta = { watermark: 507n, cachedAtUs: 0n };

test('reports that it is a no-op', () => {
  expect(new NoCache().capabilities()).toStrictEqual({ supportsPrefetch: false, isNoop: true });
});

test('stores nothing, and prefetch does nothing', () => {
  const cache = new NoCache();
  cache.put(key, key, meta);
  cache.prefetch(key, meta);
  cache.sync();
  expect(cache.get(key)).toBeUndefined();
  expect(cache.deletePrefix(new Uint8Array(0))).toBe(0);
});

test('checks its arguments like other caches', () => {
  const cache = new NoCache();
  const text = 'order:507' as unknown as Uint8Array;
  expect(() => cache.get(text)).toThrow(new TypeError('key must be a Uint8Array; got string'));
  expect(() => cache.put(text, key, meta)).toThrow(new TypeError('key must be a Uint8Array; got string'));
  expect(() => cache.put(key, text, meta)).toThrow(new TypeError('value must be a Uint8Array; got string'));
  expect(() => cache.put(key, key, { ...meta, watermark: -1n })).toThrow(RangeError);
  expect(() => cache.deletePrefix(text)).toThrow(new TypeError('prefix must be a Uint8Array; got string'));
  expect(() => cache.prefetch(text, meta)).toThrow(TypeError);
  expect(() => cache.prefetch(key, { ...meta, cachedAtUs: 2n ** 63n })).toThrow(RangeError);
});
