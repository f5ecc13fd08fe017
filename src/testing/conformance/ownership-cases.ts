import type { CacheUnderTest, ConformanceCase } from './cache-under-test.ts';
import { expectBytes, expectSame } from './expectations.ts';
import { someMeta, utf8 } from './samples.ts';

/** Caller and cache share no bytes after a call: neither sees a change that the other makes to its own. */
export const ownershipCases: readonly ConformanceCase[] = [
  { name: 'changing a returned value changes nothing in the cache', run: changedResult },
  { name: 'two results of one key share no bytes', run: twoResults },
  { name: 'changing a returned entry or its meta changes nothing in the cache', run: changedMeta },
  { name: 'changing the arguments after put changes nothing in the cache', run: changedArguments },
  { name: 'changing the prefix after deletePrefix removes nothing more', run: changedPrefix },
  {
    name: 'no call changes its arguments',
    advice: 'Copy before you change bytes in place or transfer their buffer to a worker.',
    run: argumentsStay,
  },
  { name: 'a result stays unchanged by later calls', run: resultStays },
  { name: 'of a view of a larger buffer only its own bytes count', run: views },
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
  expectBytes(second, utf8('state'), 'the second result, after a change to the first');
}

async function changedMeta(subject: CacheUnderTest): Promise<void> {
  await subject.put(utf8('order:507'), utf8('state'));
  const entry = await subject.cache.get(utf8('order:507'));
  // A frozen object refuses the change, which is fine as well.
  if (entry !== undefined) {
    Reflect.set(entry.meta, 'watermark', 0n);
    Reflect.set(entry, 'meta', { watermark: 1n, cachedAtUs: 1n });
    Reflect.set(entry, 'value', utf8('other'));
  }
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

async function argumentsStay(subject: CacheUnderTest): Promise<void> {
  const [key, value, prefix] = [utf8('order:507'), utf8('state'), utf8('order:')];
  const meta = Object.freeze({ ...someMeta });
  await subject.put(key, value, meta);
  await subject.expectEntry(key, value, meta);
  await subject.cache.prefetch?.(key, meta);
  await subject.sync();
  await subject.expectRemoved(prefix, 1);
  expectBytes(key, utf8('order:507'), 'the key that the cache received');
  expectBytes(value, utf8('state'), 'the value that the cache received');
  expectBytes(prefix, utf8('order:'), 'the prefix that the cache received');
  expectSame(Object.keys(meta).join(), Object.keys(someMeta).join(), 'the fields of the meta that the cache received');
}

async function resultStays(subject: CacheUnderTest): Promise<void> {
  await subject.put(utf8('order:507'), utf8('state'));
  const held = await subject.valueOf(utf8('order:507'), utf8('state'));
  await subject.put(utf8('order:507'), utf8('newer'));
  await subject.put(utf8('order:508'), utf8('other'));
  await subject.expectEntry(utf8('order:508'), utf8('other'));
  await subject.sync();
  await subject.expectRemoved(new Uint8Array(0), 2);
  expectBytes(held, utf8('state'), 'an earlier result');
}

// A Buffer of Node behaves like this: its `slice` shares memory, and most Buffers are views of a larger one.
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
