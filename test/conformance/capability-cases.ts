import assert from 'node:assert/strict';
import { type CacheUnderTest, type ConformanceCase, utf8 } from './cache-under-test.ts';

/** What a cache says of itself, and the hint that may do nothing. */
export const capabilityCases: readonly ConformanceCase[] = [
  { name: 'capabilities are two booleans, the same at each call', run: capabilitiesShape },
  { name: 'prefetch, where there is one, changes nothing', run: prefetchHarmless },
];

function capabilitiesShape(subject: CacheUnderTest): Promise<void> {
  const capabilities = subject.cache.capabilities();
  assert.deepEqual(Object.keys(capabilities).sort(), ['isNoop', 'supportsPrefetch'], 'the fields of capabilities()');
  assert.equal(typeof capabilities.isNoop, 'boolean', 'isNoop');
  assert.equal(typeof capabilities.supportsPrefetch, 'boolean', 'supportsPrefetch');
  assert.deepEqual(subject.cache.capabilities(), capabilities, 'capabilities() a second time');
  if (capabilities.supportsPrefetch) assert.equal(typeof subject.cache.prefetch, 'function', 'prefetch');
  return Promise.resolve();
}

async function prefetchHarmless(subject: CacheUnderTest): Promise<void> {
  await subject.put(utf8('order:507'), utf8('state'));
  const predicted = { watermark: 9_999n, cachedAtUs: 0n };
  await subject.cache.prefetch?.(utf8('order:507'), predicted);
  await subject.cache.prefetch?.(utf8('order:508'), predicted);
  await subject.expectEntry(utf8('order:507'), utf8('state'));
  await subject.expectMiss(utf8('order:508'));
  await subject.expectRemoved(new Uint8Array(0), 1);
}
