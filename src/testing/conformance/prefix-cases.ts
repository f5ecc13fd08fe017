import type { CacheUnderTest, ConformanceCase } from './cache-under-test.ts';
import { overlap } from './overlap.ts';
import { noise, utf8 } from './samples.ts';

const streamEntries = 1_000;

// More than a page, a batch or a statement of the databases that limit one: 5,000 entries, 1 MiB.
const manyEntries = 5_003;
const manyValueBytes = 256;
const putsAtOnce = 200;

/** `deletePrefix` removes the keys that start with the prefix, all of them and no others, and counts them. */
export const prefixCases: readonly ConformanceCase[] = [
  { name: 'deletePrefix removes 1,000 entries of 3,000 and counts them', run: oneStreamOfThree },
  {
    name: 'deletePrefix removes 5,003 entries with 1.2 MiB of values in one call',
    advice:
      'Where one statement or page removes a limited number, repeat it until nothing is left, and add up the counts.',
    run: moreThanOnePage,
  },
  { name: 'deletePrefix with the empty prefix removes all', run: emptyPrefix },
  { name: 'deletePrefix takes prefixes of 0xFF bytes', run: prefixesOfFF },
  { name: 'a second deletePrefix removes nothing', run: secondDeletion },
  {
    name: 'deletePrefix on an empty cache removes nothing',
    run: (subject) => subject.expectRemoved(utf8('order:'), 0),
  },
  { name: 'deletePrefix, then put: only the new entry exists', run: repopulation },
  { name: 'deletePrefix of user:1: keeps user:10:', run: streamsThatBeginAlike },
  { name: 'deletePrefix compares bytes, not words', run: byBytes },
  {
    name: 'deletePrefix removes the key equal to the prefix, and every byte may follow',
    advice:
      'The range of a prefix ends before prefixSuccessor(prefix); a prefix with 0xFF or U+FFFF appended is too low.',
    run: anyByteAfter,
  },
  {
    name: 'deletePrefix of one byte removes the keys that start with it, for all 256',
    advice: 'Compare bytes as unsigned numbers.',
    run: everyFirstByte,
  },
  {
    name: 'deletePrefix keeps keys that contain the prefix elsewhere',
    advice: 'The prefix must be where the key starts, not anywhere in it.',
    run: prefixElsewhere,
  },
  {
    name: 'deletePrefix compares long prefixes up to their last byte',
    advice: 'Compare all bytes of the prefix with the whole key, also where an index holds only the start of both.',
    run: longPrefixes,
  },
  {
    name: 'a key that was read is a miss after deletePrefix',
    advice: 'If the cache remembers what it read, deletePrefix must clear what it remembers of those keys.',
    run: readBefore,
  },
  { name: 'deletePrefix counts an overwritten entry once', run: overwrittenOnce },
  { name: 'deletePrefix with a prefix that no key has removes nothing', run: noSuchPrefix },
];

async function oneStreamOfThree(subject: CacheUnderTest): Promise<void> {
  const ids = Array.from({ length: streamEntries }, (_, id) => id);
  // The streams take turns, so that the entries of one stream are not adjacent in the order of insertion.
  await subject.putAll(ids.flatMap((id) => [utf8(`a:${id}`), utf8(`b:${id}`), utf8(`c:${id}`)]));
  await subject.expectRemoved(utf8('b:'), streamEntries);
  for (const id of ids) {
    await subject.expectEntry(utf8(`a:${id}`), utf8(`a:${id}`));
    await subject.expectMiss(utf8(`b:${id}`));
    await subject.expectEntry(utf8(`c:${id}`), utf8(`c:${id}`));
  }
  await subject.expectRemoved(new Uint8Array(0), 2 * streamEntries);
}

async function emptyPrefix(subject: CacheUnderTest): Promise<void> {
  const keys = [[], [0], [0x61], [0xff], [0xff, 0xff]].map((bytes) => Uint8Array.from(bytes));
  await subject.putAll(keys);
  await subject.expectRemoved(new Uint8Array(0), keys.length);
  await subject.expectNone(keys);
  await subject.expectRemoved(new Uint8Array(0), 0);
}

async function prefixesOfFF(subject: CacheUnderTest): Promise<void> {
  const below = [[0], [0xfe], [0xfe, 0xff], [0xfe, 0xff, 0xff]].map((bytes) => Uint8Array.from(bytes));
  const single = [[0xff], [0xff, 0], [0xff, 0xfe, 0xff]].map((bytes) => Uint8Array.from(bytes));
  const double = [
    [0xff, 0xff],
    [0xff, 0xff, 0],
    [0xff, 0xff, 0xff],
  ].map((bytes) => Uint8Array.from(bytes));
  await subject.putAll([...below, ...single, ...double]);
  await subject.expectRemoved(Uint8Array.of(0xff, 0xff), double.length);
  await subject.expectNone(double);
  await subject.expectAll([...below, ...single]);
  await subject.expectRemoved(Uint8Array.of(0xff), single.length);
  await subject.expectRemoved(Uint8Array.of(0xfe, 0xff), 2);
  await subject.expectAll(below.slice(0, 2));
}

async function secondDeletion(subject: CacheUnderTest): Promise<void> {
  await subject.putAll(['order:1', 'order:2', 'user:1'].map(utf8));
  await subject.expectRemoved(utf8('order:'), 2);
  await subject.expectRemoved(utf8('order:'), 0);
  await subject.expectAll([utf8('user:1')]);
}

