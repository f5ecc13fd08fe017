import type { CacheUnderTest, ConformanceCase } from './cache-under-test.ts';
import { expectSame, expectThat } from './expectations.ts';
import { utf8 } from './samples.ts';

/** What a cache reports about itself, and the hint that may do nothing. */
export const capabilityCases: readonly ConformanceCase[] = [
  { name: 'capabilities are two booleans, the same at each call', run: capabilitiesShape },
  { name: 'prefetch, where there is one, changes nothing', run: prefetchHarmless },
  {
    name: 'a put and a deletion after a prefetch are what is found',
    advice: 'put and deletePrefix must clear what a prefetch has read of the key, the miss included.',
    run: changesAfterPrefetch,
  },
];

function capabilitiesShape(subject: CacheUnderTest): Promise<void> {
  const capabilities = subject.cache.capabilities();
  expectThat(!('then' in capabilities), 'capabilities() must return an object at once, it returned a promise');
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

async function changesAfterPrefetch(subject: CacheUnderTest): Promise<void> {
  const predicted = { watermark: 9_999n, cachedAtUs: 0n };
  const key = utf8('order:507');
  for (const state of ['first', 'second']) {
    await subject.cache.prefetch?.(key, predicted);
    await subject.put(key, utf8(state));
    await subject.expectEntry(key, utf8(state));
  }
  await subject.cache.prefetch?.(key, predicted);
  await subject.expectRemoved(utf8('order:'), 1);
  await subject.expectMiss(key);
}
