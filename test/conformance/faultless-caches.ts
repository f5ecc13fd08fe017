import type { AnyProjectionCache } from '../../src/testing/index.ts';
import { AnsweringCache, PrefetchingCache, PuttingCache, SyncingCache } from './broken-answers.ts';
import { ChangingCache } from './broken-cache.ts';
import { CountingCache, IgnoresPrefixes, OnePageCache } from './broken-counts.ts';
import { RememberingCache, SkippingCache } from './broken-memories.ts';
import { copied, ObjectCache } from './broken-ownership.ts';
import { MatchingCache } from './broken-prefixes.ts';

/** The base classes of the broken caches, each without a fault. They pass, so a failure comes from the fault. */
export const faultlessCaches: readonly (readonly [name: string, open: () => AnyProjectionCache])[] = [
  ['changes nothing', () => new ChangingCache()],
  ['matches bytes', () => new MatchingCache((key, prefix) => Buffer.from(key).indexOf(prefix) === 0)],
  ['counts what it removed', () => new CountingCache((removed) => removed)],
  ['removes a page of any size', () => new OnePageCache(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)],
  ['ignores no prefix', () => new IgnoresPrefixes(() => false)],
  ['skips no put', () => new SkippingCache(() => false)],
  ['clears what it remembers', () => new RememberingCache('miss', 'put', 'deletePrefix')],
  ['copies in both directions', () => new ObjectCache(copied, copied)],
  ['answers with the entry', () => new AnsweringCache((entry) => entry)],
  ['puts what it received', () => new PuttingCache((keep, ...put) => keep(...put))],
  ['syncs nothing', () => new SyncingCache(() => undefined)],
  ['prefetches nothing', () => new PrefetchingCache(() => undefined)],
];
