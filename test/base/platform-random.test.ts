// Why these tests: the order of keys in the directory must be unpredictable in every runtime, and a lock needs a unique name.
import { expect, test } from 'vitest';
import { platformRandom } from '../../src/base/platform-random.ts';
import { fillRandomly } from '../../src/storage/file-system.ts';
import { fillRandomly as fillRandomlyInBrowsers } from '../../src/storage/no-file-system.ts';
import { fillRandomly as fillOnNode } from '../../src/storage/node-fs.ts';

const { getBuiltinModule } = process;
const windows = { getBuiltinModule, platform: 'win32' as const };
const deno = { getBuiltinModule: refuse, versions: { ...process.versions, deno: '2.1.0' } };

/** Deno would ask its user for a permission. */
function refuse(): never {
  throw new Error('a module was looked up');
}

// More than are fetched at once, twice: a buffer that is not refilled would repeat itself.
const generators: [string, (words: Uint32Array<ArrayBuffer>) => void][] = [
  ['of a runtime with files', fillRandomly],
  ['of a browser', fillRandomlyInBrowsers],
  ['of Node without the device', (words) => fillOnNode(words, process, '/dev/no-such-device')],
  ['of Node with a file in place of the device', (words) => fillOnNode(words, process, import.meta.filename)],
  ['of Windows', (words) => fillOnNode(words, windows)],
  ['of Deno', (words) => fillOnNode(words, deno)],
  ['of a runtime without modules', (words) => fillOnNode(words, {})],
];

test.each(generators)('the random words %s are 32 bits, and do not repeat', (_, fill) => {
  const random = platformRandom(fill);
  const words = Array.from({ length: 2000 }, random);
  expect(words.every((word) => Number.isInteger(word) && word >= 0 && word < 2 ** 32)).toBe(true);
  expect(new Set(words).size).toBeGreaterThan(1990);
  expect(words.some((word) => word >= 2 ** 31)).toBe(true);
});
