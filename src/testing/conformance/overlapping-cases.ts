import type { CacheEntry, CacheMeta } from '../../contract/cache-entry.ts';
import type { CacheUnderTest, ConformanceCase } from './cache-under-test.ts';
import { expectBytes, expectSame } from './expectations.ts';
import { overlap } from './overlap.ts';
import { someMeta, utf8 } from './samples.ts';

const inOrder =
  'Puts and deletions take effect in the order of their calls: queue those of one key, or send them over one connection.';

const key: Uint8Array = utf8('order:507');
const later: CacheMeta = { watermark: someMeta.watermark + 1n, cachedAtUs: someMeta.cachedAtUs + 1n };
const manyKeys: readonly Uint8Array[] = Array.from({ length: 100 }, (_, id) => utf8(`order:${id}`));

/** Calls that do not wait for one another. On a synchronous cache they run one after another. */
export const overlappingCases: readonly ConformanceCase[] = [
  { name: 'of overlapping puts, the one called last wins', advice: inOrder, run: putAfterPut },
  { name: 'a deletePrefix called during a put removes its entry', advice: inOrder, run: deletionAfterPut },
  { name: 'a put called during a deletePrefix is kept', advice: inOrder, run: putAfterDeletion },
  {
    name: 'a get during puts returns one of them completely',
    advice: 'Write and read the value and its meta in one step.',
    run: getDuringPuts,
  },
  {
    name: 'a get that overlaps a put does not restore the older value',
    advice: 'If the cache remembers what it read, it must discard what it read before a put or a deletion ended.',
    run: getBeforePut,
  },
  {
    name: 'a get that overlaps a deletePrefix does not restore the entry',
    advice: 'If the cache remembers what it read, it must discard what it read before a put or a deletion ended.',
    run: getBeforeDeletion,
  },
  {
    name: 'overlapping gets of one key share no bytes',
    advice: 'If such calls share one read, copy the entry for each of them.',
    run: sharedRead,
  },
  {
    name: 'overlapping puts of many keys are all found',
    advice: 'A put must not write back other entries that it read before.',
    run: manyPuts,
  },
  {
    name: 'overlapping deletions count each entry once',
    advice: 'Count what the deletion removed, not what a query found before it.',
    run: twoDeletions,
  },
  {
    name: 'changing the arguments of a running call changes nothing',
    advice: 'Copy or encode the arguments before the first await.',
    run: changedDuringCall,
  },
  {
    name: 'a running prefetch does not restore the older value',
    advice: 'A prefetch must discard what it read before a put or a deletion ended.',
    run: prefetchBeforePut,
  },
];

// Calls that may take turns, for example on two connections, interleave differently in each round.
async function eachRound(
  subject: CacheUnderTest,
  round: (ahead: readonly (() => unknown)[]) => Promise<void>,
): Promise<void> {
  for (const count of [0, 1, 2, 7]) {
    const others = manyKeys.slice(0, count).map((_, id) => utf8(`user:${id}`));
    await round(others.map((other) => () => subject.put(other, other)));
    await subject.expectRemoved(utf8('user:'), count);
  }
}

async function putAfterPut(subject: CacheUnderTest): Promise<void> {
  await eachRound(subject, async (ahead) => {
    const first = (): Promise<void> => subject.put(key, utf8('first'));
    await overlap([...ahead, first, first, first, () => subject.put(key, utf8('last'), later)]);
    await subject.expectEntry(key, utf8('last'), later);
    await subject.expectRemoved(key, 1);
  });
}

async function deletionAfterPut(subject: CacheUnderTest): Promise<void> {
  await eachRound(subject, async (ahead) => {
    const put = (): Promise<void> => subject.put(key, utf8('state'));
    const answers = await overlap([...ahead, put, () => subject.cache.deletePrefix(utf8('order:'))]);
    subject.expectCount(answers.at(-1), utf8('order:'), 1);
    await subject.expectMiss(key);
  });
}

async function putAfterDeletion(subject: CacheUnderTest): Promise<void> {
  await eachRound(subject, async (ahead) => {
    await subject.put(key, utf8('first'));
    const put = (): Promise<void> => subject.put(key, utf8('again'), later);
    const answers = await overlap([...ahead, () => subject.cache.deletePrefix(utf8('order:')), put]);
    subject.expectCount(answers.at(-2), utf8('order:'), 1);
    await subject.expectEntry(key, utf8('again'), later);
    await subject.expectRemoved(key, 1);
  });
}

