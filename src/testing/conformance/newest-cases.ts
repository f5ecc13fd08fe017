import type { CacheUnderTest, ConformanceCase } from './cache-under-test.ts';
import { someMeta, utf8 } from './samples.ts';

const key: Uint8Array = utf8('order:507');
const { watermark, cachedAtUs } = someMeta;

/** For caches that several processes write to: the newest entry stays, in whatever order the puts arrive. */
export const newestCases: readonly ConformanceCase[] = [
  {
    name: 'a put with a lower watermark stores nothing and says so',
    keeps: 'newest',
    advice: 'Compare and store in one step, such as a condition of the statement that writes.',
    run: lowerWatermark,
  },
  { name: 'of equal watermarks the later cachedAtUs stays', keeps: 'newest', run: equalWatermark },
  {
    name: 'watermarks are compared as u64',
    keeps: 'newest',
    advice: 'A double, a signed integer and a text order watermarks differently: compare numbers of 64 bits.',
    run: compared,
  },
  { name: 'after a deletion an older entry is stored again', keeps: 'newest', run: afterDeletion },
];

async function lowerWatermark(subject: CacheUnderTest): Promise<void> {
  await subject.expectStored(true, key, utf8('first'), someMeta);
  await subject.expectStored(false, key, utf8('older'), { watermark: watermark - 1n, cachedAtUs: cachedAtUs + 1n });
  await subject.expectEntry(key, utf8('first'));
  const later = { watermark: watermark + 1n, cachedAtUs: cachedAtUs - 1n };
  await subject.expectStored(true, key, utf8('newer'), later);
  await subject.expectEntry(key, utf8('newer'), later);
  await subject.expectRemoved(key, 1);
}

async function equalWatermark(subject: CacheUnderTest): Promise<void> {
  await subject.expectStored(true, key, utf8('first'), someMeta);
  await subject.expectStored(false, key, utf8('same'), someMeta);
  await subject.expectStored(false, key, utf8('earlier'), { watermark, cachedAtUs: cachedAtUs - 1n });
  await subject.expectEntry(key, utf8('first'));
  const later = { watermark, cachedAtUs: cachedAtUs + 1n };
  await subject.expectStored(true, key, utf8('later'), later);
  await subject.expectEntry(key, utf8('later'), later);
}

async function compared(subject: CacheUnderTest): Promise<void> {
  // Each is greater than the one before, and not for all comparisons that are not of u64.
  const rising = [0n, 9n, 10n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n];
  for (const one of rising) {
    await subject.expectStored(true, key, utf8(`${one}`), { watermark: one, cachedAtUs: -one / 2n });
  }
  for (const one of rising.slice(0, -1)) {
    await subject.expectStored(false, key, utf8('older'), { watermark: one, cachedAtUs });
  }
}

async function afterDeletion(subject: CacheUnderTest): Promise<void> {
  await subject.expectStored(true, key, utf8('first'), someMeta);
  await subject.expectRemoved(utf8('order:'), 1);
  const older = { watermark: watermark - 1n, cachedAtUs: cachedAtUs - 1n };
  await subject.expectStored(true, key, utf8('again'), older);
  await subject.expectEntry(key, utf8('again'), older);
}
