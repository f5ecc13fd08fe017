import { type CacheUnderTest, type ConformanceCase, someMeta, utf8 } from './cache-under-test.ts';

/** What a cache that outlives its process owes: what `sync` covered is there when it is opened again. */
export const reopeningCases: readonly ConformanceCase[] = [
  { name: 'what sync covered is there after reopening', reopens: true, run: syncedEntries },
  { name: 'a put that replaced another is the one after reopening', reopens: true, run: newestPut },
  { name: 'what deletePrefix removed before a sync stays removed after reopening', reopens: true, run: syncedDeletion },
  { name: 'a cache that was opened again takes puts and deletions', reopens: true, run: goesOn },
  { name: 'reopening an empty cache gives an empty cache', reopens: true, run: emptyCache },
];

async function syncedEntries(subject: CacheUnderTest): Promise<void> {
  const keys = ['', 'order:1', 'order:2', 'größe:1', 'a\0b'].map(utf8);
  for (const key of keys) await subject.put(key, key);
  await subject.cache.sync();
  await subject.reopen();
  for (const key of keys) await subject.expectEntry(key, key);
  await subject.expectMiss(utf8('order:3'));
}

async function newestPut(subject: CacheUnderTest): Promise<void> {
  const later = { watermark: 2n ** 53n + 1n, cachedAtUs: -1n };
  await subject.put(utf8('order:507'), utf8('first'));
  await subject.cache.sync();
  await subject.put(utf8('order:507'), utf8('second'), later);
  await subject.cache.sync();
  await subject.reopen();
  await subject.expectEntry(utf8('order:507'), utf8('second'), later);
}

async function syncedDeletion(subject: CacheUnderTest): Promise<void> {
  for (const key of ['user:1:total', 'user:1:orders', 'user:10:total']) await subject.put(utf8(key), utf8('state'));
  await subject.cache.sync();
  await subject.expectRemoved(utf8('user:1:'), 2);
  await subject.cache.sync();
  await subject.reopen();
  await subject.expectMiss(utf8('user:1:total'));
  await subject.expectMiss(utf8('user:1:orders'));
  await subject.expectEntry(utf8('user:10:total'), utf8('state'));
  await subject.expectRemoved(new Uint8Array(0), 1);
}

async function goesOn(subject: CacheUnderTest): Promise<void> {
  await subject.put(utf8('order:507'), utf8('first'));
  await subject.cache.sync();
  await subject.reopen();
  await subject.put(utf8('order:507'), utf8('second'), someMeta);
  await subject.put(utf8('order:508'), utf8('other'));
  await subject.expectEntry(utf8('order:507'), utf8('second'));
  await subject.cache.sync();
  await subject.reopen();
  await subject.expectEntry(utf8('order:507'), utf8('second'));
  await subject.expectRemoved(utf8('order:'), 2);
}

async function emptyCache(subject: CacheUnderTest): Promise<void> {
  await subject.cache.sync();
  await subject.reopen();
  await subject.expectMiss(utf8('order:507'));
  await subject.expectRemoved(new Uint8Array(0), 0);
}
