import { seededRandom } from '../../src/testing/index.ts';

/** The items in another order, which depends on the seed. */
export function shuffled<Item>(items: readonly Item[], seed: number): Item[] {
  const numbers = seededRandom(seed);
  return items
    .map((item) => [numbers(), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);
}
