// Why this test: the code is read by people whose first language is another. Phrases that are hard for them came back with
// each change until a test found them.
import { describe, expect, test } from 'vitest';
import { type RepositoryFile, repositoryFiles } from './repository-files.ts';
import { wordingFaults, wordings } from './wording.ts';

/** The folders and files whose words are checked. */
const checkedPaths: readonly string[] = [
  'src/',
  'test/',
  'props/',
  'bench/',
  '.ci/',
  'docs/',
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
];

function isChecked({ path }: RepositoryFile): boolean {
  return checkedPaths.some((start) => path.startsWith(start));
}

describe('the words of the repository', () => {
  const files = repositoryFiles('', ['.ts', '.mjs', '.md', '.ci/run']).filter(isChecked);

  test('are seen by this test', () => {
    const starts = checkedPaths.filter((start) => files.some(({ path }) => path.startsWith(start)));
    expect(starts).toEqual(checkedPaths);
  });

  test('are plain technical English', () => {
    expect(wordingFaults(files)).toEqual([]);
  });
});

describe('wordingFaults', () => {
  test.each(wordings.map((wording) => [wording.instead, wording] as const))(
    'finds phrases for: %s',
    (_name, wording) => {
      const example = wording.example.replace('|', '');
      expect(wordingFaults([{ path: 'docs/a.md', text: `first\n${example}\n` }])).toEqual([
        expect.stringMatching(/^docs\/a\.md:2: ".+"; write: ./),
      ]);
    },
  );

  test('finds a phrase that is split by a line end of a comment', () => {
    const text = `/**\n * The page that is used least of\n * ${'la'}${'te'} is dropped.\n */\n`;
    expect(wordingFaults([{ path: 'src/a.ts', text }])).toEqual([
      expect.stringMatching(/^src\/a\.ts:2: "of la.e"; write: /),
    ]);
  });

  test.each([
    'Returns `undefined` if there is none.',
    'It gives a value of its own; memory is free.',
    'The lock is taken over. It is removed itself.',
    'The write goes on disk. It is at least 8 and at most 16.',
    'Files in the set of a process. It ends earlier than others like it.',
  ])('accepts: %s', (line) => {
    expect(wordingFaults([{ path: 'docs/a.md', text: line }])).toEqual([]);
  });
});
