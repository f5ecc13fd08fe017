import type { CacheUnderTest, ConformanceCase } from './cache-under-test.ts';
import { overlap } from './overlap.ts';
import { extremeMetas, noise, someMeta, utf8 } from './samples.ts';

/** For a cache that outlives its process: reopening finds what `sync` covered. */
export const reopeningCases: readonly ConformanceCase[] = [
  { name: 'what sync covered is found after reopening', reopens: true, run: syncedEntries },
  { name: 'a put that replaced another is found after reopening', reopens: true, run: newestPut },
  { name: 'what deletePrefix removed before a sync stays removed after reopening', reopens: true, run: syncedDeletion },
  { name: 'a reopened cache accepts puts and deletions', reopens: true, run: goesOn },
  { name: 'keys, values and metas keep all their bytes after reopening', reopens: true, run: allBytes },
  { name: 'a put of equal bytes has its own meta after reopening', reopens: true, run: equalBytes },
  { name: 'a key that was put again after its deletion is found after reopening', reopens: true, run: putAgain },
  { name: 'a deletion made after reopening lasts', reopens: true, run: deletedLater },
  {
    name: 'sync covers running calls, as reopening shows',
    reopens: true,
    advice: 'sync must wait for the puts and deletions that were called before it, and make all of them durable.',
    run: syncOfCallsUnderWay,
  },
  { name: 'reopening an empty cache gives an empty cache', reopens: true, run: emptyCache },
];

async function syncedEntries(subject: CacheUnderTest): Promise<void> {
  const keys = ['', 'order:1', 'order:2', 'größe:1', 'a\0b'].map(utf8);
  for (const key of keys) await subject.put(key, key);
  await subject.sync();
  await subject.reopen();
  for (const key of keys) await subject.expectEntry(key, key);
  await subject.expectMiss(utf8('order:3'));
}

async function newestPut(subject: CacheUnderTest): Promise<void> {
  const later = { watermark: 2n ** 53n + 1n, cachedAtUs: -1n };
  await subject.put(utf8('order:507'), utf8('first'));
  await subject.sync();
  await subject.put(utf8('order:507'), utf8('second'), later);
  await subject.sync();
  await subject.reopen();
  await subject.expectEntry(utf8('order:507'), utf8('second'), later);
}

async function syncedDeletion(subject: CacheUnderTest): Promise<void> {
  for (const key of ['user:1:total', 'user:1:orders', 'user:10:total']) await subject.put(utf8(key), utf8('state'));
  await subject.sync();
  await subject.expectRemoved(utf8('user:1:'), 2);
  await subject.sync();
  await subject.reopen();
  await subject.expectMiss(utf8('user:1:total'));
  await subject.expectMiss(utf8('user:1:orders'));
  await subject.expectEntry(utf8('user:10:total'), utf8('state'));
  await subject.expectRemoved(new Uint8Array(0), 1);
}

async function goesOn(subject: CacheUnderTest): Promise<void> {
  await subject.put(utf8('order:507'), utf8('first'));
  await subject.sync();
  await subject.reopen();
  const later = { ...someMeta, watermark: someMeta.watermark + 1n };
  await subject.put(utf8('order:507'), utf8('second'), later);
  await subject.put(utf8('order:508'), utf8('other'));
  await subject.expectEntry(utf8('order:507'), utf8('second'), later);
  await subject.sync();
  await subject.reopen();
  await subject.expectEntry(utf8('order:507'), utf8('second'), later);
  await subject.expectRemoved(utf8('order:'), 2);
}

async function emptyCache(subject: CacheUnderTest): Promise<void> {
  await subject.sync();
  await subject.reopen();
  await subject.expectMiss(utf8('order:507'));
  await subject.expectRemoved(new Uint8Array(0), 0);
}

async function allBytes(subject: CacheUnderTest): Promise<void> {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const keys = [bytes, Uint8Array.of(0xff), Uint8Array.of(0xfe), utf8('A'), utf8('a'), utf8('a '), noise(65_535)];
  const values = [new Uint8Array(0), bytes, utf8('a\0'), noise(70_000)];
  for (const key of keys) await subject.put(key, key);
  for (const [index, value] of values.entries()) await subject.put(utf8(`value:${index}`), value);
  for (const [index, meta] of extremeMetas.entries()) await subject.put(utf8(`meta:${index}`), utf8('state'), meta);
  await subject.sync();
  await subject.reopen();
  await subject.expectAll(keys);
  for (const [index, value] of values.entries()) await subject.expectEntry(utf8(`value:${index}`), value);
  for (const [index, meta] of extremeMetas.entries())
    await subject.expectEntry(utf8(`meta:${index}`), utf8('state'), meta);
  await subject.expectRemoved(new Uint8Array(0), keys.length + values.length + extremeMetas.length);
}

async function equalBytes(subject: CacheUnderTest): Promise<void> {
  const later = { ...someMeta, watermark: someMeta.watermark + 1n };
  await subject.put(utf8('order:507'), utf8('state'));
  await subject.sync();
  await subject.put(utf8('order:507'), utf8('state'), later);
  await subject.sync();
  await subject.reopen();
  await subject.expectEntry(utf8('order:507'), utf8('state'), later);
}

async function putAgain(subject: CacheUnderTest): Promise<void> {
  await subject.putAll(['order:507', 'order:508'].map(utf8));
  await subject.sync();
  await subject.expectRemoved(utf8('order:'), 2);
  await subject.put(utf8('order:507'), utf8('again'));
  await subject.sync();
  await subject.reopen();
  await subject.expectEntry(utf8('order:507'), utf8('again'));
  await subject.expectMiss(utf8('order:508'));
}

async function deletedLater(subject: CacheUnderTest): Promise<void> {
  const keys = ['order:507', 'order:508', 'user:1'].map(utf8);
  await subject.putAll(keys);
  await subject.sync();
  await subject.reopen();
  await subject.expectRemoved(utf8('order:'), 2);
  await subject.sync();
  await subject.reopen();
  await subject.expectNone(keys.slice(0, 2));
  await subject.expectAll(keys.slice(2));
  await subject.expectRemoved(new Uint8Array(0), 1);
  await subject.sync();
  await subject.reopen();
  await subject.expectNone(keys);
}

async function syncOfCallsUnderWay(subject: CacheUnderTest): Promise<void> {
  await subject.putAll(['user:1', 'user:2'].map(utf8));
  await overlap([
    () => subject.put(utf8('order:507'), utf8('state')),
    () => subject.put(utf8('order:508'), utf8('state')),
    () => subject.cache.deletePrefix(utf8('user:')),
    () => subject.sync(),
  ]);
  await subject.reopen();
  await subject.expectEntry(utf8('order:507'), utf8('state'));
  await subject.expectEntry(utf8('order:508'), utf8('state'));
  await subject.expectNone(['user:1', 'user:2'].map(utf8));
}
