import { argumentCases } from './argument-cases.ts';
import { type AnyProjectionCache, CacheUnderTest, type ConformanceCase } from './cache-under-test.ts';
import { capabilityCases } from './capability-cases.ts';
import { ownershipCases } from './ownership-cases.ts';
import { prefixCases } from './prefix-cases.ts';
import { reopeningCases } from './reopening-cases.ts';
import { storingCases } from './storing-cases.ts';

const conformanceCases: readonly ConformanceCase[] = [
  ...storingCases,
  ...prefixCases,
  ...ownershipCases,
  ...argumentCases,
  ...capabilityCases,
  ...reopeningCases,
];

/** What `projectionCacheSuite` needs: caches to test, and the runner to tell. */
export interface ProjectionCacheSuiteOptions<Cache extends AnyProjectionCache> {
  /** What the group of tests is called. */
  readonly name: string;
  /** Opens a cache without entries; called once a test. */
  readonly open: () => Cache | Promise<Cache>;
  /**
   * Ends a cache and opens what it kept again, as a new process would: for caches that outlive one. With it the suite also
   * tests that what `sync` covered is found again; without it those tests are left out.
   */
  readonly reopen?: (cache: Cache) => Cache | Promise<Cache>;
  /** Ends a cache that `open` or `reopen` gave, also after a test that failed. */
  readonly close?: (cache: Cache) => void | Promise<void>;
  /** The runner's own, such as that of vitest or of `node:test`. */
  readonly describe: (name: string, body: () => void) => unknown;
  /** The runner's own `test` or `it`; a body that rejects is a test that failed. */
  readonly test: (name: string, body: () => Promise<void>) => unknown;
}

/**
 * Registers the tests that every cache backend passes, one on a new cache each. It works with any runner that has
 * `describe` and `test`, and for caches that answer at once or later. A failure is an `Error` that says what was expected
 * and what came.
 *
 * What a cache says of itself decides what it owes. One whose `capabilities()` say that it is a no-op goes through the same
 * calls, and must miss every read and remove nothing; one that supports prefetch must have `prefetch`, and a prefetch
 * changes nothing that a read shows.
 */
export function projectionCacheSuite<Cache extends AnyProjectionCache>(
  options: ProjectionCacheSuiteOptions<Cache>,
): void {
  const cases = conformanceCases.filter(({ reopens = false }) => options.reopen !== undefined || !reopens);
  options.describe(options.name, () => {
    for (const { name, run } of cases) options.test(name, () => runOn(options, run));
  });
}

async function runOn<Cache extends AnyProjectionCache>(
  { open, reopen, close }: ProjectionCacheSuiteOptions<Cache>,
  run: ConformanceCase['run'],
): Promise<void> {
  let cache = await open();
  const reopened = async (): Promise<Cache> => {
    if (reopen !== undefined) cache = await reopen(cache);
    return cache;
  };
  try {
    await run(new CacheUnderTest(cache, reopened));
  } finally {
    await close?.(cache);
  }
}
