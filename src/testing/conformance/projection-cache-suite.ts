import { argumentCases } from './argument-cases.ts';
import { type AnyProjectionCache, CacheUnderTest, type ConformanceCase } from './cache-under-test.ts';
import { capabilityCases } from './capability-cases.ts';
import { keyCases } from './key-cases.ts';
import { newestCases } from './newest-cases.ts';
import { overlappingCases } from './overlapping-cases.ts';
import { ownershipCases } from './ownership-cases.ts';
import { patternCases } from './pattern-cases.ts';
import { prefixCases } from './prefix-cases.ts';
import { reopeningCases } from './reopening-cases.ts';
import { replacingCases } from './replacing-cases.ts';
import { storingCases } from './storing-cases.ts';
import { valueCases } from './value-cases.ts';

const conformanceCases: readonly ConformanceCase[] = [
  ...storingCases,
  ...replacingCases,
  ...newestCases,
  ...keyCases,
  ...valueCases,
  ...prefixCases,
  ...patternCases,
  ...ownershipCases,
  ...overlappingCases,
  ...argumentCases,
  ...capabilityCases,
  ...reopeningCases,
];

/** The options of `projectionCacheSuite`: how to open caches, and the test runner. */
export interface ProjectionCacheSuiteOptions<Cache extends AnyProjectionCache> {
  /** The name of the group of tests. */
  readonly name: string;
  /** Opens a cache without entries. Called once per test. */
  readonly open: () => Cache | Promise<Cache>;
  /**
   * Closes a cache and opens the same data again, as a new process would: for caches that outlive their process. With
   * it the suite also tests that reopening finds what `sync` covered. Default: absent, and those tests are left out.
   */
  readonly reopen?: (cache: Cache) => Cache | Promise<Cache>;
  /** Closes a cache that `open` or `reopen` returned, also after a failed test. Default: caches are not closed. */
  readonly close?: (cache: Cache) => void | Promise<void>;
  /**
   * Whether the cache follows the rules of `SharedProjectionCache`: a put replaces only what is older, and resolves to whether it
   * stored its entry. Default: false, and the last put wins.
   */
  readonly keepsNewest?: boolean;
  /** The runner's `describe`, such as that of vitest or of `node:test`. */
  readonly describe: (name: string, body: () => void) => unknown;
  /** The runner's `test` or `it`. The body of a failed test rejects. */
  readonly test: (name: string, body: () => Promise<void>) => unknown;
}

/**
 * Registers the tests that every cache backend passes, each on a new cache. It works with every runner that has
 * `describe` and `test`, and for synchronous and asynchronous caches. A failure is an `Error` whose message names the
 * expected and the actual result, and often a remedy; its `cause` is the error without the remedy. A test makes at most
 * 6,000 calls; most make fewer than 200.
 *
 * The `capabilities()` of a cache decide what is expected. A no-op cache gets the same calls, and must miss every read
 * and remove nothing. A cache that supports prefetch must have the method `prefetch`, and a prefetch must not change
 * any result. Overlapping calls take effect in the order in which they were made.
 */
export function projectionCacheSuite<Cache extends AnyProjectionCache>(
  options: ProjectionCacheSuiteOptions<Cache>,
): void {
  const kept = options.keepsNewest === true ? 'newest' : 'last';
  const cases = conformanceCases
    .filter(({ reopens = false }) => options.reopen !== undefined || !reopens)
    .filter(({ keeps = kept }) => keeps === kept);
  options.describe(options.name, () => {
    for (const one of cases) options.test(one.name, () => runOn(options, one));
  });
}

async function runOn<Cache extends AnyProjectionCache>(
  { open, reopen, close, keepsNewest }: ProjectionCacheSuiteOptions<Cache>,
  { run, advice }: ConformanceCase,
): Promise<void> {
  let cache = await open();
  const reopened = async (): Promise<Cache> => {
    if (reopen !== undefined) cache = await reopen(cache);
    return cache;
  };
  try {
    await run(new CacheUnderTest(cache, reopened, keepsNewest));
  } catch (error) {
    if (advice === undefined) throw error;
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${advice}`, { cause: error });
  } finally {
    await close?.(cache);
  }
}