async function repopulation(subject: CacheUnderTest): Promise<void> {
  await subject.putAll(['order:1', 'order:2', 'order:3'].map(utf8));
  await subject.expectRemoved(utf8('order:'), 3);
  await subject.put(utf8('order:2'), utf8('again'));
  await subject.expectEntry(utf8('order:2'), utf8('again'));
  await subject.expectNone(['order:1', 'order:3'].map(utf8));
  await subject.expectRemoved(utf8('order:'), 1);
  await subject.expectNone([utf8('order:2')]);
}

async function streamsThatBeginAlike(subject: CacheUnderTest): Promise<void> {
  const kept = ['user:1', 'user:10:', 'user:10:total', 'user:2:total'].map(utf8);
  await subject.putAll([...kept, ...['user:1:', 'user:1:total', 'user:1:orders'].map(utf8)]);
  await subject.expectRemoved(utf8('user:1:'), 3);
  await subject.expectNone(['user:1:', 'user:1:total', 'user:1:orders'].map(utf8));
  await subject.expectAll(kept);
}

async function byBytes(subject: CacheUnderTest): Promise<void> {
  await subject.putAll(['a', 'a\0', 'a\0b', 'user:1', 'user:10', 'é'].map(utf8));
  await subject.expectRemoved(utf8('a\0'), 2);
  await subject.expectRemoved(utf8('user:1'), 2);
  // The first of the two bytes of 'é': a prefix may end in the middle of a character.
  await subject.expectRemoved(utf8('é').subarray(0, 1), 1);
  await subject.expectAll([utf8('a')]);
}

async function overwrittenOnce(subject: CacheUnderTest): Promise<void> {
  for (const state of ['first', 'second', 'third']) await subject.put(utf8('order:1'), utf8(state));
  await subject.expectRemoved(utf8('order:'), 1);
  await subject.expectNone([utf8('order:1')]);
}

async function noSuchPrefix(subject: CacheUnderTest): Promise<void> {
  const keys = ['order:1', 'user:1'].map(utf8);
  await subject.putAll(keys);
  for (const prefix of ['a', 'p', 'z', 'order:1:', 'order:10']) await subject.expectRemoved(utf8(prefix), 0);
  await subject.expectAll(keys);
}

async function moreThanOnePage(subject: CacheUnderTest): Promise<void> {
  const value = noise(manyValueBytes);
  const keys = Array.from({ length: manyEntries }, (_, id) => utf8(`order:${id}`));
  await subject.put(utf8('user:1'), value);
  for (let start = 0; start < manyEntries; start += putsAtOnce) {
    const some = keys.slice(start, start + putsAtOnce);
    await overlap(some.map((key) => () => subject.put(key, value)));
  }
  await subject.expectRemoved(utf8('order:'), manyEntries);
  for (const id of [0, 1, 1_000, 4_999, 5_000, manyEntries - 1]) await subject.expectMiss(utf8(`order:${id}`));
  await subject.expectEntry(utf8('user:1'), value);
  await subject.expectRemoved(new Uint8Array(0), 1);
}

async function anyByteAfter(subject: CacheUnderTest): Promise<void> {
  const prefix = utf8('user:');
  const followed = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(...prefix, byte, byte));
  const texts = ['user:\uffff', 'user:\uffffx', 'user:\u{1f600}', 'user:\u{10ffff}'].map(utf8);
  const others = ['user', 'user9', 'user;', 'uses:', 'usez', 'v'].map(utf8);
  await subject.putAll([prefix, ...followed, ...texts, ...others]);
  await subject.expectRemoved(prefix, 1 + followed.length + texts.length);
  await subject.expectNone([prefix, ...followed, ...texts]);
  await subject.expectAll(others);
}

async function everyFirstByte(subject: CacheUnderTest): Promise<void> {
  const keys = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte, 0x80));
  await subject.putAll(keys);
  for (const [byte, key] of keys.entries()) {
    await subject.expectRemoved(Uint8Array.of(byte), 1);
    await subject.expectMiss(key);
  }
}

async function prefixElsewhere(subject: CacheUnderTest): Promise<void> {
  const kept = ['my-user:1', ':user:', 'a user:1:user:', 'USER', 'resu:1'].map(utf8);
  await subject.putAll([...kept, utf8('user:1')]);
  await subject.expectRemoved(utf8('user:'), 1);
  await subject.expectAll(kept);
}

async function longPrefixes(subject: CacheUnderTest): Promise<void> {
  for (const length of [65, 129, 256, 1_025, 65_534]) {
    const prefix = noise(length);
    const other = prefix.with(-1, ~(prefix.at(-1) ?? 0));
    // Not `Uint8Array.of(...prefix)`: so many arguments exceed the stack of a browser's worker.
    const key = Uint8Array.from([...prefix, 0x61]);
    await subject.putAll([prefix.subarray(0, -1), other, prefix, key]);
    await subject.expectRemoved(key, 1);
    await subject.expectRemoved(prefix, 1);
    await subject.expectAll([prefix.subarray(0, -1), other]);
    await subject.expectRemoved(new Uint8Array(0), 2);
  }
}

async function readBefore(subject: CacheUnderTest): Promise<void> {
  const keys = ['user:1', 'user:2', 'order:1'].map(utf8);
  await subject.putAll(keys);
  await subject.expectAll(keys);
  await subject.expectMiss(utf8('user:3'));
  await subject.expectRemoved(utf8('user:'), 2);
  await subject.expectNone(['user:1', 'user:2', 'user:3'].map(utf8));
  await subject.expectAll(keys.slice(2));
  await subject.expectRemoved(new Uint8Array(0), 1);
  await subject.expectNone(keys);
}
