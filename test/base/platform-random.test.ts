import { expect, test } from 'vitest';
import { platformRandom } from '../../src/base/platform-random.ts';
import { fillRandomly } from '../../src/storage/file-system.ts';
import { fillRandomly as fillRandomlyInBrowsers } from '../../src/storage/no-file-system.ts';

// More than are fetched at once, twice: a buffer that is not refilled would repeat itself.
const generators: [string, (words: Uint32Array<ArrayBuffer>) => void][] = [
  ['of a runtime with files', fillRandomly],
  ['of a browser', fillRandomlyInBrowsers],
];

test.each(generators)('the random words %s are 32 bits, and do not repeat', (_, fill) => {
  const random = platformRandom(fill);
  const words = Array.from({ length: 2000 }, random);
  expect(words.every((word) => Number.isInteger(word) && word >= 0 && word < 2 ** 32)).toBe(true);
  expect(new Set(words).size).toBeGreaterThan(1990);
  expect(words.some((word) => word >= 2 ** 31)).toBe(true);
});
