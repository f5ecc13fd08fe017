import type { CacheUnderTest, ConformanceCase } from './cache-under-test.ts';
import { extremeMetas, noise, utf8 } from './samples.ts';

const valueBytesLarge = 2 ** 20;
const keyBytesMax = 65_535;

/** A put entry is found, and nothing else is. */
export const storingCases: readonly ConformanceCase[] = [
  { name: 'a value comes back with its meta', run: (subject) => roundTrip(subject, utf8('order:507'), utf8('state')) },
  { name: 'a key that was never put is a miss', run: neverPut },
  { name: 'an empty value is an entry', run: (subject) => roundTrip(subject, utf8('empty'), new Uint8Array(0)) },
  { name: 'the empty key is a key', run: (subject) => roundTrip(subject, new Uint8Array(0), utf8('state')) },
  {
    name: 'watermark and cachedAtUs keep all their 64 bits',
    advice: 'The watermark is a u64, cachedAtUs an i64: keep each in 8 bytes (encodeWithValue does), not in a double.',
    run: extremes,
  },
  { name: 'a value of 1 MiB comes back', run: (subject) => roundTrip(subject, utf8('large'), noise(valueBytesLarge)) },
  {
    name: 'a key of 65,535 bytes is found',
    advice: 'Where a key may not be so long (an index, a file name), store it under its SHA-256 and the key beside it.',
    run: (subject) => roundTrip(subject, noise(keyBytesMax), utf8('state')),
  },
  { name: 'sync on an empty cache does nothing', run: syncEmpty },
  { name: 'sync keeps the entries', run: syncKeeps },
];

async function roundTrip(subject: CacheUnderTest, key: Uint8Array, value: Uint8Array): Promise<void> {
  await subject.put(key, value);
  await subject.expectEntry(key, value);
}

async function neverPut(subject: CacheUnderTest): Promise<void> {
  await subject.expectMiss(utf8('order:507'));
  await subject.put(utf8('order:508'), utf8('state'));
  await subject.expectMiss(utf8('order:507'));
}

async function extremes(subject: CacheUnderTest): Promise<void> {
  for (const [index, meta] of extremeMetas.entries()) await subject.put(Uint8Array.of(index), utf8('state'), meta);
  for (const [index, meta] of extremeMetas.entries())
    await subject.expectEntry(Uint8Array.of(index), utf8('state'), meta);
}

async function syncEmpty(subject: CacheUnderTest): Promise<void> {
  await subject.sync();
  await subject.sync();
  await subject.expectMiss(utf8('order:507'));
}

async function syncKeeps(subject: CacheUnderTest): Promise<void> {
  await subject.put(utf8('order:507'), utf8('state'));
  await subject.sync();
  await subject.expectEntry(utf8('order:507'), utf8('state'));
}
