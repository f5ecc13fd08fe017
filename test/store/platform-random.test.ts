import { expect, test } from 'vitest';
import { platformRandom } from '../../src/store/log-store-options.ts';

// More than are fetched at once, twice: a buffer that is not refilled would repeat itself.
test('the random words of the platform are 32 bits, and do not repeat', () => {
  const random = platformRandom();
  const words = Array.from({ length: 2000 }, random);
  expect(words.every((word) => Number.isInteger(word) && word >= 0 && word < 2 ** 32)).toBe(true);
  expect(new Set(words).size).toBeGreaterThan(1990);
  expect(words.some((word) => word >= 2 ** 31)).toBe(true);
});