async function getDuringPuts(subject: CacheUnderTest): Promise<void> {
  // The value names its watermark.
  const put = (watermark: bigint): Promise<void> =>
    subject.put(key, utf8(`${watermark}`), { watermark, cachedAtUs: watermark });
  await put(0n);
  const calls = [1n, 2n, 3n, 4n].flatMap((watermark) => [() => subject.cache.get(key), () => put(watermark)]);
  for (const answer of await overlap(calls)) expectWhole(answer as CacheEntry | undefined);
  await subject.expectEntry(key, utf8('4'), { watermark: 4n, cachedAtUs: 4n });
}

function expectWhole(answer: CacheEntry | undefined): void {
  if (answer === undefined) return;
  expectBytes(answer.value, utf8(`${answer.meta.watermark}`), `the value of watermark ${answer.meta.watermark}`);
  expectSame(answer.meta.cachedAtUs, answer.meta.watermark, `cachedAtUs of watermark ${answer.meta.watermark}`);
}

async function getBeforePut(subject: CacheUnderTest): Promise<void> {
  await overlap([() => subject.cache.get(key), () => subject.put(key, utf8('first'))]);
  await subject.expectEntry(key, utf8('first'));
  await overlap([() => subject.cache.get(key), () => subject.put(key, utf8('second'), later)]);
  await subject.expectEntry(key, utf8('second'), later);
}

async function getBeforeDeletion(subject: CacheUnderTest): Promise<void> {
  await subject.put(key, utf8('state'));
  await overlap([() => subject.cache.get(key), () => subject.cache.deletePrefix(utf8('order:'))]);
  await subject.expectMiss(key);
}

async function sharedRead(subject: CacheUnderTest): Promise<void> {
  await subject.put(key, utf8('state'));
  const answers = (await overlap([1, 2, 3].map(() => () => subject.cache.get(key)))) as (CacheEntry | undefined)[];
  for (const answer of answers) {
    subject.expectAnswer(answer, key, utf8('state'));
    answer?.value.fill(0);
    if (answer !== undefined) Reflect.set(answer.meta, 'watermark', 0n);
  }
  await subject.expectEntry(key, utf8('state'));
}

async function manyPuts(subject: CacheUnderTest): Promise<void> {
  await overlap(manyKeys.map((one) => () => subject.put(one, one)));
  await subject.expectAll(manyKeys);
  await subject.expectRemoved(utf8('order:'), manyKeys.length);
}

async function twoDeletions(subject: CacheUnderTest): Promise<void> {
  await subject.putAll(manyKeys);
  const prefixes = ['order:1', 'order:', 'order:'].map(utf8);
  const counts = await overlap(prefixes.map((prefix) => () => subject.cache.deletePrefix(prefix)));
  const sum = counts.reduce((total: number, count) => total + Number(count), 0);
  subject.expectCount(sum, utf8('order:'), manyKeys.length);
  await subject.expectNone(manyKeys);
}

async function changedDuringCall(subject: CacheUnderTest): Promise<void> {
  const [ownKey, value, meta] = [utf8('order:507'), utf8('state'), { ...someMeta }];
  const change = (): void => {
    ownKey.fill(0x78);
    value.fill(0x78);
    meta.watermark = 0n;
  };
  await overlap([() => subject.put(ownKey, value, meta), change]);
  await subject.expectEntry(key, utf8('state'));
  await subject.put(utf8('user:1'), utf8('other'));
  const asked = utf8('user:1');
  const [answer] = await overlap([() => subject.cache.get(asked), () => asked.fill(0x78)]);
  subject.expectAnswer(answer as CacheEntry | undefined, utf8('user:1'), utf8('other'));
  const prefix = utf8('order:');
  const [removed] = await overlap([() => subject.cache.deletePrefix(prefix), () => prefix.set(utf8('user:1'))]);
  subject.expectCount(removed, utf8('order:'), 1);
  await subject.expectEntry(utf8('user:1'), utf8('other'));
}

async function prefetchBeforePut(subject: CacheUnderTest): Promise<void> {
  const prefetch = (): unknown => subject.cache.prefetch?.(key, later);
  await overlap([prefetch, () => subject.put(key, utf8('first'))]);
  await subject.expectEntry(key, utf8('first'));
  await overlap([prefetch, () => subject.put(key, utf8('second'), later), prefetch]);
  await subject.expectEntry(key, utf8('second'), later);
  await overlap([prefetch, () => subject.cache.deletePrefix(utf8('order:')), prefetch]);
  await subject.expectMiss(key);
}
