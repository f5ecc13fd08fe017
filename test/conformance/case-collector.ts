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

/** Registers the suite with a runner that only collects: the suite asks no more of one. */
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

/** Runs cases one after another and returns what those that failed threw, by their names. */
export async function failuresOf(cases: readonly CollectedCase[]): Promise<Map<string, unknown>> {
  const failures = new Map<string, unknown>();
  for (const { name, body } of cases) {
    await body().catch((error: unknown) => failures.set(name, error));
  }
  return failures;
}

/** What one case throws for caches that fail it. */
export async function failureOf<Cache extends AnyProjectionCache>(
  name: string,
  options: CacheOptions<Cache>,
): Promise<unknown> {
  const failures = await failuresOf(collectCases(options).filter((one) => one.name === name));
  return failures.get(name);
}
