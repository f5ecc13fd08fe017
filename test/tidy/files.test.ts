import { describe, expect, test } from 'vitest';
import { lengthFaults, nameFaults, wordFaults } from './file-rules.ts';
import { type RepositoryFile, repositoryFiles } from './repository-files.ts';

const source = repositoryFiles('src', ['.ts']);
const everywhere = repositoryFiles('', ['.ts', '.md', '.json', '.mjs', '.sh', '.ci/run']).filter(
  ({ path }) => path !== 'package-lock.json',
);

describe('the files of the repository', () => {
  test('are seen by these tests', () => {
    const paths = everywhere.map(({ path }) => path);
    const some = ['src/index.ts', 'test/tidy/files.test.ts', 'docs/errors.md', '.ci/run', 'package.json'];
    expect(paths).toEqual(expect.arrayContaining(some));
    expect(paths.filter((path) => /node_modules|^dist|^coverage/.test(path))).toEqual([]);
  });

  test('of src are short', () => {
    expect(lengthFaults(source)).toEqual([]);
  });

  test('of src are named in kebab-case', () => {
    expect(nameFaults(source)).toEqual([]);
  });

  test('name no place on one machine and leave no work for later', () => {
    expect(wordFaults(everywhere)).toEqual([]);
  });
});

function file(path: string, text = ''): RepositoryFile {
  return { path, text };
}

describe('lengthFaults', () => {
  test('counts lines, the last with or without a line end', () => {
    expect(lengthFaults([file('src/a.ts', 'x\n'.repeat(300))])).toEqual([]);
    expect(lengthFaults([file('src/a.ts', `${'x\n'.repeat(299)}x`)])).toEqual([]);
    expect(lengthFaults([file('src/a.ts', 'x\n'.repeat(301))])).toEqual([
      'src/a.ts: 301 lines, of 300; it has become two concepts',
    ]);
  });
});

describe('nameFaults', () => {
  test.each(['src/index.ts', 'src/key-index/skip-list.ts', 'src/base/xxh32.ts'])('takes %s', (path) => {
    expect(nameFaults([file(path)])).toEqual([]);
  });

  test.each(['src/base/StoreError.ts', 'src/base/store_error.ts', 'src/keyIndex/a.ts', 'src/a-.ts', 'src/a.test.ts'])(
    'finds %s',
    (path) => {
      expect(nameFaults([file(path)])).toHaveLength(1);
    },
  );
});

describe('wordFaults', () => {
  // Assembled here, or this file would be found.
  const path = (...parts: string[]) => ['', ...parts].join('/');
  const backslash = '\\';

  test.each([
    ['a path of a home', `see ${path('home', 'someone', 'notes.md')}`],
    ['a path in a string', `'${path('tmp', 'store')}'`],
    ['a path on Windows', `C:${backslash}Users`],
    ['a word for later', `// ${'TO'}${'DO'}: count`],
    ['another word for later', `${'FIX'}${'ME'} later`],
  ])('finds %s', (_name, line) => {
    expect(wordFaults([file('docs/a.md', `first\n${line}\n`)])).toEqual([expect.stringMatching(/^docs\/a\.md:2: /)]);
  });

  test.each([
    'https://example.org/home/page',
    './home/index.md',
    '/proc/self/stat',
    '/dev/full',
    '/var/lib/app/projections',
    'a todo list',
    'the hacker',
  ])('accepts %s', (line) => {
    expect(wordFaults([file('docs/a.md', line)])).toEqual([]);
  });
});
