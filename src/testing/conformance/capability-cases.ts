import type { CacheUnderTest, ConformanceCase } from './cache-under-test.ts';
import { expectSame, expectThat } from './expectations.ts';
import { someMeta, utf8 } from './samples.ts';

/** What a cache reports about itself, and `prefetch`, which must never change a result. */
export const capabilityCases: readonly ConformanceCase[] = [
  { name: 'capabilities are two booleans, the same at each call', run: capabilitiesShape },
  { name: 'prefetch, if the cache has it, changes nothing', run: prefetchHarmless },
  {
    name: 'a put or a deletion after a prefetch is visible',
    advice: 'put and deletePrefix must discard what a prefetch has read for the key, also a miss.',
    run: changesAfterPrefetch,
  },
];

function capabilitiesShape(subject: CacheUnderTest): Promise<void> {
  const capabilities = subject.cache.capabilities();
  expectThat(!('then' in capabilities), 'capabilities() must return an object, not a promise');
  const { isNoop, supportsPrefetch } = capabilities;
  expectSame(Object.keys(capabilities).sort().join(), 'isNoop,supportsPrefetch', 'the fields of capabilities()');
  expectSame(typeof isNoop, 'boolean', 'the type of isNoop');
  expectSame(typeof supportsPrefetch, 'boolean', 'the type of supportsPrefetch');
  const again = subject.cache.capabilities();
  expectSame(again.isNoop, isNoop, 'isNoop at the second call');
  expectSame(again.supportsPrefetch, supportsPrefetch, 'supportsPrefetch at the second call');
  const hasPrefetch = typeof subject.cache.prefetch === 'function';
  expectThat(
    hasPrefetch || !supportsPrefetch,
    'a cache whose capabilities report prefetch must have the method prefetch',
  );
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
  for (const [number, state] of ['first', 'second'].entries()) {
    const meta = { ...someMeta, watermark: someMeta.watermark + BigInt(number) };
    await subject.cache.prefetch?.(key, predicted);
    await subject.put(key, utf8(state), meta);
    await subject.expectEntry(key, utf8(state), meta);
  }
  await subject.cache.prefetch?.(key, predicted);
  await subject.expectRemoved(utf8('order:'), 1);
  await subject.expectMiss(key);
}
