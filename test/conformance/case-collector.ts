import {
  type AnyProjectionCache,
  type ProjectionCacheSuiteOptions,
  projectionCacheSuite,
} from '../../src/testing/index.ts';

/** A test that the suite registered. */
export interface CollectedCase {
  readonly name: string;
  readonly body: () => Promise<void>;
}

type CacheOptions<Cache extends AnyProjectionCache> = Omit<
  ProjectionCacheSuiteOptions<Cache>,
  'name' | 'describe' | 'test'
>;

/** Registers the suite with a runner that only collects its tests: the suite needs no more of a runner. */
export function collectCases<Cache extends AnyProjectionCache>(options: CacheOptions<Cache>): CollectedCase[] {
  const cases: CollectedCase[] = [];
  projectionCacheSuite({
    ...options,
    name: 'collected',
    describe: (_name, body) => body(),
    test: (name, body) => cases.push({ name, body }),
  });
  return cases;
}

/** Runs cases one after another and returns the errors of the failed ones, by name. */
export async function failuresOf(cases: readonly CollectedCase[]): Promise<Map<string, unknown>> {
  const failures = new Map<string, unknown>();
  for (const { name, body } of cases) {
    await body().catch((error: unknown) => failures.set(name, error));
  }
  return failures;
}

/** The error of one case for a cache that fails it. */
export async function failureOf<Cache extends AnyProjectionCache>(
  name: string,
  options: CacheOptions<Cache>,
): Promise<unknown> {
  const failures = await failuresOf(collectCases(options).filter((one) => one.name === name));
  return failures.get(name);
}
