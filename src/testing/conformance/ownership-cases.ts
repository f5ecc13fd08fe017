import { type CacheUnderTest, type ConformanceCase, someMeta, utf8 } from './cache-under-test.ts';
import { expectBytes } from './expectations.ts';

/** Bytes belong to whoever holds them: neither side sees what the other does to its own after a call. */
export const ownershipCases: readonly ConformanceCase[] = [
  { name: 'changing a returned value changes nothing in the cache', run: changedResult },
  { name: 'two results of one key share no bytes', run: twoResults },
  { name: 'changing a returned meta changes nothing in the cache', run: changedMeta },
  { name: 'changing the arguments after put changes nothing in the cache', run: changedArguments },
  { name: 'changing the prefix after deletePrefix removes nothing more', run: changedPrefix },
  { name: 'a result stays as it was while the cache goes on', run: resultStays },
  { name: 'a view of a larger buffer counts with its own bytes only', run: views },
];

async function changedResult(subject: CacheUnderTest): Promise<void> {
  await subject.put(utf8('order:507'), utf8('state'));
  (await subject.valueOf(utf8('order:507'), utf8('state'))).fill(0);
  await subject.expectEntry(utf8('order:507'), utf8('state'));
}

async function twoResults(subject: CacheUnderTest): Promise<void> {
  await subject.put(utf8('order:507'), utf8('state'));
  const first = await subject.valueOf(utf8('order:507'), utf8('state'));
  const second = await subject.valueOf(utf8('order:507'), utf8('state'));
  first.fill(0);
  expectBytes(second, utf8('state'), 'the second result, after the first was changed');
}

async function changedMeta(subject: CacheUnderTest): Promise<void> {
  await subject.put(utf8('order:507'), utf8('state'));
  const entry = await subject.cache.get(utf8('order:507'));
  // A frozen meta refuses the change, which is as good.
  if (entry !== undefined) Reflect.set(entry.meta, 'watermark', 0n);
  await subject.expectEntry(utf8('order:507'), utf8('state'));
}

async function changedArguments(subject: CacheUnderTest): Promise<void> {
  const key = utf8('order:507');
  const value = utf8('state');
  const meta = { ...someMeta };
  await subject.put(key, value, meta);
  key.fill(0x78);
  value.fill(0x78);
  meta.watermark = 0n;
  await subject.expectMiss(key);
  await subject.expectEntry(utf8('order:507'), utf8('state'));
  await subject.expectRemoved(utf8('order:'), 1);
}

async function changedPrefix(subject: CacheUnderTest): Promise<void> {
  await subject.put(utf8('order:507'), utf8('state'));
  await subject.put(utf8('user:1'), utf8('state'));
  const prefix = utf8('order');
  await subject.expectRemoved(prefix, 1);
  prefix.set(utf8('user:'));
  await subject.expectEntry(utf8('user:1'), utf8('state'));
  await subject.expectMiss(utf8('order:507'));
}

async function resultStays(subject: CacheUnderTest): Promise<void> {
  await subject.put(utf8('order:507'), utf8('state'));
  const held = await subject.valueOf(utf8('order:507'), utf8('state'));
  await subject.put(utf8('order:507'), utf8('newer'));
  await subject.put(utf8('order:508'), utf8('other'));
  await subject.cache.sync();
  await subject.expectRemoved(new Uint8Array(0), 2);
  expectBytes(held, utf8('state'), 'a result that is held');
}

// A Buffer of Node is such an array: its `slice` shares memory, and most of them lie within a larger buffer.
class SlicedInPlace extends Uint8Array<ArrayBuffer> {
  override slice(start?: number, end?: number): Uint8Array<ArrayBuffer> {
    return this.subarray(start, end);
  }
}

async function views(subject: CacheUnderTest): Promise<void> {
  const { buffer } = Uint8Array.from(utf8('<order:507><state>'));
  const key = new Uint8Array(buffer, 1, 9);
  const value = new SlicedInPlace(buffer, 12, 5);
  await subject.put(key, value);
  value.fill(0);
  await subject.expectEntry(utf8('order:507'), utf8('state'));
  await subject.expectRemoved(new SlicedInPlace(buffer, 1, 6), 1);
}
