import type { CacheMeta } from '../../contract/cache-entry.ts';
import type { CacheUnderTest, ConformanceCase } from './cache-under-test.ts';
import { someMeta, utf8 } from './samples.ts';

const key: Uint8Array = utf8('order:507');
const later: CacheMeta = { watermark: someMeta.watermark + 1n, cachedAtUs: someMeta.cachedAtUs + 1n };

/** The newest put decides value and meta, whatever the cache held or returned before. */
export const replacingCases: readonly ConformanceCase[] = [
  { name: 'a later put replaces value and meta', run: laterPutReplaces },
  {
    name: 'a put of equal bytes replaces the meta',
    advice: 'Write the entry also when its bytes have not changed: the meta says up to which event they are valid.',
    run: equalBytes,
  },
  {
    name: 'a put with an equal meta replaces the value',
    keeps: 'last',
    advice: 'Do not compare metas to find out whether a put is needed: two states may carry the same one.',
    run: equalMeta,
  },
  {
    name: 'a key that was a miss is found after a put',
    advice: 'If the cache remembers misses, put must discard what it remembers for the key.',
    run: rememberedMiss,
  },
  {
    name: 'a key that was read before shows a later put',
    advice: 'If the cache remembers what it read, put must replace what it remembers for the key.',
    run: rememberedEntry,
  },
  {
    name: 'entries with equal values are independent of each other',
    advice: 'If equal values are stored once, count their users.',
    run: equalValues,
  },
];

async function laterPutReplaces(subject: CacheUnderTest): Promise<void> {
  await subject.put(key, utf8('a first and longer state'));
  await subject.put(key, utf8('second'), later);
  await subject.expectEntry(key, utf8('second'), later);
  if (!subject.keepsNewest) {
    // The cache does not compare: a put with an older meta also replaces a newer one.
    await subject.put(key, utf8('third'), someMeta);
    await subject.expectEntry(key, utf8('third'), someMeta);
  }
  await subject.expectRemoved(key, 1);
}

async function equalBytes(subject: CacheUnderTest): Promise<void> {
  const newerWatermark = { ...someMeta, watermark: later.watermark };
  const newerTime = { ...newerWatermark, cachedAtUs: later.cachedAtUs };
  for (const meta of [someMeta, newerWatermark, newerTime]) {
    await subject.put(key, utf8('state'), meta);
    await subject.expectEntry(key, utf8('state'), meta);
  }
}

async function equalMeta(subject: CacheUnderTest): Promise<void> {
  for (const value of ['first', 'other', '']) {
    await subject.put(key, utf8(value), someMeta);
    await subject.expectEntry(key, utf8(value), someMeta);
  }
}

async function rememberedMiss(subject: CacheUnderTest): Promise<void> {
  await subject.expectMiss(key);
  await subject.put(key, utf8('state'));
  await subject.expectEntry(key, utf8('state'));
  await subject.expectRemoved(key, 1);
  await subject.expectMiss(key);
  await subject.put(key, utf8('again'));
  await subject.expectEntry(key, utf8('again'));
}

async function rememberedEntry(subject: CacheUnderTest): Promise<void> {
  await subject.put(key, utf8('first'));
  await subject.expectEntry(key, utf8('first'));
  await subject.put(key, utf8('second'), later);
  await subject.expectEntry(key, utf8('second'), later);
}

async function equalValues(subject: CacheUnderTest): Promise<void> {
  await subject.put(utf8('order:1'), utf8('state'));
  await subject.put(utf8('user:1'), utf8('state'), later);
  await subject.put(utf8('user:2'), utf8('state'));
  await subject.put(utf8('user:2'), utf8('changed'), later);
  await subject.expectRemoved(utf8('order:'), 1);
  await subject.expectEntry(utf8('user:1'), utf8('state'), later);
  await subject.expectEntry(utf8('user:2'), utf8('changed'), later);
}
