import { expect, test } from 'vitest';
import { CacheCapabilities } from '../../src/contract/cache-capabilities.ts';

test('two caches with the same capabilities compare equal, and differ where the capabilities do', () => {
  expect(CacheCapabilities.none()).toStrictEqual({ supportsPrefetch: false, isNoop: false });
  expect(CacheCapabilities.prefetchHints()).toStrictEqual({ supportsPrefetch: true, isNoop: false });
  expect(CacheCapabilities.none()).toEqual(CacheCapabilities.none());
  expect(CacheCapabilities.none()).not.toEqual(CacheCapabilities.prefetchHints());
});

test('a change to one answer does not show in the next', () => {
  Reflect.set(CacheCapabilities.none(), 'isNoop', true);
  expect(CacheCapabilities.none().isNoop).toBe(false);
});
