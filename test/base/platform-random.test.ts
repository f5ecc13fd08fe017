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

test('the words are those of the published xorshift128', () => {
  const random = platformRandom((seed) => seed.set([123456789, 362436069, 521288629, 88675123]));
  expect(Array.from({ length: 4 }, random)).toEqual([3701687786, 458299110, 2500872618, 3633119408]);
});

test('the seed is all of the words that are asked for', () => {
  const asked: number[] = [];
  const random = platformRandom((words) => asked.push(words.length));
  for (let i = 0; i < 100_000; i += 1) random();
  expect(asked).toEqual([4]);
});
