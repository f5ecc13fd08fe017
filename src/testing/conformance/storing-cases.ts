import type { CacheMeta } from '../../contract/cache-entry.ts';
import { type CacheUnderTest, type ConformanceCase, someMeta, utf8 } from './cache-under-test.ts';

const u64Max = 2n ** 64n - 1n;
const i64Min = -(2n ** 63n);
const i64Max = 2n ** 63n - 1n;

const extremeMetas: readonly CacheMeta[] = [
  { watermark: 0n, cachedAtUs: 0n },
  { watermark: u64Max, cachedAtUs: i64Min },
  { watermark: u64Max, cachedAtUs: i64Max },
  { watermark: 2n ** 32n, cachedAtUs: -1n },
  // Beyond 2 ** 53 a meta kept in a double comes back rounded.
  { watermark: 2n ** 53n + 1n, cachedAtUs: -(2n ** 53n) - 1n },
];

const valueBytesLarge = 2 ** 20;
const keyBytesMax = 65_535;

/** What is put is found, and nothing else is. */
export const storingCases: readonly ConformanceCase[] = [
  { name: 'a value comes back with its meta', run: (subject) => roundTrip(subject, utf8('order:507'), utf8('state')) },
  { name: 'a key that was never put is a miss', run: (subject) => subject.expectMiss(utf8('order:507')) },
  { name: 'a later put replaces value and meta', run: laterPutReplaces },
  { name: 'an empty value is an entry', run: (subject) => roundTrip(subject, utf8('empty'), new Uint8Array(0)) },
  { name: 'the empty key is a key', run: (subject) => roundTrip(subject, new Uint8Array(0), utf8('state')) },
  { name: 'keys that begin alike are different keys', run: prefixesOfOneAnother },
  { name: 'keys are bytes: NUL, 0xFF and invalid UTF-8 included', run: binaryKeys },
  { name: 'watermark and cachedAtUs keep all their 64 bits', run: extremes },
  {
    name: 'a value of 1 MiB comes back',
    run: (subject) => roundTrip(subject, utf8('large'), pattern(valueBytesLarge)),
  },
  { name: 'a key of 65,535 bytes is found', run: (subject) => roundTrip(subject, pattern(keyBytesMax), utf8('state')) },
  { name: 'sync on an empty cache does nothing', run: syncEmpty },
  { name: 'sync keeps what was put', run: syncKeeps },
];

async function roundTrip(subject: CacheUnderTest, key: Uint8Array, value: Uint8Array): Promise<void> {
  await subject.put(key, value);
  await subject.expectEntry(key, value);
}

async function laterPutReplaces(subject: CacheUnderTest): Promise<void> {
  const key = utf8('order:507');
  const later: CacheMeta = { watermark: someMeta.watermark + 1n, cachedAtUs: someMeta.cachedAtUs + 1n };
  await subject.put(key, utf8('a first and longer state'));
  await subject.put(key, utf8('second'), later);
  await subject.expectEntry(key, utf8('second'), later);
  // The cache does not judge: a put with an older meta is the newest put all the same.
  await subject.put(key, utf8('third'), someMeta);
  await subject.expectEntry(key, utf8('third'), someMeta);
  await subject.expectRemoved(key, 1);
}

async function prefixesOfOneAnother(subject: CacheUnderTest): Promise<void> {
  const keys = ['', 'u', 'user', 'user:1', 'user:10', 'user:100', 'user:2'].map(utf8);
  for (const key of keys) await subject.put(key, key);
  for (const key of keys) await subject.expectEntry(key, key);
  await subject.expectMiss(utf8('use'));
  await subject.expectMiss(utf8('user:1000'));
}

async function binaryKeys(subject: CacheUnderTest): Promise<void> {
  const keys = [
    [0],
    [0, 0],
    [0, 0, 0, 0],
    [0, 1],
    [0x61],
    [0x61, 0],
    [0x61, 0, 0x62],
    [0xff],
    [0xff, 0xff],
    [0xc3, 0x28],
  ];
  const all = keys.map((bytes) => Uint8Array.from(bytes));
  for (const [index, key] of all.entries()) await subject.put(key, Uint8Array.of(index));
  for (const [index, key] of all.entries()) await subject.expectEntry(key, Uint8Array.of(index));
  await subject.expectMiss(Uint8Array.of(0, 0, 0));
}

async function extremes(subject: CacheUnderTest): Promise<void> {
  for (const [index, meta] of extremeMetas.entries()) await subject.put(Uint8Array.of(index), utf8('state'), meta);
  for (const [index, meta] of extremeMetas.entries())
    await subject.expectEntry(Uint8Array.of(index), utf8('state'), meta);
}

async function syncEmpty(subject: CacheUnderTest): Promise<void> {
  await subject.cache.sync();
  await subject.cache.sync();
  await subject.expectMiss(utf8('order:507'));
}

async function syncKeeps(subject: CacheUnderTest): Promise<void> {
  await subject.put(utf8('order:507'), utf8('state'));
  await subject.cache.sync();
  await subject.expectEntry(utf8('order:507'), utf8('state'));
}

// Bytes with a period that no power of two divides, so that a page put in the wrong place shows.
function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index += 1) bytes[index] = (index * 31 + (index >>> 8)) % 251;
  return bytes;
}
