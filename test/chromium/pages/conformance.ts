import {
  type AnyProjectionCache,
  type ProjectionCacheSuiteOptions,
  projectionCacheSuite,
} from '../../../src/testing/index.ts';

/** What a run of the suite found. */
export interface Verdict {
  readonly passed: number;
  /** A message for each failure. */
  readonly failed: readonly string[];
}

/** Runs the conformance suite without a test runner. */
export async function runSuite<Cache extends AnyProjectionCache>(
  options: Omit<ProjectionCacheSuiteOptions<Cache>, 'describe' | 'test'>,
): Promise<Verdict> {
  const tests: { readonly name: string; readonly body: () => Promise<void> }[] = [];
  projectionCacheSuite({
    ...options,
    describe: (_name, body) => body(),
    test: (name, body) => tests.push({ name, body }),
  });
  const failed: string[] = [];
  for (const { name, body } of tests) {
    try {
      await body();
    } catch (error) {
      failed.push(`${name}: ${String(error)}`);
    }
  }
  return { passed: tests.length - failed.length, failed };
}
