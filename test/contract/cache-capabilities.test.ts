import { expect, test } from 'vitest';
import { CacheCapabilities } from '../../src/contract/cache-capabilities.ts';

test('equal capabilities compare equal, different ones do not', () => {
  expect(CacheCapabilities.none()).toStrictEqual({ supportsPrefetch: false, isNoop: false });
  expect(CacheCapabilities.prefetchHints()).toStrictEqual({ supportsPrefetch: true, isNoop: false });
  expect(CacheCapabilities.none()).toEqual(CacheCapabilities.none());
  expect(CacheCapabilities.none()).not.toEqual(CacheCapabilities.prefetchHints());
});

test('a change to one result does not show in the next', () => {
  Reflect.set(CacheCapabilities.none(), 'isNoop', true);
  expect(CacheCapabilities.none().isNoop).toBe(false);
});
