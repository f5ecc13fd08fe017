import { argumentCases } from './argument-cases.ts';
import { type AnyProjectionCache, CacheUnderTest, type ConformanceCase } from './cache-under-test.ts';
import { capabilityCases } from './capability-cases.ts';
import { ownershipCases } from './ownership-cases.ts';
import { prefixCases } from './prefix-cases.ts';
import { storingCases } from './storing-cases.ts';

const conformanceCases: readonly ConformanceCase[] = [
  ...storingCases,
  ...prefixCases,
  ...ownershipCases,
  ...argumentCases,
  ...capabilityCases,
];

export interface ProjectionCacheSuiteOptions<Cache extends AnyProjectionCache> {
  /** What the group of tests is called. */
  readonly name: string;
  /** Opens a cache without entries; called once a test. */
  readonly open: () => Cache | Promise<Cache>;
  /** Ends a cache that `open` gave, also after a test that failed. */
  readonly close?: (cache: Cache) => void | Promise<void>;
  /** The runner's own, such as those of vitest or of `node:test`. */
  readonly describe: (name: string, body: () => void) => unknown;
  readonly test: (name: string, body: () => Promise<void>) => unknown;
}

/**
 * Registers the tests that every cache backend passes, one on a new cache each. It works with any runner that has
 * `describe` and `test`, and for caches that answer at once or later. A cache whose `capabilities()` say that it is a
 * no-op goes through the same calls, and must miss every read and remove nothing.
 */
export function projectionCacheSuite<Cache extends AnyProjectionCache>(
  options: ProjectionCacheSuiteOptions<Cache>,
): void {
  options.describe(options.name, () => {
    for (const { name, run } of conformanceCases) options.test(name, () => runOn(options, run));
  });
}

async function runOn<Cache extends AnyProjectionCache>(
  options: ProjectionCacheSuiteOptions<Cache>,
  run: ConformanceCase['run'],
): Promise<void> {
  const cache = await options.open();
  try {
    await run(new CacheUnderTest(cache));
  } finally {
    await options.close?.(cache);
  }
}
