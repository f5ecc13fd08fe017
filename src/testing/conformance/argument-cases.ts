import type { CacheMeta } from '../../contract/cache-entry.ts';
import type { CacheUnderTest, ConformanceCase } from './cache-under-test.ts';
import { expectRefused, shown } from './expectations.ts';
import { someMeta, utf8 } from './samples.ts';

// No strings: a cache may accept them as keys and prefixes.
const notBytes: readonly unknown[] = [
  ...[undefined, null, 7, 7n, true, {}, [1, 2], { 0: 1, 1: 2, length: 2 }],
  ...[new ArrayBuffer(2), new DataView(new ArrayBuffer(2)), new Uint16Array(2), new Int8Array(2)],
];

const notMeta: readonly unknown[] = [
  undefined,
  null,
  507n,
  {},
  { watermark: 507n },
  { cachedAtUs: 0n },
  { watermark: 507, cachedAtUs: 0n },
  { watermark: 507n, cachedAtUs: 0 },
  { watermark: '507', cachedAtUs: 0n },
];

const metaOutOfRange: readonly CacheMeta[] = [
  { watermark: -1n, cachedAtUs: 0n },
  { watermark: 2n ** 64n, cachedAtUs: 0n },
  { watermark: 0n, cachedAtUs: -(2n ** 63n) - 1n },
  { watermark: 0n, cachedAtUs: 2n ** 63n },
];

/** An argument of the wrong type throws `TypeError`, one out of range `RangeError`; both leave the cache unchanged. */
export const argumentCases: readonly ConformanceCase[] = [
  {
    name: 'a key, value or prefix that is not bytes throws TypeError',
    advice:
      'Check arguments first; Buffers, and arrays of other realms, are bytes. Only keys and prefixes may be text.',
    run: refusesNonBytes,
  },
  { name: 'a meta that is not two bigints throws TypeError', run: refusesNonMeta },
  { name: 'a watermark beyond u64 or a cachedAtUs beyond i64 throws RangeError', run: refusesOutOfRange },
];

async function refusesNonBytes(subject: CacheUnderTest): Promise<void> {
  const key = utf8('order:507');
  const state = utf8('state');
  await subject.put(key, state);
  for (const wrong of notBytes) {
    const bytes = wrong as Uint8Array;
    await expectRefused('TypeError', `get(${shown(wrong)})`, () => subject.cache.get(bytes));
    await expectRefused('TypeError', `put of key ${shown(wrong)}`, () => subject.cache.put(bytes, state, someMeta));
    await expectRefused('TypeError', `put of value ${shown(wrong)}`, () => subject.cache.put(key, bytes, someMeta));
    await expectRefused('TypeError', `deletePrefix(${shown(wrong)})`, () => subject.cache.deletePrefix(bytes));
  }
  const text = 'text' as unknown as Uint8Array;
  await expectRefused('TypeError', 'put of a text as the value', () => subject.cache.put(key, text, someMeta));
  await subject.expectEntry(key, utf8('state'));
  await subject.expectRemoved(new Uint8Array(0), 1);
}

async function refusesNonMeta(subject: CacheUnderTest): Promise<void> {
  await expectMetaRefused(subject, 'TypeError', notMeta as readonly CacheMeta[]);
}

async function refusesOutOfRange(subject: CacheUnderTest): Promise<void> {
  await expectMetaRefused(subject, 'RangeError', metaOutOfRange);
}

async function expectMetaRefused(subject: CacheUnderTest, name: string, metas: readonly CacheMeta[]): Promise<void> {
  const key = utf8('order:507');
  await subject.put(key, utf8('state'));
  for (const meta of metas) {
    for (const refused of [key, utf8('order:508')]) {
      await expectRefused(name, `put with meta ${shown(meta)}`, () => subject.cache.put(refused, utf8('other'), meta));
    }
  }
  await subject.expectEntry(key, utf8('state'));
  await subject.expectMiss(utf8('order:508'));
  await subject.expectRemoved(new Uint8Array(0), 1);
}
