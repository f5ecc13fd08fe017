import { type CacheUnderTest, type ConformanceCase, utf8 } from './cache-under-test.ts';
import { expectSame, expectThat } from './expectations.ts';

/** What a cache says of itself, and the hint that may do nothing. */
export const capabilityCases: readonly ConformanceCase[] = [
  { name: 'capabilities are two booleans, the same at each call', run: capabilitiesShape },
  { name: 'prefetch, where there is one, changes nothing', run: prefetchHarmless },
];

function capabilitiesShape(subject: CacheUnderTest): Promise<void> {
  const capabilities = subject.cache.capabilities();
  const { isNoop, supportsPrefetch } = capabilities;
  expectSame(Object.keys(capabilities).sort().join(), 'isNoop,supportsPrefetch', 'the fields of capabilities()');
  expectSame(typeof isNoop, 'boolean', 'the type of isNoop');
  expectSame(typeof supportsPrefetch, 'boolean', 'the type of supportsPrefetch');
  const again = subject.cache.capabilities();
  expectSame(again.isNoop, isNoop, 'isNoop a second time');
  expectSame(again.supportsPrefetch, supportsPrefetch, 'supportsPrefetch a second time');
  const hasPrefetch = typeof subject.cache.prefetch === 'function';
  expectThat(hasPrefetch || !supportsPrefetch, 'a cache that says it supports prefetch must have the method prefetch');
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
