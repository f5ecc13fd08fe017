import { argumentCases } from './argument-cases.ts';
import { type AnyProjectionCache, CacheUnderTest, type ConformanceCase } from './cache-under-test.ts';
import { capabilityCases } from './capability-cases.ts';
import { keyCases } from './key-cases.ts';
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

/** What `projectionCacheSuite` needs: caches to test, and the test runner. */
export interface ProjectionCacheSuiteOptions<Cache extends AnyProjectionCache> {
  /** The name of the group of tests. */
  readonly name: string;
  /** Opens a cache without entries; called once a test. */
  readonly open: () => Cache | Promise<Cache>;
  /**
   * Ends a cache and opens what it kept again, as a new process would: for caches that outlive their process. With it the
   * suite also tests that what `sync` covered is found again; without it those tests are left out.
   */
  readonly reopen?: (cache: Cache) => Cache | Promise<Cache>;
  /** Ends a cache that `open` or `reopen` returned, also after a test that failed. */
  readonly close?: (cache: Cache) => void | Promise<void>;
  /** The runner's own `describe`, such as that of vitest or of `node:test`. */
  readonly describe: (name: string, body: () => void) => unknown;
  /** The runner's own `test` or `it`; a body that rejects is a test that failed. */
  readonly test: (name: string, body: () => Promise<void>) => unknown;
}

/**
 * Registers the tests that every cache backend passes, each on a new cache. It works with any runner that has `describe`
 * and `test`, and for caches that answer at once or later. A failure is an `Error` that says what was expected, what came,
 * and often what to do; its `cause` is the error without that advice. A test makes 6,000 calls at most, most of them
 * fewer than 200.
 *
 * What a cache reports about itself decides what is expected. One whose `capabilities()` say that it is a no-op gets the
 * same calls, and must miss every read and remove nothing. One that supports prefetch must have `prefetch`, and a prefetch
 * must change no answer. Calls that overlap take effect in the order in which they were made.
 */
export function projectionCacheSuite<Cache extends AnyProjectionCache>(
  options: ProjectionCacheSuiteOptions<Cache>,
): void {
  const cases = conformanceCases.filter(({ reopens = false }) => options.reopen !== undefined || !reopens);
  options.describe(options.name, () => {
    for (const one of cases) options.test(one.name, () => runOn(options, one));
  });
}

async function runOn<Cache extends AnyProjectionCache>(
  { open, reopen, close }: ProjectionCacheSuiteOptions<Cache>,
  { run, advice }: ConformanceCase,
): Promise<void> {
  let cache = await open();
  const reopened = async (): Promise<Cache> => {
    if (reopen !== undefined) cache = await reopen(cache);
    return cache;
  };
  try {
    await run(new CacheUnderTest(cache, reopened));
  } catch (error) {
    if (advice === undefined) throw error;
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${advice}`, { cause: error });
  } finally {
    await close?.(cache);
  }
}
