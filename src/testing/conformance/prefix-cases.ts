import { type CacheUnderTest, type ConformanceCase, utf8 } from './cache-under-test.ts';

const streamEntries = 1_000;

/** `deletePrefix` removes what begins with the prefix, all of it, nothing else, and counts it. */
export const prefixCases: readonly ConformanceCase[] = [
  { name: 'deletePrefix removes 1,000 entries of 3,000 and counts them', run: oneStreamOfThree },
  { name: 'deletePrefix with the empty prefix removes all', run: emptyPrefix },
  { name: 'deletePrefix takes prefixes of 0xFF bytes', run: prefixesOfFF },
  { name: 'deletePrefix a second time removes nothing', run: secondDeletion },
  {
    name: 'deletePrefix on an empty cache removes nothing',
    run: (subject) => subject.expectRemoved(utf8('order:'), 0),
  },
  { name: 'deletePrefix, then put: only what was put again is there', run: repopulation },
  { name: 'deletePrefix of user:1: leaves user:10: alone', run: streamsThatBeginAlike },
  { name: 'deletePrefix goes by bytes, not by words', run: byBytes },
  { name: 'deletePrefix counts an overwritten entry once', run: overwrittenOnce },
  { name: 'deletePrefix with a prefix that no key has removes nothing', run: noSuchPrefix },
];

async function putAll(subject: CacheUnderTest, keys: readonly Uint8Array[]): Promise<void> {
  for (const key of keys) await subject.put(key, key);
}

async function expectAll(subject: CacheUnderTest, keys: readonly Uint8Array[]): Promise<void> {
  for (const key of keys) await subject.expectEntry(key, key);
}

async function expectNone(subject: CacheUnderTest, keys: readonly Uint8Array[]): Promise<void> {
  for (const key of keys) await subject.expectMiss(key);
}

async function oneStreamOfThree(subject: CacheUnderTest): Promise<void> {
  const ids = Array.from({ length: streamEntries }, (_, id) => id);
  // Put in turn, so that the entries of a stream do not lie beside one another in the order of arrival.
  await putAll(
    subject,
    ids.flatMap((id) => [utf8(`a:${id}`), utf8(`b:${id}`), utf8(`c:${id}`)]),
  );
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
  await putAll(subject, keys);
  await subject.expectRemoved(new Uint8Array(0), keys.length);
  await expectNone(subject, keys);
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
  await putAll(subject, [...below, ...single, ...double]);
  await subject.expectRemoved(Uint8Array.of(0xff, 0xff), double.length);
  await expectNone(subject, double);
  await expectAll(subject, [...below, ...single]);
  await subject.expectRemoved(Uint8Array.of(0xff), single.length);
  await subject.expectRemoved(Uint8Array.of(0xfe, 0xff), 2);
  await expectAll(subject, below.slice(0, 2));
}

async function secondDeletion(subject: CacheUnderTest): Promise<void> {
  await putAll(subject, ['order:1', 'order:2', 'user:1'].map(utf8));
  await subject.expectRemoved(utf8('order:'), 2);
  await subject.expectRemoved(utf8('order:'), 0);
  await expectAll(subject, [utf8('user:1')]);
}

async function repopulation(subject: CacheUnderTest): Promise<void> {
  await putAll(subject, ['order:1', 'order:2', 'order:3'].map(utf8));
  await subject.expectRemoved(utf8('order:'), 3);
  await subject.put(utf8('order:2'), utf8('anew'));
  await subject.expectEntry(utf8('order:2'), utf8('anew'));
  await expectNone(subject, ['order:1', 'order:3'].map(utf8));
  await subject.expectRemoved(utf8('order:'), 1);
  await expectNone(subject, [utf8('order:2')]);
}

async function streamsThatBeginAlike(subject: CacheUnderTest): Promise<void> {
  const kept = ['user:1', 'user:10:', 'user:10:total', 'user:2:total'].map(utf8);
  await putAll(subject, [...kept, ...['user:1:', 'user:1:total', 'user:1:orders'].map(utf8)]);
  await subject.expectRemoved(utf8('user:1:'), 3);
  await expectNone(subject, ['user:1:', 'user:1:total', 'user:1:orders'].map(utf8));
  await expectAll(subject, kept);
}

async function byBytes(subject: CacheUnderTest): Promise<void> {
  await putAll(subject, ['a', 'a\0', 'a\0b', 'user:1', 'user:10', 'é'].map(utf8));
  await subject.expectRemoved(utf8('a\0'), 2);
  await subject.expectRemoved(utf8('user:1'), 2);
  // The first of the two bytes of 'é': a prefix may end in the middle of a character.
  await subject.expectRemoved(utf8('é').subarray(0, 1), 1);
  await expectAll(subject, [utf8('a')]);
}

async function overwrittenOnce(subject: CacheUnderTest): Promise<void> {
  for (const state of ['first', 'second', 'third']) await subject.put(utf8('order:1'), utf8(state));
  await subject.expectRemoved(utf8('order:'), 1);
  await expectNone(subject, [utf8('order:1')]);
}

async function noSuchPrefix(subject: CacheUnderTest): Promise<void> {
  const keys = ['order:1', 'user:1'].map(utf8);
  await putAll(subject, keys);
  for (const prefix of ['a', 'p', 'z', 'order:1:', 'order:10']) await subject.expectRemoved(utf8(prefix), 0);
  await expectAll(subject, keys);
}
