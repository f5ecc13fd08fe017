import { expect, test } from 'vitest';
import { repositoryFiles } from '../tidy/repository-files.ts';

// What an importer has bound to a constant would not follow.
test('no source exports a variable', () => {
  const exporting = repositoryFiles('src', ['.ts']).filter(({ text }) => /^export (?:let|var)\b/m.test(text));
  expect(exporting.map(({ path }) => path)).toEqual([]);
});
